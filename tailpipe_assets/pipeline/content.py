"""Content: the text of a file as something to be recognized, wherever it lies and whether it is packed or not."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

HEAD_BYTES = 1024
TAIL_BYTES = 4096
SAMPLE_BYTES = 64 * 1024
_SAMPLE_LINES = 8
_FROM, _PACKED = "from", "packed"


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a file was read, and what it was like."""

    end: int
    """The offset after the last whole line that was taken; in the unpacked text of a packed file."""

    rest: int
    """How many bytes were taken of a line whose end had not been written."""

    head: str
    tail: str
    """Digests of its first bytes, and of those before `end`."""

    lines: frozenset[str]
    """Digests of some of its lines."""

    packed: bool = False

    start: int | None = field(default=None, compare=False)
    """Where what was taken under its name begins: what comes before was taken under others. None where nobody noted."""

    def __str__(self) -> str:
        """As the ledger keeps it."""
        start = "" if self.start is None else f":{_FROM}{self.start}"
        kind = f":{_PACKED}" if self.packed else ""
        return f"{self.end}:{self.rest}:{self.head}:{self.tail}:{','.join(sorted(self.lines))}{start}{kind}"

    @classmethod
    def parse(cls, text: str) -> Mark | None:
        """What the ledger kept; None when it is nothing, or of something else than a file."""
        try:
            end, rest, head, tail, lines, *kinds = text.split(":")
            int(end), int(rest)
        except ValueError:
            return None
        start = next((int(each.removeprefix(_FROM)) for each in kinds if each.startswith(_FROM)), None)
        return cls(int(end), int(rest), head, tail, frozenset(filter(None, lines.split(","))), _PACKED in kinds, start)

    @staticmethod
    def has_more(text: str, size: int) -> bool:
        """Whether a plain file of so many bytes holds more than was taken of it, by what the ledger kept."""
        if not text or text.endswith(f":{_PACKED}"):
            return False
        end, rest, _ = text.split(":", 2)
        return int(end) + int(rest) < size


class Content(Protocol):
    """A text that can be asked about."""

    @property
    def size(self) -> int:
        """How many bytes."""

    @property
    def packed(self) -> bool:
        """Whether it was unpacked, so that offsets are not those of a file."""

    def part(self, start: int, count: int) -> bytes:
        """Some of it."""

    def lines(self) -> Iterator[bytes]:
        """All of it."""


@dataclass(frozen=True, slots=True)
class Seekable:
    """The first `size` bytes of a file, or of an unpacked text that is held whole."""

    file: BinaryIO
    size: int
    packed: bool = False

    def part(self, start: int, count: int) -> bytes:
        """Some of it."""
        self.file.seek(start)
        return self.file.read(max(0, min(count, self.size - start)))

    def lines(self) -> Iterator[bytes]:
        """All of it, and what was written since."""
        self.file.seek(0)
        # `yield from` would close the file with the generator.
        for line in self.file:  # noqa: UP028
            yield line

    @classmethod
    def of(cls, text: bytes) -> Seekable:
        """An unpacked text."""
        return cls(io.BytesIO(text), len(text), packed=True)


@dataclass(slots=True)
class Streamed:
    """A packed text too large to hold. It is unpacked once to be looked at, before it is unpacked to be read."""

    begin: Callable[[], Iterator[bytes]]
    size: int = 0
    packed: bool = True
    _first: bytes = b""
    _last: bytes = b""
    _tails: dict[int, bytes] = field(default_factory=dict)
    """By where they end."""

    _lines_end: int = 0
    """The offset after the last line end."""

    @classmethod
    def of(cls, begin: Callable[[], Iterator[bytes]], ends: Iterable[int]) -> Streamed:
        """Unpack a text, and remember what is before some offsets.

        Args:
            begin: unpacks it, from its first byte.
            ends: the offsets.

        Raises:
            BadArtifactError: it cannot be unpacked to its end.
        """
        made, wanted = cls(begin), sorted(set(ends))
        for block in begin():
            made._take(block, wanted)
        return made

    def drop_last_line(self) -> None:
        """Leave out a last line whose end is missing, because the text breaks off there."""
        self._last = self._last[: max(0, len(self._last) - (self.size - self._lines_end))]
        self._first = self._first[: self._lines_end]
        self.size = self._lines_end

    def part(self, start: int, count: int) -> bytes:
        """Some of it: near its start, its end or an offset that was asked for."""
        if start + count <= len(self._first):
            return self._first[start : start + count]
        if (kept := self._tails.get(start + count)) is not None:
            return kept[-count:]
        held = self.size - len(self._last)
        return self._last[max(0, start - held) : max(0, start - held + count)] if start >= held else b""

    def lines(self) -> Iterator[bytes]:
        """All of it."""
        rest = b""
        for block in self.begin():
            *whole, rest = (rest + block).split(b"\n")
            yield from whole
        yield rest

    def _take(self, block: bytes, wanted: list[int]) -> None:
        if len(self._first) < SAMPLE_BYTES:
            self._first += block[: SAMPLE_BYTES - len(self._first)]
        window = self._last + block
        before = self.size + len(block) - len(window)
        if end := block.rfind(b"\n") + 1:
            self._lines_end = self.size + end
        self.size += len(block)
        while wanted and wanted[0] <= self.size:
            end = wanted.pop(0) - before
            self._tails[end + before] = window[max(0, end - TAIL_BYTES) : end]
        self._last = window[-SAMPLE_BYTES:]


def mark_of(content: Content, end: int, rest: int) -> Mark:
    """The mark of a text that is taken up to an offset, and so many bytes of a line after it."""
    head, tail = ends_of(content, end)
    first = content.part(0, min(end, SAMPLE_BYTES)).splitlines(keepends=True)
    start = max(0, end - SAMPLE_BYTES)
    last = content.part(start, end - start).splitlines(keepends=True)
    noted = [*first[:_SAMPLE_LINES], *last[-_SAMPLE_LINES:]]
    lines = frozenset(_digest_of_line(line) for line in noted if line.strip())
    return Mark(end, rest, head, tail, lines, content.packed)


def begins_with(content: Content, mark: Mark) -> bool:
    """Whether a text begins with all that was taken under a mark."""
    return mark.end <= content.size and (mark.head, mark.tail) == ends_of(content, mark.end)


def may_become(content: Content, mark: Mark) -> bool:
    """Whether a text is shorter than what was taken under a mark, and begins with lines of it: a copy under way."""
    if content.size >= mark.end:
        return False
    *whole, _ = content.part(0, SAMPLE_BYTES).split(b"\n")
    found = {_digest_of_line(line) for line in whole[:_SAMPLE_LINES] if line.strip()}
    return bool(found) and found <= mark.lines


def still_has(content: Content, mark: Mark) -> bool:
    """Whether a quarter of the lines that were noted are in a text."""
    missing, wanted = set(mark.lines), len(mark.lines) * 3 / 4
    for line in content.lines():
        missing.discard(_digest_of_line(line))
        if len(missing) <= wanted:
            break
    return len(missing) <= wanted


def ends_of(content: Content, end: int) -> tuple[str, str]:
    """Digests of the first bytes, and of the last before an offset."""
    start = max(0, end - TAIL_BYTES)
    return _digest(content.part(0, min(end, HEAD_BYTES))), _digest(content.part(start, end - start))


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=8).hexdigest()


def _digest_of_line(line: bytes) -> str:
    return blake2b(line.rstrip(b"\r\n"), digest_size=4).hexdigest()
