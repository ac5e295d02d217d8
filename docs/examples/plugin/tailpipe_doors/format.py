"""The format `blank_lines`: records of several lines, with a blank line after each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa

from tailpipe_assets.formats.base import Piece, Readable, Rejected
from tailpipe_resources.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

_END = b"\n\n"


class BlankLinesFormat:
    """Records that are told apart by a blank line, such as JSON that was written for people."""

    name: ClassVar[str] = "blank_lines"
    description: ClassVar[str] = "Records of several lines, with a blank line after each."
    options: ClassVar[type[Options]] = Options
    by_lines: ClassVar[bool] = False
    groups: ClassVar[None] = None

    def __init__(self, options: Options) -> None:
        """Take what the configuration says, which is nothing."""

    def split(self, stream: Readable, *, piece_bytes: int) -> Iterator[Piece]:
        """Cut a stream; see `Format.split`."""
        rest, at = b"", 0
        while block := stream.read(piece_bytes):
            *whole, rest = (rest + block).split(_END)
            if whole:
                yield _piece(whole, at)
                at += sum(len(record) + len(_END) for record in whole)
        if rest.strip():
            yield _piece([rest], at)


def _piece(records: list[bytes], at: int) -> Piece:
    texts, positions, rejected = [], [], []
    for record in records:
        try:
            if record.strip():
                texts.append(record.strip(b"\n").decode())
                positions.append(at)
        except UnicodeDecodeError:
            rejected.append(Rejected(at, "it is not UTF-8", record))
        at += len(record) + len(_END)
    return Piece(pa.array(texts, pa.string()), pa.array(positions, pa.int64()), tuple(rejected))
