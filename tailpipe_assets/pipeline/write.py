"""Writing: what one collection staged, counted by artifact, and committed."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.counted import counted
from tailpipe_assets.pipeline.detecting import Detected, detect
from tailpipe_assets.pipeline.grow import Span
from tailpipe_assets.pipeline.held import keep_held
from tailpipe_assets.pipeline.rejects import Reject, reason_told, stage_rejects, told_of
from tailpipe_assets.pipeline.rows import stage_rows
from tailpipe_assets.pipeline.withdrawn import moved_of, part_of, removed, told_apart, withdrawn
from tailpipe_resources.lake import Batch, commit
from tailpipe_resources.lake.copies import Incoming
from tailpipe_resources.lake.fold import Folding, fold
from tailpipe_resources.lake.intent import Entry
from tailpipe_resources.lake.replace import RowsOf
from tailpipe_resources.lake.space import check_space, free_bytes
from tailpipe_resources.lake.storage import discard
from tailpipe_resources.model.results import ArtifactFault, CollectResult, Progress, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable

    import duckdb

    from tailpipe_assets.pipeline.batch import RecordBatch
    from tailpipe_assets.pipeline.loaded import Loaded
    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_assets.pipeline.rotation import Generation
    from tailpipe_assets.pipeline.route import Routed
    from tailpipe_resources.errors import TailpipeError
    from tailpipe_resources.lake import Lake
    from tailpipe_resources.lake.delta import Told
    from tailpipe_resources.lake.ledger import State
    from tailpipe_resources.lake.staging import StagedFile
    from tailpipe_resources.model.artifact import Artifact

COMMIT_SECONDS = 30.0
"""How long staged rows wait for their commit at most, but for those of a large artifact."""


@dataclass
class Staged:
    """What is staged of some artifacts."""

    files: list[StagedFile] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    rows: Counter[str] = field(default_factory=Counter)
    """By artifact, like the two that follow."""

    filtered: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)

    def reject(self, rejects: tuple[Reject, ...]) -> None:
        """Set records aside."""
        self.rejects += rejects
        self.rejected.update(each.artifact.location for each in rejects)

    def entry(self, loaded: Loaded, reason: str) -> Entry:
        """What the ledger keeps of one of the artifacts."""
        artifact, span = loaded.artifact, loaded.span
        is_part = loaded.salvaged and isinstance(span, Span)
        return Entry(
            artifact.location,
            artifact.version,
            loaded.status,
            rows=self.rows[artifact.location],
            filtered=self.filtered[artifact.location],
            rejected=self.rejected[artifact.location],
            size=artifact.size if span is None else span.stop - span.start,
            salvaged=loaded.salvaged,
            reason=reason,
            how="anew" if span is None else span.how,
            mark="" if span is None or not (loaded.status == "ok" or is_part) else str(span.mark),
        )


class Writer:
    """One collection's side of a run."""

    def __init__(
        self,
        ready: Plan,
        lake: Lake,
        connection: duckdb.DuckDBPyConnection,
        state: State,
        told: Told,
        notes: Iterable[str] = (),
    ) -> None:
        self.plan = ready
        self.state = state
        self.result = CollectResult(*ready.collection.key, notes=tuple(dict.fromkeys(notes)))
        self.connection = connection
        self.lake = lake
        self._told = told
        self._staged = Staged()
        self._large = Staged()
        self._entries: list[Entry] = []
        self._parts: dict[str, tuple[str, int]] = {}
        """Artifacts of which only some earlier rows and rejects go, if any do."""
        self._moved: set[tuple[Generation, int]] = set()
        """What goes beside these, because it is brought anew under another name."""
        self._detected = Detected()
        self._listed = 0
        self._skipped = 0
        self._wanted_bytes = 0
        self._room = free_bytes(lake)
        self._since = time.monotonic()

    @property
    def due(self) -> bool:
        """Whether what is staged has waited long enough."""
        return bool(self._entries) and time.monotonic() - self._since > COMMIT_SECONDS

    def listed(self, artifact: Artifact, *, wanted: bool) -> str | None:
        """An artifact was listed; it is wanted, or was collected before. Gives a warning when all may not fit."""
        self._listed += 1
        if not wanted:
            self._skipped += 1
            return None
        before, self._wanted_bytes = self._wanted_bytes, self._wanted_bytes + artifact.size
        if not before <= self._room < self._wanted_bytes:
            return None
        return self.note(check_space(self.lake, self._wanted_bytes, least=0))

    def note(self, text: str | None) -> str | None:
        """Have something told at the end, if there is something to tell. Gives it."""
        if text:
            self.result = replace(self.result, notes=(*self.result.notes, text))
        return text or None

    @property
    def is_without_artifacts(self) -> bool:
        """Whether nothing was listed for it, now or ever."""
        return self._listed == 0 and not self.state.known

    def add(self, batch: RecordBatch, routed: Routed) -> None:
        """Stage the rows of whole artifacts."""
        self._stage(routed, self._staged)
        for loaded in batch.loaded:
            self._enter(loaded, self._staged)

    def add_piece(self, routed: Routed) -> None:
        """Stage the rows of a piece of a large artifact."""
        self._stage(routed, self._large)

    def end_large(self, loaded: Loaded) -> None:
        """A large artifact was read to its end, or as far as it could be."""
        if loaded.was_taken:
            self._enter(loaded, self._large)
            self._staged.files += self._large.files
            self._staged.rejects += self._large.rejects
            self._large = Staged()
        else:
            self.drop_large()
            self._enter(loaded, Staged())

    def drop_large(self) -> None:
        """Reading a large artifact was given up; it is left for next time."""
        self._drop(self._large)
        self._large = Staged()

    def commit(self) -> None:
        """Make what is staged visible."""
        if not self._entries:
            return
        batch = self._batch()
        committed = commit(self.connection, self.lake, self.state, batch)
        self.state = committed.state
        self.result = counted(self.result, batch, committed.replaced, self._detected)
        self._staged, self._entries, self._parts, self._moved = Staged(), [], {}, set()
        self._since = time.monotonic()

    def end(self, *, cancelled: bool) -> None:
        """The pass is over."""
        self.result = replace(self.result, skipped=self._skipped, cancelled=cancelled)

    def fail(self, failure: TailpipeError) -> None:
        """The pass broke off."""
        self.result = replace(self.result, skipped=self._skipped, failure=failure)

    def progress(self, stage: Stage, gathered: int = 0) -> Progress:
        """How far this collection is, what is staged included, and so many artifacts read and not yet staged."""
        result, staged = self.result, (self._staged, self._large)
        rows, filtered, rejected = (
            sum(sum(getattr(each, name).values()) for each in staged) for name in ("rows", "filtered", "rejected")
        )
        return Progress(
            *self.plan.collection.key,
            stage,
            artifacts_listed=self._listed,
            artifacts_done=result.artifacts + self._skipped + len(self._entries) + gathered,
            records=result.records + rows + filtered + rejected,
            rows=result.rows + rows,
            filtered=result.filtered + filtered,
            rejected=result.rejected + rejected,
            bytes_in=result.bytes_in + sum(entry.size for entry in self._entries),
        )

    def abandon(self) -> None:
        """Drop what is staged and not committed."""
        self._drop(self._staged)
        self._drop(self._large)

    def _batch(self) -> Batch:
        known = self.state.known
        again = [entry for entry in self._entries if entry.location in known and self._supersedes(entry)]
        replaced = frozenset(each.location for each in again if each.was_read and known[each.location].held)
        stream, name, moved = self.plan.collection.stream, self.plan.collection.name, moved_of(self._moved)
        rows_of = RowsOf(replaced, stream, name, parts=self._parts, moved=moved)
        place = (self.connection, self.lake, self.plan.collection.table_stored)
        if self._told.operation == "overwrite":
            keep_held(*place, rows_of, self.plan)
        gone, moving = withdrawn(*place, again, rows_of), removed(*place, rows_of, known, self._entries)
        folding = self._folding(rows_of)
        self._detected = detect(self.connection, self.lake, self.plan, self._told, folding.files, rows_of)
        return Batch(
            *self.plan.collection.key,
            told=self._told,
            files=folding.files,
            consumed=tuple(told_apart(each, folding.folded, gone) for each in self._entries),
            rejects=stage_rejects(self.connection, self.lake, self.plan.collection, self._staged.rejects),
            findings=self._detected.files,
            replaced=replaced,
            mended=frozenset(each.location for each in again if each.was_read),
            broken=frozenset(each.location for each in again if not each.was_read and each.status == "quarantined"),
            parts=self._parts,
            moved=moved,
            removed=moving.current,
            removed_older=moving.older,
            copies=folding.copies,
            restored=folding.restored,
        )

    def _supersedes(self, entry: Entry) -> bool:
        """Whether something that an artifact brought before may go."""
        return entry.how == "anew" or (entry.how == "grown" and entry.location in self._parts)

    def _folding(self, replaced: RowsOf) -> Folding:
        """What is staged, with each event once where the table's events have ids of their own."""
        if self.plan.table.event_id is None:
            return Folding(tuple(self._staged.files))
        read = frozenset(each.location for each in self._entries if each.was_read and each.how == "anew")
        incoming = Incoming(*self.plan.collection.key, tuple(self._staged.files), replaced, read)
        folding = fold(self.connection, self.lake, self.state, incoming)
        self._staged.files = [*folding.files, *folding.copies]
        return folding

    def _stage(self, routed: Routed, staged: Staged) -> None:
        staged.reject(told_of(self.plan.collection, routed.rejects))
        for made in stage_rows(self.connection, self.lake, self.plan, routed.shares):
            staged.files += made.files
            staged.reject(told_of(self.plan.collection, made.failed))
            staged.rows.update(made.rows)
            staged.filtered.update(made.filtered)

    def _enter(self, loaded: Loaded, staged: Staged) -> None:
        if loaded.has_more:
            self.result = replace(self.result, waiting=self.result.waiting + 1)
        reason = reason_told(self.plan.collection, loaded.status, loaded.reason)
        if loaded.status != "ok":
            fault = ArtifactFault(loaded.artifact.location, loaded.status, reason)
            self.result = replace(self.result, faults=(*self.result.faults, fault))
        if loaded.status == "failed" or loaded.put_off:
            return
        if loaded.status == "quarantined":
            self._staged.rejects.append(Reject(loaded.artifact, None, reason, None))
        if (part := part_of(loaded)) is not None:
            self._parts[loaded.artifact.location] = part
        if isinstance(loaded.span, Span) and loaded.was_taken:
            self._moved |= loaded.span.moved
        self._entries.append(staged.entry(loaded, reason))

    def _drop(self, staged: Staged) -> None:
        for file in staged.files:
            discard(self.lake.store.scratch / file.staged)
