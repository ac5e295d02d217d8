"""Listings: what lies at a place, in families of names that differ in numbers only, and a few of each to look at."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from glob import escape
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from tailpipe_resources.model.window import Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailpipe_resources.model.artifact import Artifact
    from tailpipe_resources.sources.base import Source

T = TypeVar("T")

MOST = 10_000
"""No more artifacts are listed."""

HEADS = 20
_OF_A_FOLDER = 8
_NUMBERED = re.compile(r"\d[A-Za-z0-9]*")
_PACKED = {".gz", ".zst", ".bz2"}


@dataclass(slots=True)
class Family:
    """Artifacts of one folder and ending, numbers in the folder's name aside."""

    folder: str
    ending: str
    artifacts: list[Artifact] = field(default_factory=list)

    @property
    def some(self) -> list[Artifact]:
        """A few of them from all over, no two of one kind of name as long as there are others."""
        filled = [each for each in self.artifacts if each.size or each.is_asked]
        kinds: dict[str, Artifact] = {}
        for each in filled:
            kinds.setdefault(_numberless(each.location), each)
        chosen = spread(list(kinds.values()), _OF_A_FOLDER)
        taken = {each.location for each in chosen}
        others = [each for each in filled if each.location not in taken]
        return [*chosen, *spread(others, _OF_A_FOLDER - len(chosen))]


@dataclass(frozen=True, slots=True)
class Listing:
    """What was listed."""

    families: tuple[Family, ...]
    count: int
    is_whole: bool
    """Whether nothing else is there."""

    @property
    def some(self) -> list[Artifact]:
        """A few artifacts, at least one of each family as far as that goes."""
        queues = [list(each.some) for each in spread(self.families, HEADS)]
        chosen: list[Artifact] = []
        while len(chosen) < HEADS and any(queues):
            chosen += [queue.pop(0) for queue in queues if queue]
        return chosen[:HEADS]

    def family(self, artifact: Artifact) -> Family:
        """The family an artifact is of."""
        folder, ending = _place(artifact.location)
        return next(each for each in self.families if (each.folder, each.ending) == (folder, ending))

    def unseen(self, some: Sequence[Artifact], sorts: Sequence[Sequence[Artifact]]) -> tuple[str, ...]:
        """Places of which none of some artifacts is, and kinds of names in the places of which some are.

        Args:
            some: those that were looked at.
            sorts: the same by what they hold. A kind of name that holds several tells nothing of the others.
        """
        seen = {_kind(each.location) for each in some}
        looked_at, places = {each.location for each in some}, {_place(each.location) for each in some}
        left = [each for each in self.families if (each.folder, each.ending) not in places]
        others = {
            _kind(each.location)
            for family in self.families
            for each in family.artifacts
            if each.size and each.location not in looked_at
        }
        counts = Counter(kind for sort in sorts for kind in {_kind(each.location) for each in sort})
        told_apart = {kind for kind, count in counts.items() if count > 1}
        missed = sorted(each for each in others - (seen - told_apart) if _place(each) in places)
        return (*(f"{each.folder}/*{each.ending}" for each in left if any(one.size for one in each.artifacts)), *missed)


def listing(source: Source) -> Listing:
    """What a source has, up to a limit.

    Raises:
        SourceError: it cannot be listed.
    """
    families: dict[tuple[str, str], Family] = {}
    found = list(islice(source.artifacts(Window()), MOST + 1))
    for artifact in found[:MOST]:
        place = _place(artifact.location)
        families.setdefault(place, Family(*place)).artifacts.append(artifact)
    return Listing(tuple(families.values()), min(len(found), MOST), len(found) <= MOST)


def spread(values: Sequence[T], count: int) -> list[T]:
    """So many of some values, from all over."""
    if len(values) <= count or count < 1:
        return list(values[:count])
    return [values[place * (len(values) - 1) // max(1, count - 1)] for place in range(count)]


def pattern_of(location: str, root: str = "") -> str:
    """A path with `*` for its numbers, those of the root aside; all else in it stands for itself."""
    return escape(root) + "*".join(map(escape, _NUMBERED.split(location.removeprefix(root))))


def common_prefix(artifacts: Sequence[Artifact], *, are_alone: bool) -> str:
    """What all their locations begin with.

    Args:
        artifacts: which.
        are_alone: whether nothing else lies in their folders, so that the folder will do.
    """
    locations = [each.location for each in artifacts]
    first, last = min(locations), max(locations)
    same = next(
        (place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first)
    )
    if are_alone:
        return first[: first.rfind("/", 0, same) + 1]
    return re.sub(r"\d[A-Za-z0-9]*$", "", first[:same]) if len(locations) > 1 else _numberless(first).split("*")[0]


def _place(location: str) -> tuple[str, str]:
    folder, _, name = location.rpartition("/")
    endings = [each for each in PurePosixPath(name).suffixes if each not in _PACKED and not each[1:].isdigit()]
    return _numberless(folder), endings[-1] if endings and not re.search(r"\d", endings[-1]) else ""


def _kind(location: str) -> str:
    return re.sub(r"\*+", "*", _numberless(location))


def _numberless(text: str) -> str:
    return _NUMBERED.sub("*", text)
