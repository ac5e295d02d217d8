"""Files that others may be writing to: where to go on in one, and what to leave for the next time.

The rule, for a text file read line by line that has changed since it was collected:

- It has **grown** when it holds all that was taken of it: it is as long at least, and the first kilobyte and the last
  four before the end of what was taken are what they were. What follows is read, and its rows are added.
- It was **mended** when at least a quarter of the lines that were noted of it, eight at its start and eight at its end,
  are in it still, or when none of its lines had become a row. It is read from its start and its rows are replaced.
- Else it was begun **afresh**, as `copytruncate` does it: the lines that were taken are gone from it. Their rows stay,
  being all that is left of those lines, and it is read from its start as another generation, so that neither ids nor
  replacements ever mix the two up.

So no line is lost or doubled whichever of the three happened. Only whole lines are taken. What follows the last line
end is left, unless nobody has written to the file for a minute, or not since the last run. Should it go on after all,
it is read again as part of its line, and takes the place of its row.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, BinaryIO

from tailpipe_resources.errors import SourceUnavailableError
from tailpipe_resources.sources.unpack import is_plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailpipe_resources.lake.intent import How
    from tailpipe_resources.model.artifact import Artifact

IDLE_SECONDS = 60.0
"""A file that was not written to for so long has come to its end."""

_HEAD_BYTES = 1024
_TAIL_BYTES = 4096
_SAMPLE_BYTES = 64 * 1024
_SAMPLE_LINES = 8
_BLOCK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a file was read, and what it was like."""

    end: int
    """The offset after the last whole line that was taken."""

    rest: int
    """How many bytes were taken of a line whose end had not been written."""

    head: str
    tail: str
    """Digests of its first bytes, and of those before `end`."""

    lines: frozenset[str]
    """Digests of some of its lines."""

    def __str__(self) -> str:
        """As the ledger keeps it."""
        return f"{self.end}:{self.rest}:{self.head}:{self.tail}:{','.join(sorted(self.lines))}"

    @classmethod
    def parse(cls, text: str) -> Mark | None:
        """What the ledger kept; None when it is nothing."""
        if not text:
            return None
        end, rest, head, tail, lines = text.split(":")
        return cls(int(end), int(rest), head, tail, frozenset(filter(None, lines.split(","))))

    @staticmethod
    def taken(text: str) -> int:
        """How many bytes were taken, by what the ledger kept."""
        end, rest, _ = text.split(":", 2)
        return int(end) + int(rest)


@dataclass(frozen=True, slots=True)
class Before:
    """What a collection has of a file."""

    generation: int = 0
    mark: Mark | None = None
    """None when it is to be read from its start whatever it holds."""

    held: bool = False
    """Whether rows of it are in the lake."""

    is_unchanged: bool = False
    """Whether nobody has written to it since it was read."""

    taken: str = ""
    """Of an artifact that is asked for: what its source said last time about what was taken."""

    version: str = ""
    """The same artifact's version then."""


@dataclass(frozen=True, slots=True)
class Span:
    """What is to be read of a file."""

    start: int
    stop: int
    how: How
    generation: int
    mark: Mark
    """How it will have been read then."""

    heals: bool = False
    """Whether rows and rejects from `start` on go, because a line had been taken before it ended."""


def span_of(file: BinaryIO, artifact: Artifact, before: Before, now: float) -> Span | None:
    """What to read of a file; None when it is packed or no plain UTF-8, and can only be read whole.

    Args:
        file: its bytes; can seek.
        artifact: as it was listed.
        before: what the collection has of it.
        now: Unix seconds.
    """
    if not is_plain(_bytes(file, 0, 4)):
        return None
    size, mark = artifact.size, before.mark
    whole = _after_last_line(file, size)
    how = _how(file, size, before)
    start = mark.end if mark is not None and how == "grown" else 0
    was_taken = mark is not None and how == "grown" and mark.end + mark.rest == size
    is_idle = artifact.written is not None and not is_written_to(artifact, now)
    stop = size if was_taken or is_idle or before.is_unchanged else whole
    return Span(
        start,
        stop,
        how,
        before.generation + (how == "afresh"),
        _mark(file, whole, stop - whole),
        heals=how == "grown" and mark is not None and mark.rest > 0,
    )


def is_written_to(artifact: Artifact, now: float) -> bool:
    """Whether somebody may be in the middle of a line of it.

    Args:
        artifact: as it was listed.
        now: Unix seconds.
    """
    return artifact.written is not None and now - artifact.written < IDLE_SECONDS


def check_unchanged(file: BinaryIO, artifact: Artifact, span: Span) -> None:
    """Make sure that what was read is still what the file holds.

    Raises:
        SourceUnavailableError: somebody began it afresh meanwhile.
    """
    file.seek(artifact.size)
    file.read(1)
    if _mark(file, span.mark.end, span.mark.rest) != span.mark:
        raise SourceUnavailableError(f"{artifact.location}: it changed while it was read; the next run takes it whole")


class Part(io.RawIOBase):
    """Some bytes of a file as a stream."""

    def __init__(self, file: BinaryIO, span: Span) -> None:
        file.seek(span.start)
        self._file = file
        self._left = span.stop - span.start

    def read(self, size: int = -1, /) -> bytes:
        """Up to so many of them."""
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data


def _how(file: BinaryIO, size: int, before: Before) -> How:
    mark = before.mark
    if mark is None:
        return "anew"
    if mark.end <= size and (mark.head, mark.tail) == _ends(file, mark.end):
        return "grown"
    return "anew" if not before.held or _is_mended(file, mark) else "afresh"


def _is_mended(file: BinaryIO, mark: Mark) -> bool:
    """Whether a quarter of the lines noted are still there."""
    missing, wanted = set(mark.lines), len(mark.lines) * 3 / 4
    file.seek(0)
    for line in file:
        missing.discard(_digest_of_line(line))
        if len(missing) <= wanted:
            break
    return len(missing) <= wanted


def _mark(file: BinaryIO, end: int, rest: int) -> Mark:
    head, tail = _ends(file, end)
    first = _bytes(file, 0, min(end, _SAMPLE_BYTES)).splitlines(keepends=True)
    start = max(0, end - _SAMPLE_BYTES)
    last = _bytes(file, start, end - start).splitlines(keepends=True)
    return Mark(end, rest, head, tail, _noted([*first[:_SAMPLE_LINES], *last[-_SAMPLE_LINES:]]))


def _noted(lines: Iterable[bytes]) -> frozenset[str]:
    return frozenset(_digest_of_line(line) for line in lines if line.strip())


def _ends(file: BinaryIO, end: int) -> tuple[str, str]:
    """Digests of the first bytes, and of the last before an offset."""
    start = max(0, end - _TAIL_BYTES)
    return _digest(_bytes(file, 0, min(end, _HEAD_BYTES))), _digest(_bytes(file, start, end - start))


def _after_last_line(file: BinaryIO, size: int) -> int:
    """The offset after the last line end before `size`."""
    at = size
    while at > 0:
        start = max(0, at - _BLOCK_BYTES)
        found = _bytes(file, start, at - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        at = start
    return 0


def _bytes(file: BinaryIO, start: int, count: int) -> bytes:
    file.seek(start)
    return file.read(count)


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=8).hexdigest()


def _digest_of_line(line: bytes) -> str:
    return blake2b(line.rstrip(b"\r\n"), digest_size=4).hexdigest()
