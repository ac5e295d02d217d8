"""What the console says: errors in our words, what is missing, and what to do about it."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import duckdb

from tailpipe_assets.views.words import in_our_words
from tailpipe_resources.errors import QueryError
from tailpipe_resources.query.cells import harmless
from tailpipe_resources.query.engine import pointed_at, translate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailpipe_assets.console.lake import LakeTables

PROMPT = "tailpipe> "
PROMPT_MORE = "     ...> "

_PLACE = re.compile(r"^LINE \d+:.*", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r'"(\w+)"')


def explained(error: QueryError, statement: str, tables: LakeTables) -> QueryError:
    """What DuckDB says, with the line of SQL it speaks of and the names that were probably meant."""
    text = str(error)
    if not _PLACE.search(text):
        text += _place(text, statement, tables)
    return in_our_words(QueryError(text), tables.opened)


def _place(message: str, statement: str, tables: LakeTables) -> str:
    """The line of SQL with a caret: as DuckDB tells it when the statement is only explained, else by the name told."""
    try:
        tables.connection.cursor().execute(f"EXPLAIN\n{statement}")
    except duckdb.Error as error:
        told = str(translate(error, lines_before=1))
        found = _PLACE.search(told)
        if found is not None and told.split("\n")[0].endswith(message.split("\n")[0]):
            return f"\n\n{found[0]}"
    named = _NAMED.search(message)
    places = [] if named is None else [each.start() for each in re.finditer(rf"\b{re.escape(named[1])}\b", statement)]
    return _caret(statement, places[0]) if len(places) == 1 else ""


def _caret(statement: str, place: int) -> str:
    number = statement.count("\n", 0, place) + 1
    start = statement.rfind("\n", 0, place) + 1
    line = statement[start:].partition("\n")[0]
    return f"\n\n{pointed_at(number, line, place - start)}"


def of_no_room(names: Sequence[str]) -> str:
    """Which columns the terminal had no room for."""
    more = f" and {len(names) - 4} more" if len(names) > 5 else ""
    listed = ", ".join(names[:4] if more else names)
    return f"no room for {listed}{more}; .output line shows every column"


def welcome(tables: LakeTables) -> str:
    """What a session begins with."""
    if any(view.files for view in tables.views):
        return "SQL ends with ; and .help lists commands. Ctrl-D leaves."
    return (
        "The lake is empty: nothing has been collected yet.\n"
        "Run tailpipe collect, or see tailpipe collection list for what is configured. This console sees\n"
        "rows as soon as they are there. .help lists commands, Ctrl-D leaves."
    )


def counted(count: int, what: str) -> str:
    """How many there are of something, in words."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def say(message: str) -> None:
    """A line on standard error, with nothing in it that steers a terminal."""
    print("\n".join(map(harmless, message.split("\n"))), file=sys.stderr, flush=True)  # noqa: T201 - the console's voice
