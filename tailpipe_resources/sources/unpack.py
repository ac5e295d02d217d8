"""An artifact's bytes as they were before anybody packed them: gzip, zstd and bzip2 undone, text made UTF-8.

What counts is how the bytes begin, not what the artifact is called: a plain file named `.gz` is handed on as it is,
and fails to parse if it is not what its format says.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, BinaryIO, Final

from tailpipe_resources.errors import BadArtifactError
from tailpipe_resources.sources.unpack_codecs import codec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailpipe_resources.sources.unpack_codecs import Codec, Member

MAX_UNPACKED_BYTES: Final = 64 << 30
"""An artifact that unpacks to more is refused."""

MAX_RATIO: Final = 200
"""An artifact that unpacks to more than this many times its size is taken for a bomb, once `BOMB_BYTES` came out."""

BOMB_BYTES: Final = 256 << 20

_READ_BYTES = 64 << 10
_PIECE_BYTES = 4 << 20
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def blocks(stream: BinaryIO, location: str, *, limit: int = MAX_UNPACKED_BYTES) -> Iterator[bytes]:
    """The unpacked bytes block by block, as the codec delivers them.

    Args:
        stream: the packed bytes; whoever opened it closes it.
        location: what to call the artifact in an error.
        limit: how many bytes it may unpack to.

    Raises:
        BadArtifactError: the bytes are cut off, damaged, or too many.
    """
    return _pieces(_Packed(stream), location, limit)


def is_plain(head: bytes) -> bool:
    """Whether bytes that begin so are handed on as they are."""
    return codec_of(head) is None and not head.startswith((*_UTF_16, codecs.BOM_UTF8))


class _Packed:
    """The bytes as stored: counted, and able to take some back."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._returned = b""
        self.taken = 0

    def take(self) -> bytes:
        """The next bytes; none at the end."""
        data = self._returned or self._stream.read(_READ_BYTES)
        self._returned = b""
        self.taken += len(data)
        return data

    def give_back(self, data: bytes) -> None:
        """Have these bytes come next."""
        self._returned = data + self._returned
        self.taken -= len(data)

    def peek(self, count: int) -> bytes:
        """The bytes that come next, as many as asked for unless the end is near."""
        data = self.take()
        while 0 < len(data) < count and (more := self.take()):
            data += more
        self.give_back(data)
        return data


def _pieces(packed: _Packed, location: str, limit: int) -> Iterator[bytes]:
    codec = codec_of(packed.peek(4))
    plain = iter(packed.take, b"") if codec is None else _members(packed, codec, location)
    return _as_utf8(_bounded(plain, packed, location, limit), location)


def _members(packed: _Packed, codec: Codec, location: str) -> Iterator[bytes]:
    while head := packed.peek(4):
        if codec.begins(head):
            yield from _member(packed, codec, location)
        elif head.strip(b"\0"):
            raise BadArtifactError(f"{location}: what follows byte {packed.taken} is not {codec.name} any more")
        else:
            packed.take()


def _member(packed: _Packed, codec: Codec, location: str) -> Iterator[bytes]:
    member = codec.member()
    while not member.eof:
        data = packed.take()
        if not data:
            raise BadArtifactError(f"{location}: the {codec.name} stream is cut off at byte {packed.taken}")
        try:
            yield from _unpacked(member, data)
        except codec.errors as error:
            raise BadArtifactError(f"{location}: {_reason(error, codec)}, before byte {packed.taken}") from error
    packed.give_back(member.unused_data)


def _unpacked(member: Member, data: bytes) -> Iterator[bytes]:
    yield member.decompress(data, _PIECE_BYTES)
    while not (member.eof or member.needs_input):
        yield member.decompress(b"", _PIECE_BYTES)


def _reason(error: Exception, codec: Codec) -> str:
    if "checksum" in str(error):
        return f"the {codec.name} stream has a bad checksum"
    return f"the {codec.name} stream is damaged"


def _bounded(pieces: Iterator[bytes], packed: _Packed, location: str, limit: int) -> Iterator[bytes]:
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > limit:
            raise BadArtifactError(f"{location}: it unpacks to more than {limit} bytes")
        if total > BOMB_BYTES and total > MAX_RATIO * packed.taken:
            raise BadArtifactError(f"{location}: it unpacks to more than {MAX_RATIO} times its size")
        yield piece


def _as_utf8(pieces: Iterator[bytes], location: str) -> Iterator[bytes]:
    head = b""
    while len(head) < len(codecs.BOM_UTF8) and (piece := next(pieces, None)) is not None:
        head += piece
    if head.startswith(_UTF_16):
        yield from _transcoded(head, pieces, location)
    else:
        yield head.removeprefix(codecs.BOM_UTF8)
        yield from pieces


def _transcoded(head: bytes, pieces: Iterator[bytes], location: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder("utf-16")()
    try:
        yield decoder.decode(head).encode()
        for piece in pieces:
            yield decoder.decode(piece).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as error:
        raise BadArtifactError(f"{location}: it begins as UTF-16 and is not: {error}") from error
