"""What formats share whose lines become JSON objects: fields have names in each line, and no line needs all of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from tailpipe_assets.formats.base import Piece
from tailpipe_assets.formats.lines import split_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from tailpipe_assets.formats.base import Readable

LINES = 8192
"""How many are taken apart at once: about as much text as a processor keeps close to it."""


class ObjectLines(ABC):
    """Lines that say what their fields are called."""

    by_lines: ClassVar[bool] = True

    @property
    def groups(self) -> None:
        """Records become JSON objects; the table takes them apart."""
        return

    def split(self, stream: Readable, *, piece_bytes: int) -> Iterator[Piece]:
        """Cut a stream into lines, and make an object of each.

        Raises:
            BadArtifactError: from the stream.
        """
        for piece in split_lines(stream, piece_bytes=piece_bytes):
            yield from self._objects(piece)

    def fields(self, raw: pa.Array) -> pa.Array:
        """Not for these, whose records the table takes apart."""
        raise NotImplementedError

    @abstractmethod
    def read(self, piece: Piece) -> Piece:
        """A piece of lines as a piece of JSON objects."""

    def _objects(self, piece: Piece) -> Iterator[Piece]:
        faults = piece.rejected
        for start in range(0, max(len(piece.raw), 1), LINES):
            yield self.read(Piece(piece.raw.slice(start, LINES), piece.positions.slice(start, LINES), faults))
            faults = ()


def one_character(name: str, written: str, *, or_none: bool = False) -> str:
    r"""An option that is one ASCII character.

    Raises:
        ValueError: when it is not.
    """
    if (len(written) == 1 and written.isascii() and written not in "\r\n\\") or (or_none and not written):
        return written
    raise ValueError(f'"{name}" must be one ASCII character{", or nothing" if or_none else ""}; it is "{written}"')
