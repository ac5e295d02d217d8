"""Text cut into lines: whole, in their places, however it arrives."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tailpipe_assets.formats.base import MAX_RECORD_BYTES, Rejected
from tailpipe_assets.formats.lines import split_lines
from tailpipe_resources.errors import BadArtifactError

Lines = list[tuple[int, str]]


def cut(data: bytes, piece_bytes: int = 1 << 20) -> tuple[Lines, list[Rejected]]:
    """The lines with their positions, and what was set aside."""
    pieces = list(split_lines(io.BytesIO(data), piece_bytes=piece_bytes))
    lines = [
        (position, line)
        for piece in pieces
        for position, line in zip(piece.positions.to_pylist(), piece.raw.to_pylist(), strict=True)
    ]
    return lines, [each for piece in pieces for each in piece.rejected]


def expected(data: bytes) -> Lines:
    """The same, said plainly."""
    found, position = [], 0
    for line in data.split(b"\n"):
        text = line.rstrip(b"\r")
        if text:
            found.append((position, text.decode()))
        position += len(line) + 1
    return found


@examples(max_examples=300)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=8), max_size=8),
    st.sampled_from(["\n", "\r\n", "\n\n"]),
    st.booleans(),
    st.integers(1, 20),
)
def test_lines_are_the_same_in_blocks_of_any_size(lines: list[str], end: str, closed: bool, size: int) -> None:
    """Line ends of both kinds, blank lines and a last line without an end, cut anywhere."""
    data = (end.join(lines) + (end if closed else "")).encode()

    assert cut(data, size) == (expected(data), [])
    assert cut(data) == (expected(data), [])


@examples(max_examples=100)
@given(st.lists(st.binary(max_size=6).map(lambda line: line.replace(b"\n", b"")), max_size=6), st.integers(1, 15))
def test_lines_that_are_no_text_are_set_aside_alone(lines: list[bytes], size: int) -> None:
    """Each line is judged by itself; position and bytes are kept."""
    data = b"\n".join(lines)
    good: Lines = []
    bad: list[tuple[int, bytes]] = []
    position = 0
    for line in lines:
        text = line.rstrip(b"\r")
        try:
            good += [(position, text.decode())] if text else []
        except UnicodeDecodeError:
            bad.append((position, text))
        position += len(line) + 1

    found, rejected = cut(data, size)

    assert found == good
    assert [(each.position, each.record) for each in rejected] == bad
    assert all(each.reason.startswith("not UTF-8: byte 0x") for each in rejected)


@pytest.mark.parametrize("piece_bytes", [1 << 20, 1 << 25])
@pytest.mark.parametrize("end", [b"\nnext\n", b""])
def test_a_line_too_long_is_set_aside_and_the_next_one_is_read(piece_bytes: int, end: bytes) -> None:
    """Whether or not it fits into one block, and also at the very end, it is named with the start of its text."""
    long = b"x" * (MAX_RECORD_BYTES + 5_000_000)

    lines, (rejected,) = cut(b"first\n" + long + end, piece_bytes)

    assert lines == [(0, "first"), *([(7 + len(long), "next")] if end else [])]
    assert (rejected.position, rejected.record) == (6, b"x" * 65_536)
    assert rejected.reason.endswith("at most 16,777,216 are taken")


def test_a_stream_that_breaks_gives_the_whole_lines_before_the_break() -> None:
    """The half line is not mistaken for a whole one."""

    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            block = super().read(size)
            if not block:
                raise BadArtifactError("cut off")
            return block

    pieces = split_lines(Breaking(b"one\ntwo\nthr"), piece_bytes=5)

    assert [next(pieces).raw.to_pylist(), next(pieces).raw.to_pylist()] == [["one"], ["two"]]
    with pytest.raises(BadArtifactError):
        next(pieces)
