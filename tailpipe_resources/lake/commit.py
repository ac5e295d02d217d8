"""Committing: what a collection staged becomes visible, and remembered, in one step."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from tailpipe_resources.errors import CommitConflictError, LakeDamagedError
from tailpipe_resources.lake.cleanup import supersede
from tailpipe_resources.lake.delta import Added, Change, Told, active_files, commit_change, head, open_table
from tailpipe_resources.lake.ledger import (
    BASE_EVERY,
    Entry,
    Follow,
    Intent,
    Ledger,
    State,
    batches,
    made_at,
    new_batch,
    prune,
    read_intent,
    read_ledger,
    write_base,
    write_intent,
)
from tailpipe_resources.lake.replace import Replacement, RowsOf, without
from tailpipe_resources.lake.storage import Lake, discard
from tailpipe_resources.model.schema import REJECTED_TABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb
    from deltalake import DeltaTable

    from tailpipe_resources.lake.staging import StagedFile

ATTEMPTS = 5
UPLOADS = 16
FEW = 4
"""Fewer files than this are put in their places one after the other."""

ABANDONED_SECONDS = 24 * 3600
"""Where other machines write without our locks, an attempt is taken for dead after so long."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one commit of a collection brings."""

    table: str
    collection: str
    told: Told
    """Who brings it, for the history."""

    files: tuple[StagedFile, ...] = ()
    consumed: tuple[Entry, ...] = ()
    rejects: tuple[StagedFile, ...] = ()
    replaced: frozenset[str] = field(default_factory=frozenset)
    """Artifacts whose earlier rows go in the same commit."""

    mended: frozenset[str] = field(default_factory=frozenset)
    """Artifacts whose earlier rejects go with it."""

    @property
    def stream(self) -> str:
        """Identifies the ledger."""
        return f"{self.table}/{self.collection}"


@dataclass(frozen=True, slots=True)
class Committed:
    """What a commit did."""

    state: State
    replaced: int
    """Rows of earlier versions that it took out."""


def commit(connection: duckdb.DuckDBPyConnection, lake: Lake, state: State, batch: Batch) -> Committed:
    """Make a batch visible, whole, and remember what it consumed; then let its rejects follow.

    Raises:
        CommitConflictError: another run committed to the collection first. Nothing of the batch is visible.
        LakeError: the lake cannot be written.
    """
    folder = lake.stream(batch.table, batch.collection)
    added, rejects = _published(lake, batch.files), _published(lake, batch.rejects)
    intent = _intent(batch, state, rejects)
    write_intent(lake, folder, intent)
    rows_of = RowsOf(batch.replaced, batch.stream, batch.collection)
    try:
        replacement = _replace(connection, lake, batch.table, rows_of, _Step(intent, added, state.head, batch.told))
    except CommitConflictError:
        _forget(lake, batch.table, batch.collection, intent.batch)
        raise
    _follow(connection, lake, batch.table, batch.collection, intent)
    after = state.after(intent)
    if after.depth >= BASE_EVERY:
        write_base(lake, folder, after)
        after = State(after.head, after.known)
    return Committed(after, replacement.rows)


def recover(connection: duckdb.DuckDBPyConnection, lake: Lake, table: str, collection: str) -> State:
    """Finish or discard what an earlier run left, and say what has been collected.

    To be called with the collection's lock held.
    """
    folder, stream = lake.stream(table, collection), f"{table}/{collection}"
    ledger = _ledger(lake, table, collection)
    reached = head(open_table(lake, REJECTED_TABLE), stream) or 0
    for intent in ledger.chain:
        if intent.batch > reached:
            _follow(connection, lake, table, collection, intent)
    prune(lake, folder, ledger)
    for batch in batches(lake, folder).keys() - ledger.reachable:
        if (ledger.base is None or batch > ledger.base) and _is_dead(lake, batch):
            _forget(lake, table, collection, batch)
    for name in (table, REJECTED_TABLE):
        discard(lake.staging(name, stream))
    return ledger.state


def _published(lake: Lake, files: Sequence[StagedFile]) -> tuple[Added, ...]:
    """The files in their final places. Each waits for a disk or a network, so several go at once."""
    if len(files) < FEW:
        return tuple(file.publish(lake) for file in files)
    with ThreadPoolExecutor(max_workers=UPLOADS) as pool:
        return tuple(pool.map(lambda file: file.publish(lake), files))


def _ledger(lake: Lake, table: str, collection: str) -> Ledger:
    """The ledger as of the stream's head. Another machine may move that, and prune the chain, while it is read."""
    stream = f"{table}/{collection}"
    at = head(open_table(lake, table), stream)
    for _ in range(ATTEMPTS):
        try:
            return read_ledger(lake, lake.stream(table, collection), at)
        except LakeDamagedError:
            before, at = at, head(open_table(lake, table), stream)
            if at == before:
                raise
    raise CommitConflictError(f"other runs commit to {stream} all the time")


def _intent(batch: Batch, state: State, rejects: tuple[Added, ...]) -> Intent:
    return Intent(
        stream=batch.stream,
        batch=new_batch(state.head),
        previous=state.head,
        run=batch.told.run,
        config=batch.told.config,
        files=tuple(file.final for file in batch.files),
        consumed=batch.consumed,
        rejects=Follow(tuple(asdict(each) for each in rejects), tuple(sorted(batch.mended))),
        depth=state.depth + 1,
    )


def _follow(connection: duckdb.DuckDBPyConnection, lake: Lake, table: str, collection: str, intent: Intent) -> None:
    """Bring the rejects' table to this intent, unless it is there already."""
    rejects = intent.rejects
    if not (rejects.files or rejects.replaced):
        return
    found = open_table(lake, REJECTED_TABLE)
    at = head(found, intent.stream)
    if found is None or (at is not None and at >= intent.batch):
        return
    added = tuple(Added(**each) for each in rejects.files)
    rows_of = RowsOf(frozenset(rejects.replaced), intent.stream, collection, table)
    told = Told("collect", intent.run, intent.config)
    try:
        _replace(connection, lake, REJECTED_TABLE, rows_of, _Step(intent, added, at, told))
    except CommitConflictError:
        # Another machine that found the intent committed has let its rejects follow as well.
        if (head(open_table(lake, REJECTED_TABLE), intent.stream) or 0) < intent.batch:
            raise


@dataclass(frozen=True, slots=True)
class _Step:
    """One table's part of an intent."""

    intent: Intent
    added: tuple[Added, ...]
    expected: int | None
    told: Told


def _replace(connection: duckdb.DuckDBPyConnection, lake: Lake, name: str, rows_of: RowsOf, step: _Step) -> Replacement:
    intent = step.intent
    for attempt in range(1, ATTEMPTS + 1):
        gone = without(connection, lake, _opened(lake, name), name, rows_of)
        change = Change(
            (*step.added, *gone.rewritten),
            gone.removed,
            intent.batch,
            stream=intent.stream,
            expected=step.expected,
            told=step.told,
        )
        try:
            version = commit_change(lake, name, change)
        except CommitConflictError:
            lake.store.remove(f"{name}/{file.path}" for file in gone.rewritten)
            if attempt == ATTEMPTS or head(_opened(lake, name), intent.stream) != step.expected:
                raise
        else:
            supersede(lake, name, version, (each.path for each in gone.removed))
            return gone
    raise AssertionError


def _opened(lake: Lake, name: str) -> DeltaTable:
    table = open_table(lake, name)
    if table is None:
        raise CommitConflictError(f"the table {name} was removed meanwhile")
    return table


def _is_dead(lake: Lake, batch: int) -> bool:
    """Whether nobody can still be about to commit it; who holds the lock knows, except across machines."""
    return not lake.store.is_remote or time.time() - made_at(batch) > ABANDONED_SECONDS


def _forget(lake: Lake, table: str, collection: str, batch: int) -> None:
    """Remove an intent that was never committed, and its files."""
    folder = lake.stream(table, collection)
    intent = read_intent(lake, folder, batch)
    for name, paths in ((table, intent.files), (REJECTED_TABLE, [str(each["path"]) for each in intent.rejects.files])):
        found = open_table(lake, name)
        active = active_files(found) if found is not None else {}
        lake.store.remove(f"{name}/{path}" for path in paths if path not in active)
    lake.store.remove([f"{folder}/{batch:020}.json"])
