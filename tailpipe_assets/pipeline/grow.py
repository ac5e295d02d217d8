"""Files that others may be writing to: where to go on in one, and what to leave for the next time.

The rule, for a text file read line by line that has changed since it was collected:

- It has **grown** when it holds all that was taken of it: it is as long at least, and the first kilobyte and the last
  four before the end of what was taken are what they were. What follows is read, and its rows are added.
- It was **mended** when at least a quarter of the lines that were noted of it, eight at its start and eight at its end,
  are in it still, when none of its lines had become a row, or when it is packed and not one of a rotated family. It is
  read from its start and its rows are replaced.
- Else it was begun **afresh**, as `copytruncate` does it: the lines that were taken are gone from it. Their rows stay,
  being all that is left of those lines, and it is read from its start as another generation, so that neither ids nor
  replacements ever mix the two up.

What follows a content that lay under another name of the family is added likewise: see `rotation`. The names changed,
not the lines. So no line is lost or doubled whichever of these happened. Only whole lines are taken. What follows the
last line end is left, unless nobody has written to the file for a minute, or not since the last run. Should it go on
after all, it is read again as part of its line, and takes the place of its row.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

from tailpipe_assets.pipeline.content import Mark, Seekable, begins_with, mark_of, still_has
from tailpipe_assets.pipeline.rotation import Generation, Relatives
from tailpipe_resources.errors import SourceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailpipe_assets.pipeline.content import Content
    from tailpipe_assets.pipeline.rotation import Taken
    from tailpipe_resources.lake.intent import How
    from tailpipe_resources.model.artifact import Artifact

IDLE_SECONDS = 60.0
"""A file that was not written to for so long has come to its end."""

_BLOCK_BYTES = 64 * 1024
ALONE = Relatives()


@dataclass(frozen=True, slots=True)
class Before:
    """What a collection has of a file."""

    generation: int = 0
    mark: Mark | None = None
    """How far it was read; None where that is not known."""

    relatives: Relatives = ALONE

    held: bool = False
    """Whether rows of it are in the lake."""

    is_unchanged: bool = False
    """Whether nobody has written to it since it was read."""

    again: bool = False
    """Whether it is to be read from its start, whatever was taken of it, and its rows are to be brought anew."""

    @property
    def marks(self) -> frozenset[Mark]:
        """Of all that it may hold."""
        return self.relatives.marks if self.mark is None else self.relatives.marks | {self.mark}

    taken: str = ""
    """Of an artifact that is asked for: what its source said last time about what was taken."""

    version: str = ""
    """The same artifact's version then."""


@dataclass(frozen=True, slots=True)
class Span:
    """What is to be read of a file; of a packed one, in its unpacked text."""

    start: int
    stop: int
    how: How
    generation: int
    mark: Mark
    """How it will have been read then."""

    heals: bool = False
    """Whether rows and rejects from `start` on go, because a line had been taken before it ended."""

    moved: frozenset[tuple[Generation, int]] = frozenset()
    """What goes of its lines where they lay before, from these offsets on: they are brought anew from here."""


def span_of(content: Content, before: Before, *, is_ended: bool) -> Span:
    """What to read of a file.

    Args:
        content: its text.
        before: what the collection has of it.
        is_ended: whether its last line counts though it has no end, because nobody will write to it any more.
    """
    size = content.size
    whole = _after_last_line(content)
    moved, how, known = None, *_how(content, before)
    if before.again and (moved := _moved(content, before)) is not None:
        # Whoever rewrote a file that nothing rotates, and has it read again, wants the old rows replaced.
        how, known = "afresh" if how == "afresh" and before.relatives.is_rotated else "anew", None
    start = 0 if known is None else known.end
    was_taken = known is not None and known.end + known.rest == size
    stop = size if was_taken or is_ended or before.is_unchanged else whole
    is_own = known is not None and known == before.mark
    if was_taken and not is_own:
        start = size
    begun = before.mark.start if before.mark is not None and is_own else start
    return Span(
        min(start, stop),
        stop,
        how,
        before.generation + (how == "afresh"),
        replace(mark_of(content, whole, stop - whole), start=begun),
        heals=is_own and how == "grown" and known is not None and known.rest > 0,
        moved=_unfinished(content, before, start) if moved is None and start < stop else moved or frozenset(),
    )


def taken_as(location: str, content: Content, before: Before) -> Taken:
    """Where rows of what a file holds lie already.

    Args:
        location: where it lies.
        content: its text.
        before: what the collection has of it and of its relatives.
    """
    found = {(each.location, each.number) for each in before.relatives.all if begins_with(content, each.mark)}
    if before.mark is not None and before.mark.end and begins_with(content, before.mark):
        found.add((location, before.generation))
    return frozenset(found)


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
    if mark_of(Seekable(file, artifact.size), span.mark.end, span.mark.rest) != span.mark:
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


def _moved(content: Content, before: Before) -> frozenset[tuple[Generation, int]] | None:
    """All that lies under other names, or as an older generation, of what a file holds.

    None where something of it may lie where nobody knows any more. Brought anew, it would be there twice.
    """
    found = {each for each in before.relatives.all if begins_with(content, each.mark)}
    is_own = before.mark is not None and begins_with(content, before.mark)
    marks = [each.mark for each in found] + ([before.mark] if before.mark is not None and is_own else [])
    is_all = before.relatives.is_whole or not found or _reaches(marks) >= max(mark.end for mark in marks)
    return frozenset((each, 0) for each in found if each.number >= 0) if is_all else None


def _unfinished(content: Content, before: Before, start: int) -> frozenset[tuple[Generation, int]]:
    """Of a line that begins here, what was taken under other names before it ended."""
    found = (each for each in before.relatives.all if each.mark.end == start and each.mark.rest)
    return frozenset((each, start) for each in found if each.number >= 0 and begins_with(content, each.mark))


def _reaches(marks: Iterable[Mark]) -> int:
    """How far a text was taken from its start, as far as it is noted where each reading of it began."""
    reached = 0
    for start, end in sorted((mark.start, mark.end) for mark in marks if mark.start is not None):
        reached = max(reached, end) if start <= reached else reached
    return reached


def _how(content: Content, before: Before) -> tuple[How, Mark | None]:
    """What a file is to what was taken before, and what of its content was."""
    own = before.mark
    found = [mark for mark in before.marks if begins_with(content, mark)]
    # Of the same length, its own tells of a line that was taken before its end.
    furthest = max(found, key=lambda mark: (mark.end, mark == own), default=None)
    if own is not None and own in found:
        return "grown", furthest
    if own is None or not before.held or (furthest is None and _is_mended(content, own, before)):
        return "anew", furthest
    return "afresh", furthest


def _is_mended(content: Content, own: Mark, before: Before) -> bool:
    """Whether a file with other lines takes the place of what it was; no writer begins a packed one afresh."""
    return (content.packed and not before.relatives.is_rotated) or still_has(content, own)


def _after_last_line(content: Content) -> int:
    """The offset after the last line end; of a packed text that ends in a very long line, its size."""
    at = content.size
    while at > 0:
        start = max(0, at - _BLOCK_BYTES)
        found = content.part(start, at - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        if content.packed:
            return content.size
        at = start
    return 0
