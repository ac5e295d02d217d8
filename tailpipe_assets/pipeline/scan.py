"""A scan: one pass over a source that feeds all collections of a table and format."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.batch import BATCH_BYTES, make_batch, text_bytes
from tailpipe_assets.pipeline.grow import Before, Mark
from tailpipe_assets.pipeline.read import Loaded, Reader, Task
from tailpipe_assets.pipeline.route import Routed, route
from tailpipe_assets.pipeline.write import COMMIT_SECONDS
from tailpipe_resources.config.paths import absolute, home
from tailpipe_resources.errors import BadArtifactError, SourceError, SourceUnavailableError
from tailpipe_resources.model.artifact import generation_mark, generation_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tailpipe_assets.pipeline.batch import RecordBatch
    from tailpipe_assets.pipeline.write import Writer
    from tailpipe_resources.lake.known import Known
    from tailpipe_resources.model.artifact import Artifact
    from tailpipe_resources.model.results import OnEvent, Stage
    from tailpipe_resources.model.window import Window
    from tailpipe_resources.sources.base import Source

TELL_SECONDS = 0.2
OWN_FOLDERS = ("cache", "dagster")
"""What Tailpipe keeps in its home beside what users put there."""

FAILURES = 10
"""After so many artifacts in a row that the source did not deliver, it is taken to be down."""


@dataclass(frozen=True, slots=True)
class CollectOptions:
    """How to treat artifacts that were met before or are broken."""

    overwrite: bool = False
    """Read all of the window again, and not what came late before it, and replace the rows of its artifacts, in one
    commit."""

    salvage: bool = False
    """Take what can be read of a broken artifact."""

    retry_quarantined: bool = False
    """Try artifacts again that were broken and have not changed since."""

    def wants(self, known: Known | None, artifact: Artifact) -> bool:
        """Whether an artifact is to be read, given what the ledger says of it."""
        if known is None or self.overwrite or not _is_version(known, artifact):
            return True
        if known.status == "quarantined":
            return self.retry_quarantined or (self.salvage and not known.salvaged)
        mark = Mark.parse(known.mark)
        return known.status == "gone" or (mark is not None and mark.end + mark.rest < artifact.size)

    def before(self, known: Known | None, artifact: Artifact) -> Before:
        """What reading an artifact that is wanted starts from."""
        if known is None:
            return Before()
        mark = None if self.overwrite else Mark.parse(known.mark)
        return Before(generation_of(known.version), mark, known.held, _is_version(known, artifact))


def _is_version(known: Known, artifact: Artifact) -> bool:
    """Whether this is what was collected, whatever had been in its place before."""
    return known.version == f"{generation_mark(generation_of(known.version))}{artifact.version}"


class Scan:
    """The state of one pass."""

    def __init__(
        self,
        source: Source,
        writers: list[Writer],
        options: CollectOptions,
        *,
        on_event: OnEvent,
        stopped: Callable[[], bool],
    ) -> None:
        self._source = source
        self._writers = tuple(writers)
        self._plan = writers[0].plan
        self._options = options
        self._on_event = on_event
        self._stopped = stopped
        self._reader = Reader(source, self._plan.format, salvage=options.salvage, stopped=stopped)
        self._wanting: dict[tuple[str, Before], tuple[Writer, ...]] = {}
        """Who wants the artifacts under way."""
        self._gathered: list[Loaded] = []
        self._gathered_for: tuple[Writer, ...] = ()
        self._gathered_bytes = 0
        self._failures = 0
        self._own = tuple(f"{absolute(str(home() / name))}/" for name in OWN_FOLDERS)
        self._flushed = time.monotonic()
        self._told = 0.0

    def run(self, window: Window) -> None:
        """Read what is wanted and commit it.

        Raises:
            SourceError: the source cannot be listed or has stopped delivering. What was read before is committed.
        """
        for writer in self._writers:
            for note in writer.result.notes:
                self._note(writer, note)
        try:
            for loaded in self._reader.loaded(self._wanted(self._listed(window))):
                self._take(loaded)
        except SourceError:
            self._finish()
            raise
        self._finish()
        for writer in self._writers:
            writer.end(cancelled=self._stopped())
            self._on_event(writer.progress("done"))

    def _listed(self, window: Window) -> Iterator[Artifact]:
        collection, table = self._plan.collection, self._plan.table
        if not self._options.overwrite:
            window = window.earlier(collection.lookback)
        if collection.start is not None and (window.start is None or window.start < collection.start):
            window = replace(window, start=collection.start)
        return self._source.artifacts(window, prefix=collection.prefix, layout=self._plan.layout, exclude=table.exclude)

    def _wanted(self, artifacts: Iterable[Artifact]) -> Iterator[Task]:
        for artifact in artifacts:
            if self._is_ours(artifact.location):
                continue
            for before, wanting in self._readers_of(artifact).items():
                task = Task(artifact, before)
                self._wanting[task.key] = tuple(wanting)
                yield task
            self._tell("listing")

    def _readers_of(self, artifact: Artifact) -> dict[Before, list[Writer]]:
        """Who wants an artifact, by what they have of it: it is read once for all that have the same."""
        found: dict[Before, list[Writer]] = {}
        for writer in self._writers:
            known = writer.state.known.get(artifact.location)
            wanted = self._options.wants(known, artifact)
            self._note(writer, writer.listed(artifact, wanted=wanted))
            if wanted:
                found.setdefault(self._options.before(known, artifact), []).append(writer)
        return found

    def _is_ours(self, location: str) -> bool:
        """Whether a file is of a lake or of Tailpipe's own, in a source's folder by accident."""
        return location.startswith(self._own) or any(writer.lake.owns(location) for writer in self._writers)

    def _take(self, loaded: Loaded) -> None:
        wanting = self._wanting.pop(loaded.task.key)
        if loaded.large:
            self._flush()
            self._stream(loaded, wanting)
        else:
            if wanting != self._gathered_for:
                self._flush()
            self._gathered_for = wanting
            self._gathered.append(loaded)
            self._gathered_bytes += text_bytes(loaded.pieces)
        self._count_failures(loaded)
        if self._gathered_bytes > BATCH_BYTES or time.monotonic() - self._flushed > COMMIT_SECONDS:
            self._flush()
        self._tell("reading")
        self._commit_due()

    def _tell(self, stage: Stage) -> None:
        """Say how far everything is, a few times a second."""
        if time.monotonic() - self._told < TELL_SECONDS:
            return
        self._told = time.monotonic()
        for writer in self._writers:
            self._on_event(writer.progress(stage, len(self._gathered) if writer in self._gathered_for else 0))

    def _note(self, writer: Writer, note: str | None) -> None:
        """Say at once what is worth knowing before the end."""
        if note is not None:
            self._on_event(replace(writer.progress("listing"), note=note))

    def _count_failures(self, loaded: Loaded) -> None:
        self._failures = self._failures + 1 if loaded.status == "failed" else 0
        if self._failures >= FAILURES:
            raise SourceUnavailableError(f"{FAILURES} artifacts in a row were not delivered; the last: {loaded.reason}")

    def _flush(self) -> None:
        self._flushed = time.monotonic()
        if not self._gathered:
            return
        batch = make_batch(self._gathered, self._plan.format)
        for writer, routed in self._routed(batch, self._gathered_for):
            writer.add(batch, routed)
            self._on_event(writer.progress("reading"))
        self._gathered, self._gathered_bytes = [], 0

    def _stream(self, loaded: Loaded, wanting: tuple[Writer, ...]) -> None:
        """Stage a large artifact piece by piece. It is committed whole or not at all."""
        try:
            for piece in self._reader.pieces(loaded):
                self._stage_piece(Loaded(loaded.artifact, loaded.task, [piece]), wanting)
                if self._stopped():
                    return self._leave(wanting)
        except BadArtifactError as error:
            loaded.ended("quarantined", error)
            loaded.salvaged = self._options.salvage
        except SourceError as error:
            loaded.ended("failed", error)
        for writer in wanting:
            writer.end_large(loaded)
        return None

    def _stage_piece(self, loaded: Loaded, wanting: tuple[Writer, ...]) -> None:
        batch = make_batch([loaded], self._plan.format)
        for writer, routed in self._routed(batch, wanting):
            writer.add_piece(routed)
            self._on_event(writer.progress("reading"))

    @staticmethod
    def _leave(wanting: tuple[Writer, ...]) -> None:
        for writer in wanting:
            writer.drop_large()

    def _routed(self, batch: RecordBatch, wanting: tuple[Writer, ...]) -> Iterator[tuple[Writer, Routed]]:
        """The batch sorted out for each writer; once for all that index alike."""
        made: dict[str, Routed] = {}
        for writer in wanting:
            index = writer.plan.index
            if index not in made:
                made[index] = route(writer.connection, writer.plan.table, index, batch)
            yield writer, made[index]

    def _commit_due(self) -> None:
        if self._options.overwrite:
            return
        for writer in self._writers:
            if writer.due:
                writer.commit()
                self._on_event(writer.progress("committed"))

    def _finish(self) -> None:
        self._flush()
        for writer in self._writers:
            writer.commit()
