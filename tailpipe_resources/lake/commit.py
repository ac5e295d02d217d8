"""Committing: what a collection staged becomes visible, and remembered, in one step."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from tailpipe_resources.errors import CommitConflictError, LakeDamagedError
from tailpipe_resources.lake.cleanup import KEPT_SECONDS, put_away, supersede
from tailpipe_resources.lake.copies import sweep_copies
from tailpipe_resources.lake.delta import Added, Change, Told, active_files, commit_change, head, open_table
from tailpipe_resources.lake.history import TIDY_EVERY, tidy
from tailpipe_resources.lake.intent import Copies, Entry, Follow, Intent
from tailpipe_resources.lake.ledger import (
    BASE_EVERY,
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
from tailpipe_resources.lake.taken import Taken, days_of, destroy, seconds_left
from tailpipe_resources.model.schema import REJECTED_TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import duckdb
    from deltalake import DeltaTable

    from tailpipe_resources.lake.staging import StagedFile

ATTEMPTS = 5
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

    parts: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """Artifacts of which only some rows and rejects go: how their versions begin, and the first offset."""

    copies: tuple[StagedFile, ...] = ()
    """Rows that were folded, to be kept aside."""

    restored: Mapping[str, int] = field(default_factory=dict)
    """By location, how many of the rows in `files` were folded before."""

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
    # The intent comes first: files that a crash leaves in place are found by it.
    intent = _intent(batch, state)
    write_intent(lake, folder, intent)
    added = tuple(file.publish(lake) for file in batch.files)
    for file in (*batch.rejects, *batch.copies):
        file.publish(lake)
    rows_of = RowsOf(batch.replaced, batch.stream, batch.collection, parts=batch.parts)
    gone = partial(without, connection, lake, name=batch.table, rows_of=rows_of) if batch.replaced else None
    try:
        replacement = apply(lake, batch.table, gone, Step(intent, added, state.head, batch.told))
    except CommitConflictError:
        forget(lake, batch.table, batch.collection, intent.batch)
        raise
    follow(connection, lake, batch.table, batch.collection, intent)
    after = state.after(intent)
    if after.depth >= BASE_EVERY:
        write_base(lake, folder, after)
        after = replace(after, depth=0)
        prune(lake, folder, after.head)
    return Committed(after, replacement.rows)


def recover(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    table: str,
    collection: str,
    tell: Callable[[str], None] = lambda _: None,
) -> State:
    """Finish or discard what an earlier run left, and say what has been collected.

    To be called with the collection's lock held.

    Args:
        connection: what writes files anew where that is needed.
        lake: where the collection lies.
        table: its table.
        collection: its name.
        tell: told, a sentence each, what was finished or discarded.
    """
    folder, stream = lake.stream(table, collection), f"{table}/{collection}"
    ledger = _ledger(lake, table, collection)
    reached = head(open_table(lake, REJECTED_TABLE), stream) or 0
    for intent in ledger.chain:
        if intent.batch > reached and follow(connection, lake, table, collection, intent):
            what = "a deletion that was cut off was finished"
            rejects = "rejects of an earlier run that was cut off were brought in"
            tell(f"{table}.{collection}: {what if intent.takes_out else rejects}")
    prune(lake, folder, ledger.floor)
    sweep_copies(lake, table, collection, ledger.state)
    for batch in batches(lake, folder).keys() - ledger.reachable:
        if (ledger.floor is None or batch > ledger.floor) and is_dead(lake, batch):
            forget(lake, table, collection, batch)
            tell(f"{table}.{collection}: what an earlier run had not committed was discarded, to be collected again")
    for name in (table, REJECTED_TABLE):
        discard(lake.staging(name, stream))
        put_away(lake, name)
        tidy(lake, name)
    return ledger.state


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


def _intent(batch: Batch, state: State) -> Intent:
    number = new_batch(state.head)
    return Intent(
        stream=batch.stream,
        batch=number,
        previous=state.head,
        run=batch.told.run,
        config=batch.told.config,
        files=tuple(file.final for file in batch.files),
        consumed=batch.consumed,
        rejects=Follow(
            tuple(asdict(file.added) for file in batch.rejects), tuple(sorted(batch.mended)), parts=batch.parts
        ),
        depth=state.depth + 1,
        copies=tuple(Copies(f"{batch.table}/{each.final}", each.slot.path, number) for each in batch.copies),
        restored=batch.restored,
    )


def follow(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    table: str,
    collection: str,
    intent: Intent,
    operation: str | None = None,
) -> bool:
    """Bring the rejects' table to this intent, unless it is there already; and leave nothing of what it took out.

    The operation is what the history calls it; `delete` or `collect` when not given.
    """
    rejects, taken = intent.rejects, Taken(collection, days_of(intent), index=table)
    if intent.takes_out:
        destroy(lake, table, Taken(collection, days_of(intent)))
    elif not (rejects.files or rejects.replaced):
        return False
    found = open_table(lake, REJECTED_TABLE)
    at = head(found, intent.stream)
    if found is None or (at is not None and at >= intent.batch):
        return False
    added = tuple(Added(**each) for each in rejects.files)
    rows_of = RowsOf(frozenset(rejects.replaced), intent.stream, collection, table, parts=rejects.parts)
    gone = partial(without, connection, lake, name=REJECTED_TABLE, rows_of=rows_of) if rejects.replaced else None
    told = Told(operation or ("delete" if intent.takes_out else "collect"), intent.run, intent.config)
    step = Step(intent, added, at, told, kept=seconds_left(lake) if intent.takes_out else KEPT_SECONDS)
    try:
        apply(lake, REJECTED_TABLE, taken.out_of if intent.takes_out else gone, step)
    except CommitConflictError:
        # Another machine that found the intent committed has let its rejects follow as well.
        if (head(open_table(lake, REJECTED_TABLE), intent.stream) or 0) < intent.batch:
            raise
    if intent.takes_out:
        destroy(lake, REJECTED_TABLE, taken)
    return True


@dataclass(frozen=True, slots=True)
class Step:
    """One table's part of an intent."""

    intent: Intent
    added: tuple[Added, ...]
    expected: int | None
    told: Told
    kept: float = KEPT_SECONDS
    """For how long what goes can be read as of an earlier time."""


def apply(lake: Lake, name: str, plan: Callable[[DeltaTable], Replacement] | None, step: Step) -> Replacement:
    """Commit one table's part of an intent.

    Args:
        lake: where the table lies.
        name: the table.
        plan: what goes and comes beside the step's own files; asked again when someone else rewrote files meanwhile.
            None where nothing goes.
        step: the rest.

    Raises:
        CommitConflictError: the stream was moved by someone else. Nothing is visible.
    """
    intent = step.intent
    for attempt in range(1, ATTEMPTS + 1):
        gone = Replacement() if plan is None else plan(_opened(lake, name))
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
            _drop(lake, name, (file.path for file in gone.rewritten))
            if attempt == ATTEMPTS or head(_opened(lake, name), intent.stream) != step.expected:
                raise
        else:
            supersede(lake, name, version, (each.path for each in gone.removed), kept=step.kept)
            if version % TIDY_EVERY == 0:
                tidy(lake, name)
            return gone
    raise AssertionError


def _opened(lake: Lake, name: str) -> DeltaTable:
    table = open_table(lake, name)
    if table is None:
        raise CommitConflictError(f"the table {name} was removed meanwhile")
    return table


def is_dead(lake: Lake, batch: int) -> bool:
    """Whether nobody can still be about to commit it; who holds the lock knows, except across machines."""
    return not lake.store.is_remote or time.time() - made_at(batch) > ABANDONED_SECONDS


def forget(lake: Lake, table: str, collection: str, batch: int) -> None:
    """Remove an intent and its files, unless it was committed: a store may lose its answer to that."""
    folder = lake.stream(table, collection)
    if batch in read_ledger(lake, folder, head(open_table(lake, table), f"{table}/{collection}")).reachable:
        return
    intent = read_intent(lake, folder, batch)
    for name, paths in ((table, intent.files), (REJECTED_TABLE, [str(each["path"]) for each in intent.rejects.files])):
        _drop(lake, name, paths)
    lake.store.remove(each.key for each in intent.copies)
    lake.store.remove([f"{folder}/{batch:020}.json"])


def _drop(lake: Lake, name: str, paths: Iterable[str]) -> None:
    """Remove files that were put in place for a commit, unless it was made after all."""
    found = open_table(lake, name)
    active = active_files(found) if found is not None else {}
    lake.store.remove(f"{name}/{path}" for path in paths if path not in active)
