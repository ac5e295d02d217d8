"""Streams over an artifact's bytes: opened once and begun again for every format, or broken off late."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from tailpipe_resources.errors import BadArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailpipe_assets.formats.base import Readable
    from tailpipe_resources.model.artifact import Artifact
    from tailpipe_resources.sources.base import Source

_SKIP_BYTES = 1 << 20


class Opened:
    """An artifact that is opened when it is first read, and rewound after that where its source can."""

    def __init__(self, source: Source, artifact: Artifact, file: BinaryIO | None = None) -> None:
        self._source = source
        self._artifact = artifact
        self._file = file

    def begin(self) -> BinaryIO:
        """Its bytes as stored, from the first one.

        Raises:
            SourceError: it cannot be opened.
        """
        if self._file is not None and self._file.seekable():
            self._file.seek(0)
            return self._file
        self.close()
        self._file = self._source.open(self._artifact)
        return self._file

    def close(self) -> None:
        """Be done with it."""
        if self._file is not None:
            self._file.close()


@dataclass(frozen=True, slots=True)
class Text:
    """An unpacked artifact, or what could be read of one, and the error it broke off with."""

    data: bytes
    error: BadArtifactError | None = None

    def whole_lines(self) -> Text:
        """The same, where it broke off without the line it broke off in."""
        return self if self.error is None else Text(self.data[: self.data.rfind(b"\n") + 1], self.error)

    def begin(self) -> Readable:
        """From its first byte."""
        return io.BytesIO(self.data) if self.error is None else BrokenOff(self.data, self.error)


class Unpacked:
    """Blocks as a stream, whose error waits until all that came before it was read."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = b""
        self._error: BadArtifactError | None = None

    def read(self, size: int = -1, /) -> bytes:
        """Up to so many bytes; none at the end.

        Raises:
            BadArtifactError: the blocks broke off here.
        """
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

    def skip(self, size: int) -> None:
        """Pass over so many bytes.

        Raises:
            BadArtifactError: the blocks broke off before that.
        """
        while size > 0 and (data := self.read(min(size, _SKIP_BYTES))):
            size -= len(data)

    def _next(self) -> bytes:
        if self._error is not None:
            return b""
        try:
            return next(filter(None, self._blocks), b"")
        except BadArtifactError as error:
            self._error = error
            return b""


class BrokenOff(io.RawIOBase):
    """What could be read of a stream, then the error it broke off with."""

    def __init__(self, start: bytes, error: BadArtifactError) -> None:
        self._start = io.BytesIO(start)
        self._error = error

    def read(self, size: int = -1, /) -> bytes:
        """Up to so many bytes.

        Raises:
            BadArtifactError: there are no more.
        """
        block = self._start.read(size)
        if not block:
            raise self._error
        return block
