"""Heads: the first bytes of an artifact, unpacked, and the records a format cuts them into."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tailpipe_resources.errors import BadArtifactError
from tailpipe_resources.sources.base import Peeking
from tailpipe_resources.sources.unpack import blocks

if TYPE_CHECKING:
    from tailpipe_assets.formats.base import Format, Piece
    from tailpipe_resources.model.artifact import Artifact
    from tailpipe_resources.sources.base import Source

HEAD_BYTES = 256 * 1024
WHOLE_BYTES = 64 * 1024 * 1024
"""Parquet files say at their end what is in them; larger ones are not fetched to be looked at."""

RECORDS = 400
"""No more records of a head are looked at."""

_PIECE_BYTES = 64 * 1024
_PARQUET = b"PAR1"


@dataclass(frozen=True, slots=True)
class Head:
    """How an artifact begins."""

    artifact: Artifact
    data: bytes
    is_cut: bool
    """Whether there is more of it."""

    fault: str = ""
    """Why its bytes cannot be read on, where that is not because we stopped."""

    @property
    def is_parquet(self) -> bool:
        """Whether it says that it is Parquet."""
        return self.data.startswith(_PARQUET)

    @property
    def is_text(self) -> bool:
        """Whether it may be text at all."""
        sample = self.data[:4096]
        return b"\0" not in sample and len(sample.decode(errors="ignore").encode()) > 0.9 * len(sample)

    @property
    def archive(self) -> str:
        """What kind of archive of files it is, if it is one."""
        if self.data.startswith(b"PK\x03\x04"):
            return "zip"
        return "tar" if self.data[257:262] == b"ustar" else ""

    @property
    def lines(self) -> list[str]:
        """Its first lines that are not blank."""
        found = self.data[: 64 * 1024].decode(errors="replace").splitlines()
        return [line for line in found if line.strip()][:RECORDS]


@dataclass(frozen=True, slots=True)
class Cut:
    """What a format makes of a head."""

    pieces: tuple[Piece, ...]
    fault: str = ""
    """Why it could not go on to the end."""

    @property
    def count(self) -> int:
        """How many records there are."""
        return sum(len(piece.raw) for piece in self.pieces)

    @property
    def rejected(self) -> int:
        """How many it could not cut."""
        return sum(len(piece.rejected) for piece in self.pieces)


def read_head(source: Source, artifact: Artifact) -> Head:
    """The first bytes of an artifact; a Parquet file that is not too large is taken whole.

    Raises:
        SourceError: it cannot be fetched.
    """
    head = _read(source, artifact, HEAD_BYTES)
    if head.is_parquet and head.is_cut and artifact.size <= WHOLE_BYTES:
        return _read(source, artifact, WHOLE_BYTES)
    return head


def _read(source: Source, artifact: Artifact, count: int) -> Head:
    is_part = isinstance(source, Peeking) and artifact.size > count
    data, fault, more = bytearray(), "", False
    with source.peek(artifact, count) if isinstance(source, Peeking) else source.open(artifact) as stream:
        try:
            for block in blocks(stream, artifact.location):
                data += block
                if len(data) > count:
                    more = True
                    break
        except BadArtifactError as error:
            fault = "" if is_part else str(error)
    taken = bytes(data[:count])
    is_cut = more or is_part
    if is_cut and not taken.startswith(_PARQUET):
        taken = taken[: taken.rfind(b"\n") + 1] or taken
    return Head(artifact, taken, is_cut, fault)


def cut(head: Head, form: Format) -> Cut:
    """The records of a head, and why there are no more."""
    pieces: list[Piece] = []
    try:
        for piece in form.split(io.BytesIO(head.data), piece_bytes=_PIECE_BYTES):
            pieces.append(piece)
            if sum(len(each.raw) for each in pieces) > RECORDS:
                break
    except BadArtifactError as error:
        return Cut(tuple(pieces), "" if head.is_cut and pieces else str(error))
    return Cut(tuple(pieces))


def records_of(cut: Cut, form: Format) -> list[dict[str, Any]]:
    """The records taken apart: by the format, or as JSON objects. Those that do not fit are left out."""
    found: list[dict[str, Any]] = []
    for piece in cut.pieces:
        if form.groups is None:
            found += _objects(piece.raw.to_pylist())
        else:
            fields = piece.fields if piece.fields is not None else form.fields(piece.raw)
            found += [each for each in fields.to_pylist() if each is not None]
    return found[:RECORDS]


def _objects(texts: list[str]) -> list[dict[str, Any]]:
    found = []
    for text in texts[:RECORDS]:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            found.append(value)
    return found
