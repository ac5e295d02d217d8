"""Text cut into lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tailpipe_assets.formats.base import MAX_RECORD_BYTES, Piece, Rejected
from tailpipe_assets.formats.strings import SHOWN_BYTES, of_offsets, piece, too_long

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailpipe_assets.formats.base import Readable

NEWLINE = ord("\n")


def split_lines(stream: Readable, *, piece_bytes: int) -> Iterator[Piece]:
    """Cut a stream into lines; blank ones are left out, line ends (LF and CRLF) too.

    Args:
        stream: the text.
        piece_bytes: about how much to hold at once.

    Raises:
        BadArtifactError: from the stream, after the whole lines before the break were delivered.
    """
    cutter = _Cutter()
    while block := stream.read(piece_bytes):
        yield from cutter.feed(block)
    yield from cutter.end()


class _Cutter:
    """Holds the beginning of the line whose end has not been seen."""

    def __init__(self) -> None:
        self._rest = b""
        self._position = 0
        self._overlong = 0
        """Bytes dropped of a line too long to hold; its start stays in `_rest`."""

    def feed(self, block: bytes) -> Iterator[Piece]:
        """The lines that end in this block."""
        if self._overlong:
            end = block.find(b"\n") + 1
            self._overlong += end or len(block)
            if not end:
                return
            yield self._rejected()
            block = block[end:]
        end = block.rfind(b"\n") + 1
        if end:
            whole = b"".join((self._rest, memoryview(block)[:end]))
            yield lines_of(whole, self._position)
            self._position += len(whole)
            self._rest = b""
        self._rest += block[end:]
        self._drop_overlong()

    def end(self) -> Iterator[Piece]:
        """The last line, when no line end follows it."""
        if self._overlong:
            yield self._rejected()
        elif self._rest:
            yield lines_of(self._rest, self._position)

    def _drop_overlong(self) -> None:
        if len(self._rest) > MAX_RECORD_BYTES:
            self._overlong = len(self._rest) - SHOWN_BYTES
            self._rest = self._rest[:SHOWN_BYTES]

    def _rejected(self) -> Piece:
        length = len(self._rest) + self._overlong
        fault = Rejected(self._position, too_long(length), self._rest)
        self._position += length
        self._rest, self._overlong = b"", 0
        return Piece(pa.array([], pa.string()), pa.array([], pa.int64()), (fault,))


def lines_of(data: bytes, position: int) -> Piece:
    """The lines of a text, which starts at this byte of its artifact."""
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == NEWLINE) + 1
    if not len(ends) or ends[-1] != len(data):
        ends = np.append(ends, len(data))
    offsets = np.concatenate(([0], ends)).astype(np.int64)
    return piece(of_offsets(data, offsets), position + offsets[:-1], lines=True)
