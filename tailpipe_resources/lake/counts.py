"""What a collection has, day by day, as the Delta log knows without opening a single Parquet file."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from tailpipe_resources.lake.delta import open_table
from tailpipe_resources.lake.staging import is_compacted
from tailpipe_resources.lake.table import columns_of
from tailpipe_resources.model.schema import REJECTED_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from deltalake import DeltaTable

    from tailpipe_resources.lake.storage import Lake


@dataclass(frozen=True, slots=True)
class DayCount:
    """What is stored of one UTC day."""

    rows: int = 0
    files: int = 0
    size: int = 0
    """Bytes on disk."""

    crowd: int = 0
    """Files that were never compacted, in the slot that has most of them."""

    newest: datetime | None = None
    """The time of the latest event, where the log knows it."""


@dataclass(frozen=True, slots=True)
class _File:
    slot: tuple[str, date]
    rows: int
    size: int
    compacted: bool
    newest: datetime | None


def count_days(lake: Lake, table: str, collection: str) -> Mapping[date, DayCount]:
    """What one collection has on each UTC day that its events happened on."""
    opened = open_table(lake, table)
    days: defaultdict[date, list[_File]] = defaultdict(list)
    for file in _files(opened, collection) if opened is not None else ():
        days[file.slot[1]].append(file)
    return {day: _counted(files) for day, files in days.items()}


def count_rejected(lake: Lake, table: str, collection: str, day: date) -> int:
    """How many records and artifacts of a collection were set aside on a UTC day."""
    opened = open_table(lake, REJECTED_TABLE)
    files = () if opened is None else _files(opened, collection)
    return sum(each.rows for each in files if each.slot == (table, day))


def column_names(lake: Lake, table: str) -> frozenset[str] | None:
    """The columns that a table's files hold; None when there is no such table yet."""
    opened = open_table(lake, table)
    return None if opened is None else frozenset(each.name for each in columns_of(opened))


def _counted(files: list[_File]) -> DayCount:
    crowds = Counter(each.slot for each in files if not each.compacted)
    return DayCount(
        rows=sum(each.rows for each in files),
        files=len(files),
        size=sum(each.size for each in files),
        crowd=max(crowds.values(), default=0),
        newest=max((each.newest for each in files if each.newest is not None), default=None),
    )


def _files(table: DeltaTable, collection: str) -> Iterator[_File]:
    if not table.file_uris():
        return
    actions = table.get_add_actions(flatten=True)
    path = [f"partition.tp_{name}" for name in ("partition", "index", "year", "month", "day")]
    values = [actions[name].to_pylist() for name in (*path, "num_records", "size_bytes", "path")]
    # A table whose files all lack statistics has no such column.
    known = "max.tp_timestamp" in actions.schema.names
    newest = actions["max.tp_timestamp"].to_pylist() if known else [None] * len(values[0])
    for owner, index, year, month, day, rows, size, name, last in zip(*values, newest, strict=True):
        if owner == collection:
            slot = (index, date(int(year), int(month), int(day)))
            yield _File(slot, rows or 0, size, is_compacted(name), last)
