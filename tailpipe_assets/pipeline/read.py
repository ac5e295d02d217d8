"""Reading: artifacts fetched, unpacked and split ahead of the writing, in the order they were listed."""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from tailpipe_assets.pipeline.content import Seekable, Streamed, may_become
from tailpipe_assets.pipeline.grow import Part, Span, check_unchanged, is_written_to, span_of, taken_as
from tailpipe_assets.pipeline.loaded import Loaded, Task
from tailpipe_assets.pipeline.reply import Reply, ask
from tailpipe_assets.pipeline.rotation import Contents
from tailpipe_assets.pipeline.streams import Opened, Text, Unpacked
from tailpipe_resources.errors import (
    ArtifactGoneError,
    ArtifactUnavailableError,
    BadArtifactError,
    CancelledError,
    PluginError,
    SourceRefusedError,
    SourceUnavailableError,
)
from tailpipe_resources.plugins import speaking_for
from tailpipe_resources.sources.unpack import blocks, is_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tailpipe_assets.formats.base import Format, Piece, Readable
    from tailpipe_assets.pipeline.content import Content
    from tailpipe_resources.model.artifact import Artifact
    from tailpipe_resources.sources.base import Source

PIECE_BYTES = 32 * 1024 * 1024
"""About how much text is held at once of a large artifact."""

LARGE_PACKED_BYTES = 16 * 1024 * 1024
LARGE_BYTES = 64 * 1024 * 1024
"""An artifact larger than this, as stored or unpacked, is read piece by piece instead of whole."""

AHEAD_BYTES = 8 * 1024 * 1024
"""How much is fetched ahead, as stored; one artifact always is."""

AHEAD_ARTIFACTS = 256


class Reader:
    """Loads the artifacts of one source in several threads."""

    def __init__(self, source: Source, *, salvage: bool, stopped: Callable[[], bool]) -> None:
        self._source = source
        self._salvage = salvage
        self._stopped = stopped
        self._contents = Contents()

    def loaded(self, tasks: Iterable[Task]) -> Iterator[list[Loaded]]:
        """The artifacts in their order, each as soon as it and those before it are there: once a format."""
        waiting = _Waiting()
        listing = iter(tasks)
        with ThreadPoolExecutor(self._source.workers, "tailpipe-read") as pool:
            try:
                while not self._stopped():
                    self._fill(pool, listing, waiting)
                    if not waiting.futures:
                        break
                    if found := waiting.next():
                        yield found
            finally:
                for _, future in waiting.futures:
                    future.cancel()

    def opened(self, loaded: Loaded) -> Opened:
        """A large artifact, to be read with `pieces` once a format."""
        answered = loaded.span.stream if isinstance(loaded.span, Reply) else None
        return Opened(self._source, loaded.task.listed, answered)

    @staticmethod
    def pieces(loaded: Loaded, opened: Opened) -> Iterator[Piece]:
        """The pieces of a large artifact, one read ahead.

        Raises:
            BadArtifactError: where it breaks, after the pieces before that.
            SourceError: when it cannot be read.
        """
        artifact, span, packed = loaded.task.listed, loaded.span, opened.begin()
        if isinstance(span, Reply):
            yield from _ahead(_moved(piece, span.start) for piece in _cut(loaded.form, packed))
        elif span is None or span.mark.packed:
            stream, start = Unpacked(blocks(packed, artifact.location)), 0 if span is None else span.start
            stream.skip(start)
            part = _cut(loaded.form, stream)
            yield from _ahead(_moved(piece, start) for piece in part)
        else:
            part = _cut(loaded.form, Part(packed, span))
            yield from _ahead(_moved(piece, span.start) for piece in part)
            check_unchanged(packed, artifact, span)

    def _fill(self, pool: ThreadPoolExecutor, listing: Iterator[Task], waiting: _Waiting) -> None:
        while len(waiting.futures) < AHEAD_ARTIFACTS and waiting.bytes < AHEAD_BYTES:
            task = next(listing, None)
            if task is None:
                return
            # How much an answer will be nobody knows: one is made ready while another is in use.
            size = AHEAD_BYTES // 2 if task.listed.is_asked else task.listed.size
            waiting.add(size, pool.submit(self._load, task))

    def _load(self, task: Task) -> list[Loaded]:
        try:
            if task.listed.is_asked:
                return self._load_asked(task)
            return self._load_growing(task) if task.grows else self._load_whole(task)
        except BadArtifactError as error:
            return [each.ended("quarantined", error) for each in Loaded.of(task)]
        except ArtifactGoneError as error:
            return [each.ended("gone", error) for each in Loaded.of(task)]
        except (SourceUnavailableError, SourceRefusedError, OSError) as error:
            return [each.ended("failed", error) for each in Loaded.of(task)]

    def _load_asked(self, task: Task) -> list[Loaded]:
        """What there is beyond what was taken; none when all is as it was, or someone asked to stop."""
        try:
            reply = ask(self._source, task.listed, task.before, self._stopped)
        except CancelledError:
            return []
        except ArtifactUnavailableError as error:
            return [each.ended("failed", error) for each in Loaded.of(task)]
        except (SourceUnavailableError, SourceRefusedError) as error:
            return [each.ended("failed", error, stops=error) for each in Loaded.of(task)]
        if reply.says_nothing(task.before):
            reply.stream.close()
            return []
        if reply.stop - reply.start > LARGE_PACKED_BYTES:
            return [_large(each) for each in Loaded.of(task, reply)]
        with reply.stream:
            text = Text(reply.stream.read())
        return [self._split(each, text.begin()) for each in Loaded.of(task, reply)]

    def _load_whole(self, task: Task) -> list[Loaded]:
        text = None if task.listed.size > LARGE_PACKED_BYTES else self._whole(task.listed)
        return [_large(each) if text is None else self._split(each, text.begin()) for each in Loaded.of(task)]

    def _load_growing(self, task: Task) -> list[Loaded]:
        with self._source.open(task.listed) as file:
            if not is_plain(file.read(4)):
                return self._load_packed(task)
            content = Seekable(file, task.listed.size)
            is_ended = task.listed.written is not None and not is_written_to(task.listed, time.time())
            span = self._span(task, content, is_ended=is_ended)
            if span is None:
                return _put_off(task)
            if span.stop - span.start > LARGE_PACKED_BYTES:
                return [_large(each) for each in Loaded.of(task, span)]
            text = Text(Part(file, span).read())
            check_unchanged(file, task.listed, span)
        return [self._split(each, text.begin()) for each in Loaded.of(task, span)]

    def _load_packed(self, task: Task) -> list[Loaded]:
        text = None if task.listed.size > LARGE_PACKED_BYTES else self._whole(task.listed)
        content: Content
        if text is None:
            content, error = self._streamed(task)
        else:
            text = text.whole_lines()
            content, error = Seekable.of(text.data), text.error
        if error is not None and (not content.size or any(may_become(content, mark) for mark in task.before.marks)):
            # All that can be read of it may have been taken.
            return [each.ended("quarantined", error) for each in Loaded.of(task)]
        span = self._span(task, content, is_ended=True)
        if span is None:
            return _put_off(task)
        if text is None:
            return [_large(each) for each in Loaded.of(task, span)]
        rest = Text(text.data[span.start :], error)
        return [self._split(each, rest.begin()) for each in Loaded.of(task, span)]

    def _span(self, task: Task, content: Content, *, is_ended: bool) -> Span | None:
        """What to read; None when another file of its family may hold the same."""
        location, before = task.listed.location, task.before
        taken = taken_as(location, content, before) if before.again else None
        is_itself = taken is not None and (location, before.generation) in taken
        is_copied = not (is_ended or is_itself) and any(
            may_become(content, each.mark) for each in before.relatives.beside
        )
        if is_copied or not self._contents.admit(location, content, taken):
            return None
        return span_of(content, task.before, is_ended=is_ended)

    def _streamed(self, task: Task) -> tuple[Streamed, BadArtifactError | None]:
        """A packed text too large to hold, and where what can be read of it is wanted, the error it breaks off with."""
        broken: list[BadArtifactError] = []

        def begin() -> Iterator[bytes]:
            with self._source.open(task.listed) as packed:
                try:
                    yield from blocks(packed, task.listed.location)
                except BadArtifactError as error:
                    if not self._salvage:
                        raise
                    broken.append(error)

        content = Streamed.of(begin, (mark.end for mark in task.before.marks))
        if broken:
            content.drop_last_line()
        return content, broken[0] if broken else None

    def _whole(self, artifact: Artifact) -> Text | None:
        """The unpacked text, or None when it is too much to hold."""
        taken, size = [], 0
        with self._source.open(artifact) as packed:
            try:
                for block in blocks(packed, artifact.location):
                    taken.append(block)
                    size += len(block)
                    if size > LARGE_BYTES:
                        return None
            except BadArtifactError as error:
                if not self._salvage:
                    raise
                return Text(b"".join(taken), error)
        return Text(b"".join(taken))

    def _split(self, loaded: Loaded, text: Readable) -> Loaded:
        start = 0 if loaded.span is None else loaded.span.start
        try:
            loaded.pieces.extend(_moved(piece, start) for piece in _cut(loaded.form, text))
        except BadArtifactError as error:
            loaded.ended("quarantined", error)
            loaded.salvaged = self._salvage
            if not self._salvage:
                loaded.pieces.clear()
        except PluginError as error:
            loaded.pieces.clear()
            loaded.ended("failed", error, stops=error)
        return loaded


def _cut(form: Format, stream: Readable) -> Iterator[Piece]:
    with speaking_for("format", form.name):
        yield from form.split(stream, piece_bytes=PIECE_BYTES)


def _large(loaded: Loaded) -> Loaded:
    loaded.large = True
    return loaded


def _put_off(task: Task) -> list[Loaded]:
    found = Loaded.of(task)
    for each in found:
        each.put_off = True
    return found


class _Waiting:
    """Artifacts under way, in the order they were listed."""

    def __init__(self) -> None:
        self.futures: deque[tuple[int, Future[list[Loaded]]]] = deque()
        """Each with the size as stored."""
        self.bytes = 0

    def add(self, size: int, future: Future[list[Loaded]]) -> None:
        """One more, at the end."""
        self.futures.append((size, future))
        self.bytes += size

    def next(self) -> list[Loaded]:
        """The first, as soon as it is there."""
        size, future = self.futures.popleft()
        self.bytes -= size
        return future.result()


def _moved(piece: Piece, start: int) -> Piece:
    """A piece of what began so far into its artifact."""
    if not start:
        return piece
    rejected = tuple(replace(each, position=each.position + start) for each in piece.rejected)
    positions = pc.add(piece.positions, pa.scalar(start, pa.int64()))
    return replace(piece, positions=positions, rejected=rejected)


def _ahead(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The pieces, the next of them being made while one is in use."""
    with ThreadPoolExecutor(1, "tailpipe-split") as pool:
        following = pool.submit(next, pieces, None)
        while (piece := following.result()) is not None:
            following = pool.submit(next, pieces, None)
            yield piece
