"""Completion: what may stand at the cursor, the likeliest first."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from prompt_toolkit.completion import CompleteEvent, Completer, Completion

from tailpipe_assets.console import meta
from tailpipe_assets.console.catalog import Catalog, Named, fields_of
from tailpipe_assets.console.context import Context, context_of
from tailpipe_assets.console.saved import saved_queries
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.names import quote
from tailpipe_resources.query.render import OUTPUTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prompt_toolkit.document import Document


_SIMPLE = re.compile(r"[a-z_][a-z0-9_]*", re.IGNORECASE)
_LONGEST_META = 40
_FIRST = """
and as asc between by case desc distinct else end exclude from group having ilike in is join left like limit not null
offset on or order over partition qualify select then union using where when with
"""
_COMMON = frozenset(_FIRST.split())
_NEVER_A_NAME = """
all and any as asc by case cast check collate column constraint create default desc distinct do else end except false
fetch for foreign from grant group having in initially intersect into lambda lateral leading limit not null offset on
only or order pivot placing primary qualify references returning select show some summarize symmetric table then to
trailing true union unique unpivot using variadic when where window with
"""
_RESERVED = frozenset(_NEVER_A_NAME.split())


class ConsoleCompleter(Completer):
    """Completes SQL and meta commands."""

    def __init__(self, catalog: Callable[[], Catalog], folders: tuple[Path, ...] = ()) -> None:
        self._catalog = catalog
        self._folders = folders

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """What may stand at the cursor. While someone only types, nothing is offered before the first letter."""
        text = document.text
        if text.lstrip().startswith("."):
            yield from self._meta(document.text_before_cursor.lstrip(), complete_event)
            return
        yield from self._sql(text, document.cursor_position, is_asked=complete_event.completion_requested)

    def _sql(self, text: str, place: int, *, is_asked: bool) -> Iterator[Completion]:
        catalog = self._catalog()
        context = context_of(text, place, catalog)
        if context is None or not (is_asked or context.prefix or context.path or context.wants_table):
            return
        is_quoted = text[:place].endswith(f'"{context.prefix}')
        back = -len(context.prefix) - (1 if is_quoted else 0)
        offered: set[str] = set()
        for shown, meaning in _candidates(context, catalog):
            if shown.lower().startswith(context.prefix.lower()) and shown not in offered:
                offered.add(shown)
                written = _written(shown, context.prefix, meaning, is_quoted=is_quoted)
                yield Completion(written, back, display=shown, display_meta=meaning[:_LONGEST_META])

    def _meta(self, line: str, event: CompleteEvent) -> Iterator[Completion]:
        word, blank, argument = line.partition(" ")
        if not blank:
            for each in meta.COMMANDS:
                if each.name.startswith(word.lower()):
                    yield Completion(each.name, -len(word), display_meta=each.help)
            return
        try:
            offers = meta.find(word).offers
        except UsageError:
            return
        if offers == "sql":
            yield from self._sql(argument, len(argument), is_asked=event.completion_requested)
            return
        last = argument.rpartition(" ")[2]
        for name, meaning in self._offered(offers, last):
            if name.lower().startswith(last.lower()):
                yield Completion(name, -len(last), display_meta=meaning)

    def _offered(self, offers: str, typed: str) -> Iterable[tuple[str, str]]:
        if offers == "tables":
            return [(_dotted(each.schema, each.name), "") for each in self._catalog().relations]
        if offers == "queries":
            return [(each.name, each.title) for each in saved_queries(self._folders)]
        if offers == "commands":
            return [(each.name, each.help) for each in meta.COMMANDS]
        if offers == "outputs":
            return [(each, "") for each in OUTPUTS]
        return _files(typed) if offers == "files" else [(each, "") for each in offers.split()]


def _candidates(context: Context, catalog: Catalog) -> Iterator[tuple[str, str]]:
    if context.path:
        yield from _behind_dot(context, catalog)
        return
    if context.wants_table:
        yield from _relations(catalog)
        yield from ((name, "table function") for name, text in catalog.functions.items() if text.endswith("table"))
        return
    for relation in dict.fromkeys(context.tables.values()):
        yield from ((each.name, each.type) for each in _own_first(relation.columns))
    for alias, relation in context.tables.items():
        yield alias, f"stands for {relation.name}" if alias != relation.name.lower() else "table"
    if not context.prefix:
        return
    yield from ((word, "keyword") for word in sorted(catalog.keywords) if word in _COMMON)
    if not context.tables:
        yield from ((each.name, each.type) for relation in catalog.relations for each in _own_first(relation.columns))
    yield from catalog.functions.items()
    yield from ((word, "keyword") for word in sorted(catalog.keywords))
    yield from _relations(catalog)


def _behind_dot(context: Context, catalog: Catalog) -> Iterator[tuple[str, str]]:
    first, *others = (each.lower() for each in context.path)
    if not others and first in catalog.schemas:
        yield from ((each.name, "table") for each in catalog.relations if each.schema == first)
    relation = context.tables.get(first) or catalog.find(first)
    if relation is not None:
        yield from _inside(relation.columns, others)
    elif others and (inner := catalog.find(others[0], first)) is not None:
        yield from _inside(inner.columns, others[1:])
    for named in dict.fromkeys(context.tables.values() or catalog.relations):
        if any(each.name.lower() == first for each in named.columns):
            yield from _inside(named.columns, [first, *others])


def _inside(columns: tuple[Named, ...], path: list[str]) -> Iterator[tuple[str, str]]:
    """What lies behind names and dots, beginning with these columns."""
    for name in path:
        inner = next((each for each in columns if each.name.lower() == name), None)
        columns = fields_of(inner.type) if inner is not None else ()
    yield from ((each.name, each.type) for each in columns)


def _relations(catalog: Catalog) -> Iterator[tuple[str, str]]:
    yield from ((each.name, "table") for each in catalog.relations if each.schema == "main")
    yield from ((name, "schema") for name in catalog.schemas if name != "main")


def _own_first(columns: tuple[Named, ...]) -> list[Named]:
    return sorted(columns, key=lambda each: each.name.startswith("tp_"))


def _written(name: str, typed: str, meaning: str, *, is_quoted: bool) -> str:
    """A name as SQL takes it: quoted where it must be, keywords in the letters that were begun with."""
    if meaning == "keyword":
        return name.upper() if typed.isupper() else name
    if is_quoted or not _SIMPLE.fullmatch(name) or name.lower() in _RESERVED:
        return quote(name)
    return name


def _dotted(schema: str, name: str) -> str:
    return name if schema == "main" else f"{schema}.{name}"


def _files(typed: str) -> Iterator[tuple[str, str]]:
    folder, name = typed.rpartition("/")[::2]
    where = Path(f"{folder}/" if "/" in typed else ".").expanduser()
    try:
        found = sorted(where.iterdir())
    except OSError:
        return
    for path in found:
        if path.name.startswith(".") and not name.startswith("."):
            continue
        text = f"{folder}/{path.name}" if "/" in typed else path.name
        yield (f"{text}/", "folder") if path.is_dir() else (text, "")
