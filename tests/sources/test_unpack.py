"""Unpacking: what comes out whole, and what is said of each way bytes can be broken."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
from typing import TYPE_CHECKING

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tailpipe_resources.errors import BadArtifactError
from tailpipe_resources.sources.unpack import BOMB_BYTES, blocks

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = b"".join(b'{"eventID": "%d", "eventName": "GetObject"}\n' % number for number in range(20_000))


def zstd(data: bytes) -> bytes:
    """A zstd frame with a checksum."""
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


PACK: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zstd": zstd, "bzip2": bz2.compress}
SKIPPABLE = b"\x53\x2a\x4d\x18\x04\x00\x00\x00none"


def unpacked(packed: bytes) -> bytes:
    """What comes out, all of it."""
    return b"".join(blocks(io.BytesIO(packed), "a.log"))


@pytest.mark.parametrize("name", PACK)
def test_what_was_packed_comes_out(name: str) -> None:
    """Each way of packing is undone, whatever the artifact is called."""
    assert unpacked(PACK[name](TEXT)) == TEXT


@pytest.mark.parametrize("name", PACK)
def test_members_follow_each_other(name: str) -> None:
    """Concatenated members and frames, empty ones too, are one artifact."""
    pack = PACK[name]

    assert unpacked(pack(TEXT) + pack(b"") + pack(b"end\n") * 3) == TEXT + b"end\n" * 3


@pytest.mark.parametrize("plain", [b"", b"a", b"plain text named a.gz\n", b"\x1f", b"BZ", TEXT])
def test_plain_bytes_pass(plain: bytes) -> None:
    """What is not packed, or empty, is handed on as it is."""
    assert unpacked(plain) == plain


@pytest.mark.parametrize("name", PACK)
@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_cut_stream_is_told(name: str, share: float) -> None:
    """A stream that ends early is broken, wherever it ends, and the message says at which byte."""
    packed = PACK[name](TEXT)
    cut = packed[: int(len(packed) * share)]

    with pytest.raises(BadArtifactError, match=rf"^a\.log: the {name} stream is cut off at byte {len(cut)}$"):
        unpacked(cut)


@pytest.mark.parametrize("missing", range(1, 9))
def test_a_gzip_stream_without_its_end_is_told(missing: int) -> None:
    """Not a byte of the checksum and length may be missing, although all text is there."""
    with pytest.raises(BadArtifactError, match="cut off"):
        unpacked(gzip.compress(TEXT)[:-missing])


def test_a_wrong_checksum_is_told() -> None:
    """Text that does not add up to its checksum or length is broken."""
    packed, framed = gzip.compress(TEXT), zstd(TEXT)

    for broken in (packed[:-8] + b"\0\0\0\0" + packed[-4:], packed[:-4] + b"\1\1\1\1", framed[:-1] + b"\0"):
        with pytest.raises(BadArtifactError, match="bad checksum"):
            unpacked(broken)


@pytest.mark.parametrize("name", PACK)
def test_damage_inside_is_told(name: str) -> None:
    """Bytes overwritten in the middle never come out as text."""
    packed = bytearray(PACK[name](TEXT))
    packed[len(packed) // 2 : len(packed) // 2 + 64] = b"\xff" * 64

    with pytest.raises(BadArtifactError, match=f"the {name} stream "):
        unpacked(bytes(packed))


@pytest.mark.parametrize("name", PACK)
def test_garbage_after_the_end_is_told(name: str) -> None:
    """What follows a stream must be another one, or padding of zeros."""
    packed = PACK[name](TEXT)

    assert unpacked(packed + bytes(1000)) == TEXT
    with pytest.raises(BadArtifactError, match=f"what follows byte {len(packed)} is not {name} any more"):
        unpacked(packed + b"garbage")


def test_skippable_frames_are_skipped() -> None:
    """Frames of zstd that only carry notes add nothing."""
    assert unpacked(SKIPPABLE + zstd(TEXT) + SKIPPABLE) == TEXT


@pytest.mark.parametrize("name", PACK)
def test_a_bomb_is_stopped(name: str) -> None:
    """Little that becomes very much is refused, long before all of it has come out."""
    came_out = 0

    def drain() -> None:
        nonlocal came_out
        for block in blocks(io.BytesIO(PACK[name](bytes(1 << 20) * 300)), "a.log"):
            came_out += len(block)

    with pytest.raises(BadArtifactError, match="200 times its size"):
        drain()
    assert came_out <= BOMB_BYTES


def test_a_limit_is_kept() -> None:
    """More than the caller can take is refused."""
    packed = gzip.compress(TEXT)

    assert b"".join(blocks(io.BytesIO(packed), "a.log", limit=len(TEXT))) == TEXT
    with pytest.raises(BadArtifactError, match=f"more than {len(TEXT) - 1} bytes"):
        list(blocks(io.BytesIO(packed), "a.log", limit=len(TEXT) - 1))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_text_becomes_plain_utf8(pack: Callable[[bytes], bytes], encoding: str) -> None:
    """A byte order mark goes away, and UTF-16 becomes UTF-8."""
    text = "häßlich 🐍\n" * 50_000

    assert unpacked(pack(text.encode(encoding))) == text.encode()
    assert unpacked(pack(codecs.BOM_UTF16_BE + text.encode("utf-16-be"))) == text.encode()


def test_half_a_letter_of_utf16_is_told() -> None:
    """UTF-16 that ends within a letter is broken."""
    with pytest.raises(BadArtifactError, match="begins as UTF-16 and is not"):
        unpacked("abc".encode("utf-16")[:-1])


@given(data=st.binary(max_size=300), name=st.sampled_from(sorted(PACK)), cut=st.integers(1, 400))
def test_no_prefix_of_a_stream_passes_for_it(data: bytes, name: str, cut: int) -> None:
    """Whatever is missing at the end is noticed, if enough is left to see how it was packed."""
    packed = PACK[name](b"-" + data)
    short = packed[:-cut]

    if len(short) >= 4:
        with pytest.raises(BadArtifactError):
            unpacked(short)
    assert unpacked(packed) == b"-" + data
