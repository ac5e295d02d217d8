"""What is taken out on purpose: whole days of a collection, and every trace of them that is kept for earlier times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from tailpipe_resources.lake.cleanup import hasten, put_away, supersede
from tailpipe_resources.lake.delta import active_files, open_table
from tailpipe_resources.lake.replace import Replacement
from tailpipe_resources.model.slot import Slot, encode

if TYPE_CHECKING:
    from deltalake import DeltaTable

    from tailpipe_resources.lake.delta import Removed
    from tailpipe_resources.lake.intent import Intent
    from tailpipe_resources.lake.storage import Lake

REMOTE_SECONDS = 3600.0
"""For how long what is taken out stays in an object store, where readers leave no lease: as long as a query takes."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Which slots of a table: those of a collection and, where given, an index value, on some days."""

    collection: str
    days: frozenset[date] | None
    """None for all."""

    index: str | None = None

    def holds(self, slot: Slot) -> bool:
        """Whether a slot is one of them."""
        same = slot.collection == self.collection and self.index in (None, slot.index)
        return same and (self.days is None or slot.day in self.days)

    def files(self, table: DeltaTable) -> tuple[Removed, ...]:
        """The active files in them."""
        return tuple(each for each in active_files(table).values() if self.holds(slot_of(each)))

    def out_of(self, table: DeltaTable) -> Replacement:
        """The change that takes them out."""
        removed = self.files(table)
        return Replacement(removed, rows=sum(each.rows for each in removed))


def slot_of(file: Removed) -> Slot:
    """The slot an active file lies in; its table is left open."""
    values = file.values
    day = date(int(values["tp_year"]), int(values["tp_month"]), int(values["tp_day"]))
    return Slot("", values["tp_partition"], values["tp_index"], day)


def days_of(intent: Intent) -> frozenset[date] | None:
    """The days an intent takes out; None for all."""
    return None if intent.restart else frozenset(map(date.fromisoformat, intent.rejects.days))


def seconds_left(lake: Lake) -> float:
    """For how long files that are taken out stay where somebody may still be reading them."""
    return REMOTE_SECONDS if lake.store.is_remote else 0.0


def destroy(lake: Lake, name: str, taken: Taken) -> None:
    """Leave no file of slots that were taken out: neither what was kept for queries as of an earlier time, nor crumbs.

    To be called with the collection's lock held, once the commit that takes them out is made.
    """
    found = open_table(lake, name)
    if found is None:
        return
    if not lake.store.is_remote:
        supersede(lake, name, found.version(), _crumbs(lake, name, found, taken), kept=0)
    hasten(lake, name, lambda path: taken.holds(Slot.from_path(f"{name}/{path}")), kept=seconds_left(lake))
    put_away(lake, name)


def _crumbs(lake: Lake, name: str, table: DeltaTable, taken: Taken) -> list[str]:
    """Files that lie in these slots and count no more.

    Days with an active file are left alone: a compaction may be about to commit another one.
    """
    alive = {(each.collection, each.day) for each in map(slot_of, active_files(table).values())}
    keys = lake.store.keys(f"{name}/tp_partition={encode(taken.collection)}")
    slots = {key: Slot.from_path(key) for key in keys if key.endswith(".parquet")}
    dead = (key for key, slot in slots.items() if taken.holds(slot) and (slot.collection, slot.day) not in alive)
    return [key.removeprefix(f"{name}/") for key in dead]
