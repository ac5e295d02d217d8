"""What went wrong with a query, or is missing from its answer, in words that say what to do."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from tailpipe_resources.errors import QueryError
from tailpipe_resources.model.names import hint
from tailpipe_resources.model.own_tables import OWN_TABLES
from tailpipe_resources.model.selector import Selector, names_of
from tailpipe_resources.query.restriction import Restriction, may_hold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailpipe_assets.views.opened import OpenViews

_UNKNOWN_TABLE = re.compile(r"^Table with name (?P<name>.+?) does not exist!(?:\nDid you mean [^\n]*)?")
_UNKNOWN_SCHEMA = re.compile(r'^Table with name ".+" does not exist because schema "(?P<name>.+?)" does not exist\.')
_NEAR = 500
"""Of more names than this none is looked for that is near."""


def in_our_words(error: QueryError, opened: OpenViews) -> QueryError:
    """The same error, with the names that were probably meant."""
    text = str(error)
    table, schema = _UNKNOWN_TABLE.match(text), _UNKNOWN_SCHEMA.match(text)
    if table is not None:
        name, rest = table["name"], text[table.end() :]
        lost = opened.found.lost.get(name) or opened.views.lost.get(name) or _lost_schema(rest, name, opened)
        return QueryError(lost or f'no table is called "{name}"{hint(name, opened.views.names)}{rest}')
    if schema is not None:
        name, rest = schema["name"], text[schema.end() :]
        lost = opened.views.lost.get(name)
        known = opened.views.schemas | set(opened.views.indexes[:_NEAR])
        return QueryError(lost or f'no schema is called "{name}"{hint(name, known)}{rest}')
    return error


def _lost_schema(line: str, name: str, opened: OpenViews) -> str | None:
    """Why there is no view of this name in the schema that the line at fault names."""
    written = (
        reason
        for schema, reason in opened.views.lost.items()
        if re.search(rf'(?<!\w)"?{re.escape(schema)}"?\."?{re.escape(name)}\b', line, re.IGNORECASE)
    )
    return next(written, None)


def without_rows(statement: str, opened: OpenViews) -> Iterator[str]:
    """What to do about each table a statement names of which nothing was collected yet, or not by then."""
    configured = {table for table, _ in opened.found.collections}
    views = {view.name: view for view in opened.found.views if view.name not in OWN_TABLES}
    for name, view in views.items():
        if not view.files and _names(statement, name):
            yield (
                _not_yet(name, name, opened)
                if opened.is_past or name in configured
                else f"no rows in {name}: the configuration has no collection of it"
            )
    for table, name in opened.found.collections:
        files = views[table].stored if table in views else ()
        if files and all(file.collection != name for file in files) and _names(statement, f"{name}.{table}"):
            yield _not_yet(f"{name}.{table}", f"{table}.{name}", opened)


def _not_yet(view: str, selector: str, opened: OpenViews) -> str:
    return f"{view} had no rows then" if opened.is_past else f"no rows yet: tailpipe collect {selector}"


def fitting_nothing(asked: Restriction, opened: OpenViews) -> Iterator[str]:
    """What a restriction names that is not there: an answer without rows would not tell that from a quiet day."""
    stored = [(view.name, file) for view in opened.found.views for file in view.stored]

    def is_there(part: Restriction) -> bool:
        return any(may_hold(file, table, part) for table, file in stored)

    for one in asked.collections:
        configured = (names_of(name, table) for table, name in opened.found.collections)
        if not is_there(Restriction(collections=(one,))) and not any(map(Selector(one).fits, configured)):
            known = {file.collection for _, file in stored} | {name for _, name in opened.found.collections}
            yield f'no collection fits "{one}"{hint(one, known)}'
    for one in asked.indexes:
        if not is_there(Restriction(indexes=(one,))):
            values = islice({file.tp_index for _, file in stored}, _NEAR)
            yield f'no row has an index that fits "{one}"{hint(one, values)}'


def _names(statement: str, name: str) -> bool:
    pattern = r'"?\s*\.\s*"?'.join(map(re.escape, name.split(".")))
    return re.search(rf"(?<![\w-]){pattern}(?![\w-])", statement, re.IGNORECASE) is not None
