"""What the console says: errors in our words, what is missing, and what to do about it."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from tailpipe_resources.errors import QueryError
from tailpipe_resources.model.names import hint
from tailpipe_resources.query.cells import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailpipe_assets.console.lake import LakeTables

PROMPT = "tailpipe> "
PROMPT_MORE = "     ...> "

_UNKNOWN_TABLE = re.compile(r"^Table with name (?P<name>.+?) does not exist!(?:\nDid you mean [^\n]*)?")


def in_our_words(error: QueryError, tables: LakeTables) -> QueryError:
    """What DuckDB says of an unknown table, with the nearest that is there."""
    unknown = _UNKNOWN_TABLE.match(str(error))
    if unknown is None:
        return error
    name = unknown["name"]
    if name in tables.lost:
        return QueryError(tables.lost[name])
    known = hint(name, tables.names())
    return QueryError(f'no table is called "{name}"{known}{str(error)[unknown.end() :]}')


def of_nothing(statement: str, tables: LakeTables) -> Iterator[str]:
    """Why a statement may have found nothing: the tables it names that have no rows yet."""
    for view in tables.views:
        if not view.files and re.search(rf"\b{re.escape(view.name)}\b", statement, re.IGNORECASE):
            yield f"no rows yet: tailpipe collect {view.name}"


def welcome(tables: LakeTables) -> str:
    """What a session begins with."""
    if any(view.files for view in tables.views):
        return "SQL ends with ; and .help lists commands. Ctrl-D leaves."
    return (
        "The lake is empty: nothing has been collected yet.\n"
        "Run tailpipe collect, or see tailpipe collection list for what is configured. This console sees\n"
        "rows as soon as they are there. .help lists commands, Ctrl-D leaves."
    )


def say(message: str) -> None:
    """A line on standard error, with nothing in it that steers a terminal."""
    print("\n".join(map(harmless, message.split("\n"))), file=sys.stderr, flush=True)  # noqa: T201 - the console's voice
