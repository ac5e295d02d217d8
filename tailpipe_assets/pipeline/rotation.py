"""Rotation: a log that goes on under another name, and how not to take it twice.

Log files that are rotated together are a **family**: `access.log`, `access.log.1`, `access.log.2.gz`,
`access.log-20240201`, `access-2024-02-01.log`. What lies under a name of a family may be what lay under another one
before, moved by a rename, copied by `copytruncate`, or packed since. It is recognized by its content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.content import HEAD_BYTES, Content, Mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
class Relatives:
    """What is known of the other names of a family."""

    beside: frozenset[Mark] = frozenset()
    """How far what lies under them was read."""

    former: frozenset[Mark] = frozenset()
    """The same of what lay under them before, and under this one."""

    is_rotated: bool = True
    """Whether there are others, or the name tells of rotation itself."""

    @property
    def marks(self) -> frozenset[Mark]:
        """All of it."""
        return self.beside | self.former


class Families:
    """What a ledger knows of families: how far each content of theirs was read."""

    def __init__(self, known: Mapping[str, Known]) -> None:
        self._known = known
        self._found: dict[str, list[tuple[str, Known]]] | None = None

    def of(self, location: str) -> Relatives:
        """What is known of the other names in a file's family."""
        if self._found is None:
            self._found = {}
            for place, known in self._known.items():
                if known.marks:
                    self._found.setdefault(family_of(place), []).append((place, known))
        family = self._found.get(family_of(location), ())
        beside = _marks(known.mark for place, known in family if place != location)
        former = _marks(text for _, known in family for text in known.marks[1:])
        return Relatives(beside, former, bool(beside) or family_of(location) != _PACKED.sub("", location))


def _marks(texts: Iterable[str]) -> frozenset[Mark]:
    return frozenset(mark for text in texts if (mark := Mark.parse(text)) is not None and mark.end)


class Contents:
    """What a pass has read of families. A content is taken from one place in a pass, whatever is moved meanwhile."""

    def __init__(self) -> None:
        self._heads: dict[str, dict[str, bytes]] = {}
        self._lock = Lock()

    def admit(self, location: str, content: Content) -> bool:
        """Whether this is the first place it is met in. Two whose beginnings are alike may be the same."""
        head = content.part(0, min(content.size, HEAD_BYTES))
        if not head:
            return True
        with self._lock:
            heads = self._heads.setdefault(family_of(location), {})
            if any(place != location and _alike(head, other) for place, other in heads.items()):
                return False
            heads[location] = head
            return True


def _alike(one: bytes, other: bytes) -> bool:
    return one.startswith(other) or other.startswith(one)
