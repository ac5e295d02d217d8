"""Committing: what a collection staged becomes visible, and remembered, in one step."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from tailpipe_resources.errors import CommitConflictError
from tailpipe_resources.lake.copies import merge_copies
from tailpipe_resources.lake.intent import Copies, Entry, Follow, Intent, Moved
from tailpipe_resources.lake.ledger import (
    BASE_EVERY,
    State,
    new_batch,
    prune,
    write_base,
    write_intent,
)
from tailpipe_resources.lake.recovery import forget
from tailpipe_resources.lake.replace import RowsOf, without
from tailpipe_resources.lake.steps import Step, apply, follow, follow_findings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from tailpipe_resources.lake.delta import Added, Told
    from tailpipe_resources.lake.staging import StagedFile
    from tailpipe_resources.lake.storage import Lake

UPLOADS = 16
FEW = 4
"""Fewer files than this are put in their places one after the other."""


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
    findings: tuple[StagedFile, ...] = ()
    replaced: frozenset[str] = field(default_factory=frozenset)
    """Artifacts whose earlier rows go in the same commit."""

    mended: frozenset[str] = field(default_factory=frozenset)
    """Artifacts whose earlier rejects go with it."""

    broken: frozenset[str] = field(default_factory=frozenset)
    """Artifacts that could not be read again: only the reject that set them aside whole goes."""

    parts: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """Artifacts of which only some rows and rejects go: how their versions begin, and the first offset."""

    moved: Moved = field(default_factory=dict)
    """Rows and rejects beside these that go."""

    removed: Mapping[str, int] = field(default_factory=dict)
    removed_older: Mapping[str, int] = field(default_factory=dict)
    """How many rows of `moved` that is by artifact: of what it holds, and of what was in its place before."""

    copies: tuple[StagedFile, ...] = ()
    """Rows that were folded, to be kept aside."""

    restored: Mapping[str, int] = field(default_factory=dict)
    """By location, how many of the rows in `files` were folded before."""

    @property
    def key(self) -> tuple[str, str]:
        """Its table and collection."""
        return (self.table, self.collection)

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
    """Make a batch visible, whole, and remember what it consumed; then let its rejects and findings follow.

    Raises:
        CommitConflictError: another run committed to the collection first. Nothing of the batch is visible.
        LakeError: the lake cannot be written.
    """
    folder = lake.stream(batch.table, batch.collection)
    # The intent comes first: files that a crash leaves in place are found by it.
    intent = _intent(batch, state)
    write_intent(lake, folder, intent)
    added = _published(lake, batch.files)
    for file in (*batch.rejects, *batch.findings, *batch.copies):
        file.publish(lake)
    rows_of = RowsOf(batch.replaced, batch.stream, batch.collection, parts=batch.parts, moved=batch.moved)
    gone = partial(without, connection, lake, name=batch.table, rows_of=rows_of) if rows_of.touched else None
    try:
        replacement = apply(lake, batch.table, gone, Step(intent, added, state.head, batch.told))
    except CommitConflictError:
        forget(lake, batch.table, batch.collection, intent.batch, intent)
        raise
    follow(connection, lake, batch.table, batch.collection, intent)
    follow_findings(lake, intent)
    after = state.after(intent)
    if after.depth >= BASE_EVERY:
        after = _written_down(connection, lake, batch, after)
    return Committed(after, replacement.rows)


def _written_down(connection: duckdb.DuckDBPyConnection, lake: Lake, batch: Batch, state: State) -> State:
    """The state, written down whole, with copies merged; what led up to it goes."""
    folder, whole = lake.stream(batch.table, batch.collection), merge_copies(connection, lake, *batch.key, state)
    write_base(lake, folder, whole)
    lake.store.remove(each.key for each in state.copies if each not in whole.copies)
    prune(lake, folder, whole.head)
    return replace(whole, depth=0)


def _published(lake: Lake, files: Sequence[StagedFile]) -> tuple[Added, ...]:
    """The files in their final places. Each waits for a disk or a network, so several go at once."""
    if len(files) < FEW:
        return tuple(file.publish(lake) for file in files)
    with ThreadPoolExecutor(max_workers=UPLOADS) as pool:
        return tuple(pool.map(lambda file: file.publish(lake), files))


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
            tuple(asdict(file.added) for file in batch.rejects),
            tuple(sorted(batch.mended)),
            parts=batch.parts,
            broken=tuple(sorted(batch.broken)),
            moved=batch.moved,
        ),
        findings=Follow(tuple(asdict(file.added) for file in batch.findings)),
        depth=state.depth + 1,
        removed=batch.removed,
        removed_older=batch.removed_older,
        copies=tuple(Copies(f"{batch.table}/{each.final}", each.slot.path, number) for each in batch.copies),
        restored=batch.restored,
    )
