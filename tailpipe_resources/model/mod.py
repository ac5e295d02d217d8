"""Mods: folders of detections, queries and benchmarks that somebody wrote to be used by others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_resources.model.place import Place


@dataclass(frozen=True, slots=True)
class Skipped:
    """A rule of a pack that is not used, and why."""

    rule: str
    place: Place
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.rule}: {self.reason}"


@dataclass(frozen=True, slots=True)
class ModDetection:
    """`detection "<name>"` of a mod, with the query it asks."""

    name: str
    place: Place
    sql: str
    sql_place: Place
    title: str = ""
    description: str = ""
    documentation: str = ""
    severity: str = ""
    """As written."""

    tags: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    """Those of the query's result that are to be shown."""


@dataclass(frozen=True, slots=True)
class Mod:
    """What is in a mod's folder."""

    name: str
    path: str
    title: str = ""
    description: str = ""
    version: str = ""
    detections: tuple[ModDetection, ...] = ()
    benchmarks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What each holds: `detection.<name>` and `benchmark.<name>`, in the order written."""

    queries: int = 0
    skipped: tuple[Skipped, ...] = ()
    notices: tuple[str, ...] = ()
    """What was passed over on purpose."""

    def of_benchmarks(self, names: tuple[str, ...]) -> frozenset[str]:
        """The detections in these benchmarks, and in those within them."""
        waiting, seen, found = [f"benchmark.{name}" for name in names], set[str](), set[str]()
        while waiting:
            kind, _, name = (address := waiting.pop()).partition(".")
            if kind == "detection":
                found.add(name)
            elif address not in seen:
                seen.add(address)
                waiting.extend(self.benchmarks.get(name, ()))
        return frozenset(found)
