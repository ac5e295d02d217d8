"""Reading: artifacts fetched, unpacked and split ahead of the writing, in the order they were listed."""

from __future__ import annotations

import io
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailpipe_resources.errors import (
    ArtifactGoneError,
    BadArtifactError,
    SourceError,
    SourceRefusedError,
    SourceUnavailableError,
)
from tailpipe_resources.sources.unpack import blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tailpipe_assets.formats.base import Format, Piece, Readable
    from tailpipe_resources.model.artifact import Artifact
    from tailpipe_resources.model.results import Status
    from tailpipe_resources.sources.base import Source

PIECE_BYTES = 32 * 1024 * 1024
"""About how much text is held at once of a large artifact."""

LARGE_PACKED_BYTES = 16 * 1024 * 1024
LARGE_BYTES = 64 * 1024 * 1024
"""An artifact larger than this, as stored or unpacked, is read piece by piece instead of whole."""

AHEAD_BYTES = 8 * 1024 * 1024
"""How much is fetched ahead, as stored; one artifact always is."""

AHEAD_ARTIFACTS = 256


@dataclass(slots=True)
class Loaded:
    """What came of reading an artifact."""

    artifact: Artifact
    pieces: list[Piece] = field(default_factory=list)
    status: Status = "ok"
    reason: str = ""
    large: bool = False
    """Its pieces are still to be read, with `Reader.pieces`."""

    salvaged: bool = False
    """Broken, and `pieces` are what could be read of it."""


class Reader:
    """Loads the artifacts of one source in several threads."""

    def __init__(self, source: Source, form: Format, *, salvage: bool, stopped: Callable[[], bool]) -> None:
        self._source = source
        self._format = form
        self._salvage = salvage
        self._stopped = stopped

    def loaded(self, artifacts: Iterable[Artifact]) -> Iterator[Loaded]:
        """The artifacts in their order, each as soon as it and those before it are there.

        Raises:
            SourceError: from the listing, after all that it gave before.
        """
        waiting = _Waiting()
        listing = iter(artifacts)
        broken: SourceError | None = None
        with ThreadPoolExecutor(self._source.workers, "tailpipe-read") as pool:
            try:
                while not self._stopped():
                    try:
                        self._fill(pool, listing, waiting)
                    except SourceError as error:
                        listing, broken = iter(()), error
                    if not waiting.futures:
                        break
                    yield waiting.next()
            finally:
                for _, future in waiting.futures:
                    future.cancel()
        if broken is not None:
            raise broken

    def pieces(self, artifact: Artifact) -> Iterator[Piece]:
        """The pieces of a large artifact, one read ahead.

        Raises:
            BadArtifactError: where it breaks, after the pieces before that.
            SourceError: when it cannot be read.
        """
        with self._source.open(artifact) as packed:
            stream = _Unpacked(blocks(packed, artifact.location))
            yield from _ahead(self._format.split(stream, piece_bytes=PIECE_BYTES))

    def _fill(self, pool: ThreadPoolExecutor, listing: Iterator[Artifact], waiting: _Waiting) -> None:
        while len(waiting.futures) < AHEAD_ARTIFACTS and waiting.bytes < AHEAD_BYTES:
            artifact = next(listing, None)
            if artifact is None:
                return
            waiting.add(artifact.size, pool.submit(self._load, artifact))

    def _load(self, artifact: Artifact) -> Loaded:
        if artifact.size > LARGE_PACKED_BYTES:
            return Loaded(artifact, large=True)
        try:
            text = self._whole(artifact)
        except BadArtifactError as error:
            return Loaded(artifact, status="quarantined", reason=reason_of(error, artifact))
        except ArtifactGoneError as error:
            return Loaded(artifact, status="gone", reason=reason_of(error, artifact))
        except (SourceUnavailableError, SourceRefusedError, OSError) as error:
            return Loaded(artifact, status="failed", reason=reason_of(error, artifact))
        return Loaded(artifact, large=True) if text is None else self._split(artifact, text)

    def _whole(self, artifact: Artifact) -> Readable | None:
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
                return _BrokenOff(b"".join(taken), error)
        return io.BytesIO(b"".join(taken))

    def _split(self, artifact: Artifact, text: Readable) -> Loaded:
        loaded = Loaded(artifact)
        try:
            loaded.pieces.extend(self._format.split(text, piece_bytes=PIECE_BYTES))
        except BadArtifactError as error:
            loaded.status, loaded.reason = "quarantined", reason_of(error, artifact)
            loaded.salvaged = self._salvage
            if not self._salvage:
                loaded.pieces.clear()
        return loaded


class _Waiting:
    """Artifacts under way, in the order they were listed."""

    def __init__(self) -> None:
        self.futures: deque[tuple[int, Future[Loaded]]] = deque()
        """Each with the size as stored."""
        self.bytes = 0

    def add(self, size: int, future: Future[Loaded]) -> None:
        """One more, at the end."""
        self.futures.append((size, future))
        self.bytes += size

    def next(self) -> Loaded:
        """The first, as soon as it is there."""
        size, future = self.futures.popleft()
        self.bytes -= size
        return future.result()


class _Unpacked:
    """Blocks as a stream, whose error waits until all that came before it was read."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = b""
        self._error: BadArtifactError | None = None

    def read(self, size: int = -1, /) -> bytes:
        taken, have = [self._rest], len(self._rest)
        while (size < 0 or have < size) and (block := self._next()):
            taken.append(block)
            have += len(block)
        data = b"".join(taken)
        if not data and self._error is not None:
            raise self._error
        cut = len(data) if size < 0 else size
        self._rest = data[cut:]
        return data[:cut]

    def _next(self) -> bytes:
        if self._error is not None:
            return b""
        try:
            return next(filter(None, self._blocks), b"")
        except BadArtifactError as error:
            self._error = error
            return b""


class _BrokenOff(io.RawIOBase):
    """What could be read of a stream, then the error it broke off with."""

    def __init__(self, start: bytes, error: BadArtifactError) -> None:
        self._start = io.BytesIO(start)
        self._error = error

    def read(self, size: int = -1, /) -> bytes:
        block = self._start.read(size)
        if not block:
            raise self._error
        return block


def reason_of(error: Exception, artifact: Artifact) -> str:
    """Why an artifact could not be read, without its name before it."""
    return str(error).removeprefix(f"{artifact.location}: ")


def _ahead(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The pieces, the next of them being made while one is in use."""
    with ThreadPoolExecutor(1, "tailpipe-split") as pool:
        following = pool.submit(next, pieces, None)
        while (piece := following.result()) is not None:
            following = pool.submit(next, pieces, None)
            yield piece
