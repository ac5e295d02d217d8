"""Where the cursor stands in a statement: what is being typed there, and which tables the statement names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailpipe_assets.console.splitting import bare, pieces

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_assets.console.catalog import Catalog, Relation

_NAME = r'(?:\w+|"(?:[^"]|"")*")'
_TYPED = re.compile(rf'(?P<path>(?:{_NAME}(?:\[[^\]]*\])?\s*\.\s*)*)(?P<prefix>\w*|"[^"]*)$')
_PART = re.compile(_NAME)
_AFTER_TABLE_WORD = re.compile(
    r"\b(?:from|join|describe|desc|summarize|table|into)\s+$|\bfrom\s[^()]*,\s*$", re.IGNORECASE
)
_RELATION = re.compile(
    rf"(?:(?P<schema>{_NAME})\s*\.\s*)?(?P<name>{_NAME})(?:\s+(?:as\s+)?(?P<alias>{_NAME}))?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of the place before the cursor."""

    path: tuple[str, ...]
    """The names before it, each followed by a dot."""

    prefix: str
    """What is typed of the name so far, perhaps nothing."""

    wants_table: bool
    """Whether a table's name belongs here."""

    tables: Mapping[str, Relation] = field(default_factory=dict)
    """The tables the statement names, by name or alias in lower case."""


def context_of(text: str, place: int, catalog: Catalog) -> Context | None:
    """What is being typed at a place; None inside of strings and comments."""
    found = pieces(text[:place])
    if found and found[-1].is_open and found[-1].kind != "name":
        return None
    start = _start_of_statement(text[:place])
    typed = _TYPED.search(text[start:place])
    if typed is None:
        return None
    path = tuple(_plain(each) for each in _PART.findall(re.sub(r"\[[^\]]*\]", "", typed["path"])))
    before = bare(text[start : start + typed.start()])
    statement = bare(text[start : _end_of_statement(text, place)])
    wants_table = _AFTER_TABLE_WORD.search(before) is not None
    return Context(path, typed["prefix"].lstrip('"'), wants_table, tables_in(statement, catalog))


def tables_in(statement: str, catalog: Catalog) -> dict[str, Relation]:
    """The tables a statement names, by the names it gives them."""
    found: dict[str, Relation] = {}
    place = 0
    while (match := _RELATION.search(statement, place)) is not None:
        schema = _plain(match["schema"]).lower() if match["schema"] else None
        relation = catalog.find(_plain(match["name"]), schema)
        place = match.end("name")
        if relation is None:
            continue
        found.setdefault(relation.name.lower(), relation)
        alias = match["alias"]
        if alias and (alias.startswith('"') or alias.lower() not in catalog.keywords):
            found[_plain(alias).lower()] = relation
    return found


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _start_of_statement(text: str) -> int:
    place = start = 0
    for piece in pieces(text):
        place += len(piece.text)
        if piece.kind == ";":
            start = place
    return start


def _end_of_statement(text: str, after: int) -> int:
    place = 0
    for piece in pieces(text):
        if piece.kind == ";" and place >= after:
            return place
        place += len(piece.text)
    return len(text)
