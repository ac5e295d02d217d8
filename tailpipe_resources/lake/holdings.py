"""What a lake holds of each collection, configured or not: its days, as the Delta logs know them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from tailpipe_resources.lake.delta import active_files, open_table
from tailpipe_resources.lake.inventory import tables
from tailpipe_resources.lake.ledger import newest_ledger
from tailpipe_resources.lake.storage import OWN
from tailpipe_resources.lake.taken import slot_of
from tailpipe_resources.model.own_tables import OWN_TABLES
from tailpipe_resources.model.schema import PATH_COLUMNS, REJECTED_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from tailpipe_resources.lake.delta import Removed
    from tailpipe_resources.lake.storage import Lake
    from tailpipe_resources.model.slot import Slot


@dataclass(slots=True)
class Stored:
    """What is stored of something."""

    files: int = 0
    rows: int = 0
    size: int = 0
    """Bytes."""

    rejected: int = 0

    def add(self, other: Stored) -> None:
        """Count something else in."""
        self.files += other.files
        self.rows += other.rows
        self.size += other.size
        self.rejected += other.rejected


@dataclass(frozen=True, slots=True)
class Holding:
    """One collection of a lake. It may have no day, and only be known to have been collected."""

    table: str
    collection: str
    days: dict[date, Stored] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """Identifies it within its lake."""
        return (self.table, self.collection)

    def total(self, days: Iterable[date] | None = None) -> Stored:
        """What is stored on some days, or on all."""
        total = Stored()
        for day in self.days if days is None else days:
            total.add(self.days.get(day, Stored()))
        return total


def holdings(lake: Lake) -> tuple[Holding, ...]:
    """All collections with rows, rejects or a ledger in a lake, by table and name. Tables of others are left out."""
    found: dict[tuple[str, str], Holding] = {}
    for name in tables(lake):
        if name in OWN_TABLES and name != REJECTED_TABLE:
            continue
        for slot, file in _files(lake, name):
            is_reject = name == REJECTED_TABLE
            key = (slot.index if is_reject else name, slot.collection)
            stored = Stored(rejected=file.rows) if is_reject else Stored(1, file.rows, file.size)
            found.setdefault(key, Holding(*key)).days.setdefault(slot.day, Stored()).add(stored)
        for collection in map(unquote, lake.store.folders(f"{name}/{OWN}/streams")):
            if (name, collection) not in found and _is_known(lake, name, collection):
                found[name, collection] = Holding(name, collection)
    return tuple(found[key] for key in sorted(found))


def _is_known(lake: Lake, table: str, collection: str) -> bool:
    """Whether a ledger tells of any artifact."""
    return bool(newest_ledger(lake, table, collection).state.known)


def _files(lake: Lake, name: str) -> Iterator[tuple[Slot, Removed]]:
    table = open_table(lake, name)
    if table is None or table.metadata().partition_columns != [column.name for column in PATH_COLUMNS]:
        return
    for file in active_files(table).values():
        yield slot_of(file), file
