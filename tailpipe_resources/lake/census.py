"""How much of each collection a lake holds, told from its logs alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from tailpipe_resources.lake.delta import Removed, active_files, open_table
from tailpipe_resources.lake.inventory import tables
from tailpipe_resources.model.own_tables import OWN_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tailpipe_resources.lake.storage import Lake


@dataclass(frozen=True, slots=True)
class StoredCollection:
    """What a lake holds of one collection."""

    table: str
    name: str
    rows: int
    files: int
    size: int
    """In bytes."""

    first_day: date
    last_day: date


def stored_collections(lake: Lake) -> Iterator[StoredCollection]:
    """Every collection that has rows, by table and name; whether or not it is still configured."""
    for table in tables(lake):
        opened = None if table in OWN_TABLES else open_table(lake, table)
        by_name: dict[str, list[Removed]] = {}
        for file in active_files(opened).values() if opened is not None else ():
            by_name.setdefault(file.values["tp_partition"], []).append(file)
        for name in sorted(by_name):
            yield _summed(table, name, by_name[name])


def _summed(table: str, name: str, files: Sequence[Removed]) -> StoredCollection:
    days = [date(*(int(file.values[part]) for part in ("tp_year", "tp_month", "tp_day"))) for file in files]
    rows, size = sum(file.rows for file in files), sum(file.size for file in files)
    return StoredCollection(table, name, rows, len(files), size, min(days), max(days))
