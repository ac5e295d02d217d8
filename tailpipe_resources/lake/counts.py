"""How many rows a collection has, day by day, as the Delta log knows without opening a single Parquet file."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

from tailpipe_resources.lake.delta import open_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_resources.lake.storage import Lake


def rows_by_day(lake: Lake, table: str, collection: str) -> Mapping[date, int]:
    """The rows of one collection by the UTC day they happened on."""
    found: Counter[date] = Counter()
    opened = open_table(lake, table)
    if opened is None or not opened.file_uris():
        return found
    actions = opened.get_add_actions(flatten=True)
    names = ("partition.tp_partition", "partition.tp_year", "partition.tp_month", "partition.tp_day", "num_records")
    for owner, year, month, day, rows in zip(*(actions[name].to_pylist() for name in names), strict=True):
        if owner == collection:
            found[date(int(year), int(month), int(day))] += rows or 0
    return found
