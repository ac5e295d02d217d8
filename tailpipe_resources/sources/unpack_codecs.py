"""The ways artifacts are packed, all in one shape: bytes in, bounded pieces out, member after member."""

from __future__ import annotations

import bz2
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import zstandard
from isal import igzip_lib

if TYPE_CHECKING:
    from collections.abc import Callable

# isal's stubs call the class an instance.
_IsalError: type[Exception] = igzip_lib.IsalError  # type: ignore[assignment]

# One block of zstd may stand for 32,768 times its size, and zstandard hands out at once whatever its input holds.
_ZSTD_STEP = 4 << 10


class Member(Protocol):
    """One packed stream; an artifact may hold several, one after the other. Shaped like `bz2.BZ2Decompressor`."""

    @property
    def eof(self) -> bool:
        """Whether its end was reached, and its checksum was right."""
        ...

    @property
    def needs_input(self) -> bool:
        """Whether more can only come out when more is put in."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What was put in beyond its end."""
        ...

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Put bytes in, get at most so many out."""
        ...


@dataclass(frozen=True, slots=True)
class Codec:
    """One way of packing."""

    name: str
    begins: Callable[[bytes], bool]
    """Whether these bytes are the beginning of a member."""

    member: Callable[[], Member]
    """Makes what unpacks the next member."""

    errors: tuple[type[Exception], ...]
    """What a member raises for damaged bytes."""


class _ZstdFrame:
    def __init__(self) -> None:
        self._frame = zstandard.ZstdDecompressor().decompressobj(write_size=1 << 20)
        self._waiting = memoryview(b"")

    @property
    def eof(self) -> bool:
        return self._frame.eof

    @property
    def needs_input(self) -> bool:
        return not self._waiting

    @property
    def unused_data(self) -> bytes:
        return bytes(self._frame.unused_data) + bytes(self._waiting)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """As much as a few kilobytes hold, which is a little over what was asked at worst."""
        self._waiting = memoryview(data) if data else self._waiting
        pieces, length = [], 0
        while self._waiting and length < max_length and not self._frame.eof:
            step, self._waiting = self._waiting[:_ZSTD_STEP], self._waiting[_ZSTD_STEP:]
            pieces.append(self._frame.decompress(step))
            length += len(pieces[-1])
        return b"".join(pieces)


def _begins_gzip(head: bytes) -> bool:
    return head.startswith(b"\x1f\x8b")


def _begins_bzip2(head: bytes) -> bool:
    return head.startswith(b"BZh") and head[3:4].isdigit()


def _begins_zstd(head: bytes) -> bool:
    """A frame, or a skippable one: https://www.rfc-editor.org/rfc/rfc8878#name-skippable-frames."""
    return head.startswith(zstandard.FRAME_HEADER) or (head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5)


def _gzip_member() -> Member:
    member: Member = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    return member


CODECS: Final = (
    Codec("gzip", _begins_gzip, _gzip_member, (_IsalError,)),
    Codec("zstd", _begins_zstd, _ZstdFrame, (zstandard.ZstdError,)),
    Codec("bzip2", _begins_bzip2, bz2.BZ2Decompressor, (OSError,)),
)


def codec_of(head: bytes) -> Codec | None:
    """How bytes that begin like this are packed; None for plain ones."""
    return next((codec for codec in CODECS if codec.begins(head)), None)
