"""Questions of one table, asked of nothing but the columns they name.

DuckDB takes longer to plan every column of a wide table than to read one of its files. Most questions name a few
columns of one table: those are put before the question as a table expression of the same name, over the files it needs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tailpipe_resources.model.names import folded, quote
from tailpipe_resources.query.views import select_of

if TYPE_CHECKING:
    from tailpipe_resources.model.schema import Column
    from tailpipe_resources.query.narrowing import Planned
    from tailpipe_resources.query.views import View

_ALL_ROWS = re.compile(r"\(\s*\*\s*\)")
_FROM = re.compile(
    r"\bfrom\s+(\w+)(?:\s+(?:as\s+)?\w+)?\s*(?:$|;|\b(?:where|group|having|qualify|order|limit)\b)", re.IGNORECASE
)
"""One table by its plain name, and nothing joined to it. An alias may follow, but no names for its columns."""

_ELSEWHERE = frozenset({"columns", "table", "main", "memory"})
"""What may speak of columns that it does not name, or of tables by other names."""


def table_of(statement: str) -> str | None:
    """The only thing that a statement reads, without regard to case, when it names each column that it needs."""
    words = re.findall(r"\w+", folded(statement))
    if words[:1] != ["select"] or words.count("select") != 1 or words.count("from") != 1:
        return None
    if "#" in statement or "*" in _ALL_ROWS.sub("", statement) or not _ELSEWHERE.isdisjoint(words):
        return None
    found = _FROM.search(statement)
    return None if found is None else folded(found[1])


def direct(statement: str, view: View, planned: Planned) -> str | None:
    """A statement with its table in front of it, in one line; None when it needs every column.

    Args:
        statement: one of which `table_of` knows the table.
        view: the table, over the files that are needed.
        planned: the statement, planned; what stands nowhere in it is not needed.
    """
    if planned.scans != (view.name,) or view.newest is not None:
        return None
    words = set(re.findall(r"\w+", folded(" ".join((statement, *view.conditions)))))

    def is_needed(column: Column) -> bool:
        name = column.name
        return folded(name) in words or name in planned.text or re.fullmatch(r"\w+", name) is None

    names = {column.name for column in view.all_columns if is_needed(column)}
    if len(names) == len(view.all_columns):
        return None
    return f"WITH {quote(view.name)} AS NOT MATERIALIZED ({select_of(view, only=names)})\n{statement}"
