"""Compaction: the files of a slot become one, sorted by time and packed more tightly. The rows stay what they are.

A compacted file is told from a collected one by its name, a UUID of version 5 where others have version 4; so nothing
has to be opened to find out that there is nothing to do.
"""

from __future__ import annotations

import math
import time
import uuid
from collections import defaultdict
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tailpipe_resources.errors import BusyError, CommitConflictError, LakeError
from tailpipe_resources.lake.attempts import attempt, drop, sweep_attempts
from tailpipe_resources.lake.cleanup import commit_superseding, put_away
from tailpipe_resources.lake.delta import Added, Change, Removed, Told, active_files, open_table
from tailpipe_resources.lake.history import tidy
from tailpipe_resources.lake.leases import arriving, lease
from tailpipe_resources.lake.ledger import new_batch
from tailpipe_resources.lake.local import locked
from tailpipe_resources.lake.lookups import stage_looked_up, sweep_lookups
from tailpipe_resources.lake.staging import StagedFile, is_compacted
from tailpipe_resources.lake.storage import discard
from tailpipe_resources.lake.table import columns_of
from tailpipe_resources.model.names import quote
from tailpipe_resources.model.schema import storage_columns
from tailpipe_resources.model.slot import Slot
from tailpipe_resources.query.views import scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import duckdb

    from tailpipe_resources.lake.storage import Lake

TARGET_BYTES: Final = 256 << 20
"""A slot with more than this is kept in several files of about this size."""

COMMIT_BYTES: Final = 512 << 20
COMMIT_SECONDS: Final = 10.0
"""Slots are committed together until so much was rewritten, or so long was worked on them."""

STREAM: Final = "compact"
"""How the folders are called where compacted files are staged; each run has one of its own, and holds its lock."""

LOCK: Final = ".lock"

BEGINNING_SECONDS: Final = 60.0
"""So long after its folder was made a run surely holds its lock."""


@dataclass(frozen=True, slots=True)
class SlotFiles:
    """A slot and those of its files that are to become fewer."""

    slot: Slot
    files: tuple[Removed, ...]

    @property
    def size(self) -> int:
        """Bytes as stored."""
        return sum(each.size for each in self.files)


@dataclass(frozen=True, slots=True)
class Compacted:
    """What compacting did."""

    slots: int = 0
    files_before: int = 0
    files_after: int = 0
    bytes_before: int = 0
    bytes_after: int = 0
    rows: int = 0
    conflicts: int = 0
    """Slots that another run changed meanwhile; they were looked at again."""

    def plus(self, other: Compacted) -> Compacted:
        """Both together."""
        return Compacted(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


def small_slots(
    lake: Lake, table: str, *, collection: str | None = None, target_bytes: int = TARGET_BYTES
) -> list[SlotFiles]:
    """The slots of a table that compaction would change, oldest day first.

    Args:
        lake: where the table lies.
        table: its name.
        collection: only its slots; of all collections when not given.
        target_bytes: compacted files of at least this size are left alone.
    """
    found = open_table(lake, table)
    slots: dict[Slot, list[Removed]] = defaultdict(list)
    for path, each in active_files(found).items() if found is not None else ():
        if collection in (None, each.values["tp_partition"]):
            slots[Slot.from_path(f"{table}/{path}")].append(each)
    chosen = (_chosen(slot, files, target_bytes) for slot, files in slots.items())
    return sorted((each for each in chosen if each is not None), key=lambda each: (each.slot.day, each.slot))


def _chosen(slot: Slot, files: Sequence[Removed], target: int) -> SlotFiles | None:
    whole = [each for each in files if is_compacted(each.path)]
    small = [each for each in whole if each.size < target]
    inputs = [each for each in files if not is_compacted(each.path)] + small
    fresh = len(inputs) - len(small)
    if not fresh and len(small) <= max(1, math.ceil(sum(each.size for each in small) / target)):
        return None
    return SlotFiles(slot, tuple(inputs)) if inputs else None


def compact(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    table: str,
    slots: Iterable[SlotFiles],
    *,
    told: Told,
    target_bytes: int = TARGET_BYTES,
    on_done: Callable[[Compacted], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Compacted:
    """Rewrite slots, several of them in one commit. Readers see each slot as it was or as it will be.

    Slots that another run changes meanwhile are given up; `small_slots` finds them again.

    Args:
        connection: must be allowed to read the lake and to write its scratch folder.
        lake: where the table lies.
        table: its name.
        slots: as `small_slots` found them.
        told: who does it, for the history.
        target_bytes: about how large files get at most.
        on_done: told what was done so far, after each slot.
        stopped: asked between slots; once true, what is ready is committed and the rest left.
    """
    _sweep(lake, table)
    sweep_attempts(lake, table)
    with ExitStack() as until:
        work = _Work(connection, lake, table, told, target_bytes)
        until.callback(work.clear)
        until.enter_context(locked(work.folder / LOCK, f"the compaction of {table}"))
        for slot in slots:
            if stopped():
                break
            work.rewrite(slot)
            on_done(work.done.plus(work.waiting))
        work.commit()
    put_away(lake, table)
    sweep_lookups(lake, table)
    tidy(lake, table)
    return work.done


def _sweep(lake: Lake, table: str) -> None:
    """Remove what runs left whose process is gone. One that has just begun may not hold its lock yet."""
    for folder in lake.staging(table, STREAM).parent.glob(f"{STREAM}-*"):
        with suppress(BusyError, LakeError, FileNotFoundError):
            if time.time() - folder.stat().st_mtime > BEGINNING_SECONDS:
                with locked(folder / LOCK, folder.name):
                    discard(folder)


class _Work:
    """Slots that were rewritten and wait for their commit."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, lake: Lake, table: str, told: Told, target: int) -> None:
        self.done = Compacted()
        self._connection = connection
        self._lake = lake
        self._table = table
        self._told = told
        self._target = target
        self.folder = lake.staging(table, f"{STREAM}-{uuid.uuid4()}")
        self._ready: list[tuple[SlotFiles, list[StagedFile]]] = []
        self._lease = ExitStack()
        self._renew()

    @property
    def waiting(self) -> Compacted:
        """What would be done once it is committed."""
        return _sum(self._ready)

    def rewrite(self, slot: SlotFiles) -> None:
        """Write a slot's files anew, unless one of them is gone."""
        if not all(each.path in self._active for each in slot.files):
            self.done = self.done.plus(Compacted(conflicts=1))
            return
        addresses = [self._lake.store.address(f"{self._table}/{each.path}") for each in slot.files]
        names = ", ".join(quote(each.name) for each in self._columns)
        staged = stage_looked_up(
            self._connection,
            self._lake,
            slot.slot,
            f"SELECT {names} FROM {scan(addresses, self._columns)}",
            self.folder,
            self._columns,
            piece_bytes=self._target if slot.size > self._target else None,
        )
        self._ready.append((slot, staged))
        if self.waiting.bytes_before > COMMIT_BYTES or time.monotonic() - self._since > COMMIT_SECONDS:
            self.commit()

    def commit(self) -> None:
        """Make what is ready visible, but for slots that others changed meanwhile."""
        batch = new_batch(None)
        ready, self._ready = self._ready, []
        with attempt(self._lake, self._table, batch, [file.final for _, files in ready for file in files]):
            self._commit([(slot, [file.publish(self._lake) for file in files]) for slot, files in ready], batch)
        self._renew()

    def _commit(self, published: list[tuple[SlotFiles, list[Added]]], batch: int) -> None:
        while published:
            change = Change(
                tuple(file for _, files in published for file in files),
                tuple(file for slot, _ in published for file in slot.files),
                batch,
                data_change=False,
                told=self._told,
            )
            try:
                commit_superseding(self._lake, self._table, change)
            except CommitConflictError:
                published = self._unchanged(published)
            else:
                self.done = self.done.plus(_sum(published))
                break

    def clear(self) -> None:
        """Remove what was staged and not committed, and let go of what is read."""
        self._lease.close()
        discard(self.folder)

    def _renew(self) -> None:
        """Read on from the table as it is now."""
        self._lease.close()
        self._since = time.monotonic()
        with arriving(self._lake, self._table):
            found = open_table(self._lake, self._table)
            self._active = active_files(found) if found is not None else {}
            self._columns = storage_columns(columns_of(found)) if found is not None else ()
            if found is not None:
                lease(self._lake, self._table, found.version(), self._lease)

    def _unchanged(self, published: list[tuple[SlotFiles, list[Added]]]) -> list[tuple[SlotFiles, list[Added]]]:
        """Those whose files are all there still; what was written for the others goes."""
        found = open_table(self._lake, self._table)
        active = active_files(found) if found is not None else {}
        kept = []
        for slot, files in published:
            if all(file.path in active for file in slot.files):
                kept.append((slot, files))
            else:
                drop(self._lake, self._table, (file.path for file in files), active)
                self.done = self.done.plus(Compacted(conflicts=1))
        return kept


def _sum(slots: Iterable[tuple[SlotFiles, Sequence[Added | StagedFile]]]) -> Compacted:
    total = Compacted()
    for slot, files in slots:
        total = total.plus(
            Compacted(
                slots=1,
                files_before=len(slot.files),
                files_after=len(files),
                bytes_before=slot.size,
                bytes_after=sum(file.size for file in files),
                rows=sum(file.rows for file in files),
            )
        )
    return total
