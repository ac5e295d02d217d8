"""A scan: one pass over a source that feeds all of its collections, whatever each makes of it."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.batch import BATCH_BYTES, make_batch
from tailpipe_assets.pipeline.failures import STOPPING, in_our_words
from tailpipe_assets.pipeline.gather import Gathered
from tailpipe_assets.pipeline.grow import ALONE, Before
from tailpipe_assets.pipeline.listing import Listing, Own, merged
from tailpipe_assets.pipeline.loaded import Loaded, Task
from tailpipe_assets.pipeline.read import Reader
from tailpipe_assets.pipeline.rotation import Families
from tailpipe_assets.pipeline.route import Routed, route
from tailpipe_assets.pipeline.transform import route_sql
from tailpipe_assets.pipeline.write import COMMIT_SECONDS
from tailpipe_resources.errors import BadArtifactError, PluginError, SourceError, SourceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tailpipe_assets.pipeline.batch import RecordBatch
    from tailpipe_assets.pipeline.gather import Lot
    from tailpipe_assets.pipeline.streams import Opened
    from tailpipe_assets.pipeline.wanting import CollectOptions
    from tailpipe_assets.pipeline.write import Writer
    from tailpipe_resources.errors import TailpipeError
    from tailpipe_resources.model.artifact import Artifact
    from tailpipe_resources.model.results import OnEvent, Stage
    from tailpipe_resources.model.window import Window
    from tailpipe_resources.sources.base import Source

    Wanted = tuple[Writer, ...]
    Wanting = Mapping[int, Wanted]
    """By the identity of the format they cut it by."""

TELL_SECONDS = 0.2
FAILURES = 10
"""After so many artifacts in a row that a source did not deliver to a collection, it is taken to be down."""


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
        self._options = options
        self._on_event = on_event
        self._stopped = stopped
        self._reader = Reader(source, salvage=options.salvage, stopped=lambda: stopped() or not self._live())
        self._listings: dict[Listing, list[Writer]] = {}
        self._broken: dict[Writer, TailpipeError] = {}
        """Whose listing broke off."""

        self._wanting: dict[Task, Wanting] = {}
        """Who wants the artifacts under way."""

        self._families = {each: Families(each.state.known) for each in self._writers}
        self._gathered = Gathered()
        self._failures: Counter[Writer] = Counter()
        self._own = Own(each.lake for each in self._writers)
        self._flushed = time.monotonic()
        self._told = 0.0

    def run(self, window: Window) -> None:
        """Read what is wanted and commit it. What stops a collection is noted in its result, and stops no other."""
        for writer in self._writers:
            listing = Listing.of(writer.plan, window, overwrite=self._options.overwrite)
            self._listings.setdefault(listing, []).append(writer)
            for note in writer.result.notes:
                self._note(writer, note)
        for loaded in self._reader.loaded(self._tasks()):
            self._take(loaded)
        self._flush()
        for listing in self._listings:
            self._explain(listing)
        for writer in self._live():
            self._finish(writer)

    def _explain(self, listing: Listing) -> None:
        """Say why nothing is there for collections that never had anything."""
        bare = [each for each in self._listings[listing] if each.is_without_artifacts and each not in self._broken]
        why = listing.why_empty(self._source) if bare and not self._options.patient and not self._stopped() else ""
        for writer in bare:
            self._note(writer, writer.note(why))

    def _live(self) -> tuple[Writer, ...]:
        """The collections that nothing has stopped."""
        return tuple(each for each in self._writers if each.result.failure is None)

    def _tasks(self) -> Iterator[Task]:
        for artifact, listings in merged(self._source, self._listings, self._broke):
            if artifact.location in self._own:
                continue
            writers = [each for listing in listings for each in self._listings[listing] if each.result.failure is None]
            for (before, grows), wanting in self._wanted(artifact, writers).items():
                task = Task(artifact, before, tuple(each.plan.format for each, *_ in wanting.values()), grows)
                self._wanting[task] = {key: tuple(each) for key, each in wanting.items()}
                yield task
            self._tell("listing")

    def _wanted(
        self, artifact: Artifact, writers: Iterable[Writer]
    ) -> dict[tuple[Before, bool], dict[int, list[Writer]]]:
        """Who wants an artifact, by format: it is read once for all who have the same of it."""
        found: dict[tuple[Before, bool], dict[int, list[Writer]]] = {}
        for writer in writers:
            known = writer.state.known.get(artifact.location)
            wanted = self._options.wants(known, artifact)
            self._note(writer, writer.listed(artifact, wanted=wanted))
            if wanted:
                form = writer.plan.format
                grows = form.by_lines and artifact.written is not None
                relatives = self._families[writer].of(artifact.location) if grows else ALONE
                before = self._options.before(known, artifact, relatives)
                ground = before if grows or artifact.is_asked else Before(before.generation)
                found.setdefault((ground, grows), {}).setdefault(id(form), []).append(writer)
        return found

    def _broke(self, listing: Listing, error: SourceError) -> None:
        self._broken.update(dict.fromkeys(self._listings[listing], error))

    def _take(self, loaded: Sequence[Loaded]) -> None:
        """An artifact was read, for each format of those who want it."""
        wanting = self._wanting.pop(loaded[0].task)
        if any(each.large for each in loaded):
            self._flush()
            self._stream(loaded, wanting)
        for each in loaded:
            if not each.large:
                self._gathered.add(each, wanting[id(each.form)])
            self._count_failures(each, wanting[id(each.form)])
        if time.monotonic() - self._flushed > COMMIT_SECONDS:
            self._flush()
        while self._gathered.bytes > BATCH_BYTES:
            self._stage(self._gathered.largest())
        self._tell("reading")
        self._commit_due()

    def _tell(self, stage: Stage) -> None:
        """Say how far everything is, a few times a second."""
        if time.monotonic() - self._told < TELL_SECONDS:
            return
        self._told = time.monotonic()
        for writer in self._live():
            self._on_event(writer.progress(stage, self._gathered.waiting_for(writer)))

    def _note(self, writer: Writer, note: str | None) -> None:
        """Say at once what is worth knowing before the end."""
        if note is not None:
            self._on_event(replace(writer.progress("listing"), note=note))

    def _count_failures(self, loaded: Loaded, wanting: Wanted) -> None:
        for writer in wanting:
            self._failures[writer] = self._failures[writer] + 1 if loaded.status == "failed" else 0
            is_down = self._failures[writer] == FAILURES or loaded.stops is not None
            if is_down and writer.result.failure is None:
                what = f"{FAILURES} artifacts in a row were not delivered; the last: {loaded.reason}"
                self._broken[writer] = loaded.stops or SourceUnavailableError(what)
                self._flush()
                self._finish(writer)

    def _flush(self) -> None:
        self._flushed = time.monotonic()
        for lot in self._gathered.all():
            self._stage(lot)

    def _stage(self, lot: Lot) -> None:
        made = cache(partial(make_batch, lot.loaded, lot.form))
        self._feed(made, lot.wanting, lambda writer, routed: writer.add(made(), routed))

    def _stream(self, loaded: Sequence[Loaded], wanting: Wanting) -> None:
        """Stage a large artifact piece by piece, once a format. For each it is committed whole or not at all."""
        with closing(self._reader.opened(loaded[0])) as opened:
            for each in loaded:
                if each.large and not self._stopped():
                    self._stream_one(each, opened, wanting[id(each.form)])

    def _stream_one(self, loaded: Loaded, opened: Opened, wanting: Wanted) -> None:
        try:
            for piece in self._reader.pieces(loaded, opened):
                part = Loaded(loaded.artifact, loaded.task, loaded.form, [piece])
                made = cache(partial(make_batch, [part], loaded.form))
                self._feed(made, wanting, lambda writer, routed: writer.add_piece(routed))
                if self._stopped():
                    return self._each(wanting, lambda writer: writer.drop_large())
        except BadArtifactError as error:
            loaded.ended("quarantined", error)
            loaded.salvaged = self._options.salvage
        except SourceError as error:
            loaded.ended("failed", error)
        except PluginError as error:
            loaded.ended("failed", error, stops=error)
        return self._each(wanting, lambda writer: writer.end_large(loaded))

    def _feed(self, batch: Callable[[], RecordBatch], wanting: Wanted, take: Callable[[Writer, Routed], None]) -> None:
        """Hand a batch to all who want it, sorted out once for those who sort alike."""
        made: dict[str, Routed] = {}

        def feed(writer: Writer) -> None:
            table, index = writer.plan.table, writer.plan.index
            key = route_sql(table, index)
            if key not in made:
                made[key] = route(writer.connection, table, index, batch())
            take(writer, made[key])
            self._on_event(writer.progress("reading"))

        self._each(wanting, feed)

    def _commit_due(self) -> None:
        if not self._options.overwrite:
            self._each([each for each in self._live() if each.due], self._commit)

    def _commit(self, writer: Writer) -> None:
        writer.commit()
        self._on_event(writer.progress("committed"))

    def _finish(self, writer: Writer) -> None:
        """Commit the last of a collection, and say how it ended."""
        self._each([writer], self._end)

    def _end(self, writer: Writer) -> None:
        writer.commit()
        if writer in self._broken:
            raise self._broken[writer]
        writer.end(cancelled=self._stopped())
        self._on_event(writer.progress("done"))

    @staticmethod
    def _each(writers: Iterable[Writer], do: Callable[[Writer], None]) -> None:
        """Do something for collections. What stops one is noted, and the others go on."""
        for writer in writers:
            if writer.result.failure is not None:
                continue
            try:
                do(writer)
            except STOPPING as error:
                writer.fail(in_our_words(error))
                writer.abandon()
