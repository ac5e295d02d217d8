"""Rotation: a log that goes on under another name, and how not to take it twice.

Log files that are rotated together are a **family**: `access.log`, `access.log.1`, `access.log.2.gz`,
`access.log-20240201`, `access-2024-02-01.log`. What lies under a name of a family may be what lay under another one
before, moved by a rename, copied by `copytruncate`, or packed since. It is recognized by its content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.content import HEAD_BYTES, Content, Mark
from tailpipe_resources.lake.known import FORMER
from tailpipe_resources.model.artifact import generation_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_resources.lake.known import Known

_PACKED = re.compile(r"\.(gz|bz2|xz|zst|lz4|Z)$")
_TURN = re.compile(r"(\.\d{1,3}|[-_.]\d{4}-?\d\d-?\d\d([-_.T]?\d\d([-_.:]?\d\d){0,2})?|[-_.]\d{10})(?=(\.[A-Za-z]+)?$)")
"""What rotation adds to a name: a number, a day, a day and a time, or Unix seconds; at its end or before a suffix."""


def family_of(location: str) -> str:
    """What the names of one rotated log have in common, folder included."""
    folder, _, name = location.rpartition("/")
    name = _PACKED.sub("", name)
    while (shorter := _TURN.sub("", name)) not in {"", name}:
        name = shorter
    return f"{folder}/{name}"


@dataclass(frozen=True, slots=True)
class Generation:
    """A content that was taken, and where its rows lie."""

    location: str
    number: int
    mark: Mark
    """How far it was read."""


@dataclass(frozen=True, slots=True)
class Relatives:
    """What is known of the other names of a family."""

    beside: frozenset[Generation] = frozenset()
    """What lies under them."""

    former: frozenset[Generation] = frozenset()
    """What lay under them before, and under this one."""

    is_whole: bool = True
    """Whether that is all, and nothing was forgotten."""

    is_rotated: bool = True
    """Whether there are others, or the name tells of rotation itself."""

    @property
    def all(self) -> frozenset[Generation]:
        """Both."""
        return self.beside | self.former

    @property
    def marks(self) -> frozenset[Mark]:
        """How far all of it was read."""
        return frozenset(each.mark for each in self.all)


Taken = frozenset[tuple[str, int]]
"""Generations, by location and number."""


class Families:
    """What a ledger knows of families: how far each content of theirs was read."""

    def __init__(self, known: Mapping[str, Known]) -> None:
        self._known = known
        self._members: dict[str, list[str]] | None = None
        self._found: dict[str, Relatives] = {}
        """By family: what is known of all of its names."""

    def of(self, location: str) -> Relatives:
        """What is known of the other names in a file's family."""
        family = family_of(location)
        if family not in self._found:
            self._found[family] = self._read(family)
        found = self._found[family]
        beside = frozenset(each for each in found.beside if each.location != location)
        return replace(found, beside=beside, is_rotated=bool(beside) or family != _PACKED.sub("", location))

    def _read(self, family: str) -> Relatives:
        if self._members is None:
            self._members = {}
            for place, known in self._known.items():
                if known.marks:
                    self._members.setdefault(family_of(place), []).append(place)
        places = self._members.get(family, ())
        found = [_generations(place, self._known[place]) for place in places]
        return Relatives(
            beside=frozenset(each for first, *_ in found for each in first),
            former=frozenset(each for _, *others in found for other in others for each in other),
            is_whole=all(len(self._known[place].marks) <= FORMER for place in places),
        )


def _generations(location: str, known: Known) -> list[list[Generation]]:
    """What lies in a place, and what lay there before, newest first; empty where nothing was taken of it.

    What takes the place of something without rows does not begin another generation, and is remembered all the same.
    So the numbers of what came before that are too low. Those generations have no rows either.
    """
    newest, found = generation_of(known.version), [Mark.parse(text) for text in known.marks]
    return [
        [Generation(location, newest - age, mark)] if mark is not None and mark.end else []
        for age, mark in enumerate(found)
    ]


class Contents:
    """What a pass has read of families. A content is taken from one place in a pass, whatever is moved meanwhile."""

    def __init__(self) -> None:
        self._met: dict[str, dict[str, tuple[bytes, Taken | None]]] = {}
        """By family and location: how each begins, and what it was known as."""
        self._lock = Lock()

    def admit(self, location: str, content: Content, taken: Taken | None = None) -> bool:
        """Whether this is the first place it is met in. Two whose beginnings are alike may be the same.

        Args:
            location: the place.
            content: what it holds.
            taken: where its rows lie, which tells it from others; None where nobody has looked.
        """
        head = content.part(0, min(content.size, HEAD_BYTES))
        if not head:
            return True
        with self._lock:
            met = self._met.setdefault(family_of(location), {})
            alike = [known for place, (other, known) in met.items() if place != location and _alike(head, other)]
            if any(not taken or known is None or taken & known for known in alike):
                return False
            _, known = met.get(location, (head, taken))
            met[location] = (head, None if taken is None or known is None else taken | known)
            return True


def _alike(one: bytes, other: bytes) -> bool:
    return one.startswith(other) or other.startswith(one)
