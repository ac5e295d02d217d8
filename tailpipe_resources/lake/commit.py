"""Committing: what a collection staged becomes visible, and remembered, in one step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailpipe_resources.errors import CommitConflictError
from tailpipe_resources.lake.delta import Added, Change, commit_change, head, open_table
from tailpipe_resources.lake.ledger import (
    Entry,
    Intent,
    StagedRejects,
    State,
    intent_path,
    intents,
    new_batch,
    read_intent,
    read_state,
    write_intent,
)
from tailpipe_resources.lake.replace import Replacement, RowsOf, without
from tailpipe_resources.lake.staging import StagedFile
from tailpipe_resources.lake.storage import Lake, discard
from tailpipe_resources.model.schema import REJECTED_TABLE

if TYPE_CHECKING:
    import duckdb
    from deltalake import DeltaTable

ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Batch:
    """What one commit of a collection brings."""

    table: str
    collection: str
    run: str
    """Names the run, for people reading the ledger."""

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
    folder = lake.table(batch.table)
    intent = _intent(batch, state)
    added = tuple(file.publish(folder) for file in batch.files)
    write_intent(lake.stream(batch.table, batch.collection), intent)
    try:
        replacement = _commit_rows(connection, lake, batch, intent, added)
    except CommitConflictError:
        _forget(lake, batch.table, batch.collection, intent.batch)
        raise
    _follow(connection, lake, batch.table, batch.collection, intent)
    return Committed(state.after(intent), replacement.rows)


def recover(connection: duckdb.DuckDBPyConnection, lake: Lake, table: str, collection: str) -> State:
    """Finish or discard what an earlier run left, and say what has been collected.

    To be called with the collection's lock held.
    """
    folder = lake.stream(table, collection)
    now = head(open_table(lake.table(table)), f"{table}/{collection}")
    chain = intents(folder, now)
    reached = head(open_table(lake.table(REJECTED_TABLE)), f"{table}/{collection}") or 0
    for intent in chain:
        if intent.batch > reached:
            _follow(connection, lake, table, collection, intent)
    _sweep(lake, table, collection, {intent.batch for intent in chain})
    return read_state(folder, now)


def _intent(batch: Batch, state: State) -> Intent:
    rejects = StagedRejects(tuple(file.to_json() for file in batch.rejects), tuple(sorted(batch.mended)))
    return Intent(
        stream=batch.stream,
        batch=new_batch(state.head),
        previous=state.head,
        run=batch.run,
        files=tuple(file.final for file in batch.files),
        consumed=batch.consumed,
        rejects=rejects,
    )


def _commit_rows(
    connection: duckdb.DuckDBPyConnection, lake: Lake, batch: Batch, intent: Intent, added: tuple[Added, ...]
) -> Replacement:
    rows_of = RowsOf(batch.replaced, batch.stream, batch.collection)
    return _replace(connection, lake, batch.table, rows_of, intent, added, expected=intent.previous)


def _follow(connection: duckdb.DuckDBPyConnection, lake: Lake, table: str, collection: str, intent: Intent) -> None:
    """Bring the rejects' table to this intent, unless it is there already."""
    rejects = intent.rejects
    if not (rejects.files or rejects.replaced):
        return
    folder = lake.table(REJECTED_TABLE)
    found = open_table(folder)
    at = head(found, intent.stream)
    if found is None or (at is not None and at >= intent.batch):
        return
    added = tuple(StagedFile.from_json(each).publish(folder) for each in rejects.files)
    rows_of = RowsOf(frozenset(rejects.replaced), intent.stream, collection, table)
    _replace(connection, lake, REJECTED_TABLE, rows_of, intent, added, expected=at)


def _replace(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    name: str,
    rows_of: RowsOf,
    intent: Intent,
    added: tuple[Added, ...],
    *,
    expected: int | None,
) -> Replacement:
    folder = lake.table(name)
    for attempt in range(1, ATTEMPTS + 1):
        table = _opened(lake, name)
        gone = without(connection, lake, table, name, rows_of)
        change = Change((*added, *gone.rewritten), gone.removed, intent.stream, expected, intent.batch)
        try:
            commit_change(folder, change)
        except CommitConflictError:
            for file in gone.rewritten:
                discard(folder / file.path)
            if attempt == ATTEMPTS or head(_opened(lake, name), intent.stream) != expected:
                raise
        else:
            return gone
    raise AssertionError


def _opened(lake: Lake, name: str) -> DeltaTable:
    table = open_table(lake.table(name))
    if table is None:
        raise CommitConflictError(f"the table {name} was removed meanwhile")
    return table


def _sweep(lake: Lake, table: str, collection: str, reachable: set[int]) -> None:
    folder = lake.stream(table, collection)
    for path in folder.glob("*.json") if folder.is_dir() else ():
        if int(path.stem) not in reachable:
            _forget(lake, table, collection, int(path.stem))
    for name in (table, REJECTED_TABLE):
        discard(lake.staging(name, f"{table}/{collection}"))


def _forget(lake: Lake, table: str, collection: str, batch: int) -> None:
    """Remove an intent that was never committed, and its files."""
    folder = lake.stream(table, collection)
    for path in read_intent(folder, batch).files:
        discard(lake.table(table) / path)
    discard(intent_path(folder, batch))
