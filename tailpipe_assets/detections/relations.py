"""Where rules look: files as rows with all columns that rules may name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_resources.model.names import literal, quote
from tailpipe_resources.model.schema import PATH_COLUMNS, VIEW_COLUMNS, Column, storage_columns, storage_type
from tailpipe_resources.query.views import View, scan, select_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tailpipe_assets.detections.rules import RuleTable
    from tailpipe_resources.model.stored_file import StoredFile

_COMPUTED = frozenset(column.name for column in (*PATH_COLUMNS, *VIEW_COLUMNS))


def stored_columns(table: RuleTable) -> tuple[Column, ...]:
    """The columns that files of a table hold."""
    return tuple(each for each in table.columns if each.name not in _COMPUTED)


def staged_rows(table: RuleTable, collection: str, index_by_file: Mapping[str, str]) -> str:
    """A query for the rows of files that wait for their commit.

    Args:
        table: whose rows they are.
        collection: that brings them.
        index_by_file: each file's path, and the value of `tp_index` of its rows.
    """
    pairs = ", ".join(f"{literal(path)}: {literal(index)}" for path, index in index_by_file.items())
    values = set(index_by_file.values())
    index = literal(values.pop()) if len(values) == 1 else f"MAP {{{pairs}}}[filename]"
    columns = stored_columns(table)
    # Read as what it is stored as: a scan would cast all JSON, a projection casts what a condition comes to look at.
    typed = [
        f"CAST({quote(each.name)} AS {each.type}) AS {quote(each.name)}"
        for each in columns
        if storage_type(each.type) != each.type
    ]
    replaced = f" REPLACE ({', '.join(typed)})" if typed else ""
    return (
        f"SELECT * EXCLUDE (filename){replaced}, {literal(collection)} AS tp_partition, {index} AS tp_index, "
        f"{of_time()} FROM {scan(index_by_file, storage_columns(columns))}"
    )


def committed_rows(table: RuleTable, files: Iterable[StoredFile], condition: str) -> str:
    """A query for the rows of files of the lake that meet a condition."""
    stored = tuple(files)
    addresses = tuple(each.address for each in stored)
    return select_of(View(table.name, stored_columns(table), addresses, stored, conditions=(condition,)))


def of_time() -> str:
    """The columns that follow from `tp_timestamp`."""
    return (
        "year(tp_timestamp)::INTEGER AS tp_year, month(tp_timestamp)::INTEGER AS tp_month, "
        "day(tp_timestamp)::INTEGER AS tp_day, CAST(tp_timestamp AS DATE) AS tp_date"
    )
