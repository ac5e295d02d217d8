"""Rules: detections that were tried against their tables, with everything that is said about them elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tailpipe_resources.model.detection import Detection, Exemption
    from tailpipe_resources.model.place import Place
    from tailpipe_resources.model.schema import Column


@dataclass(frozen=True, slots=True)
class RuleTable:
    """What rules may name of a table, and what an alert shows of its rows unless they say."""

    name: str
    columns: tuple[Column, ...]
    """All that a query sees."""

    actor: str = "NULL"
    """SQL: who did it."""

    resource: str = "NULL"
    """SQL: what it was done to."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What the query of a scheduled rule gives."""

    columns: tuple[Column, ...]
    is_by_row: bool = False
    """Whether each of its rows hangs on one row of one table alone, so that many windows can be asked as one."""

    clock: str = "tp_timestamp"
    """The column by which rows belong to a window: when they happened, or came in."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One detection, ready to be evaluated."""

    detection: Detection
    table: RuleTable
    exemptions: tuple[Exemption, ...] = ()
    """Its exceptions, then the suppressions that mean it."""

    answers: Answers | None = None
    """Of a rule that is asked by a schedule."""

    @property
    def actor(self) -> str:
        """SQL for who did it."""
        return self.detection.actor or self.table.actor

    @property
    def resource(self) -> str:
        """SQL for what it was done to."""
        return self.detection.resource or self.table.resource

    @property
    def dedupe_by(self) -> tuple[str, ...]:
        """SQL for what findings of one alert have in common."""
        counted = self.detection.threshold
        return self.detection.dedupe.by or (counted.group_by if counted else ()) or (self.actor,)

    def acting(self, now: datetime) -> tuple[Exemption, ...]:
        """The exemptions that count at this time."""
        return tuple(each for each in self.exemptions if each.acts(now))


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules that look at the rows of one collection as they come in."""

    table: RuleTable
    collection: str
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A rule of a pack that does not run."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class PackLoaded:
    """What became of the rules of a pack."""

    address: str
    """`{type}.{name}`, with which the addresses of its detections begin."""

    place: Place
    count: int
    kept: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How many for which choice of the configuration: `excluded`, `below medium`, `status experimental`."""

    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def skips(self) -> tuple[str, ...]:
        """Each rule that does not run, with the reason."""
        start = f"{self.place}: detection_pack.{self.address}: skipped {len(self.skipped)} of {self.count}"
        return tuple(f"{start}: {each.file}: {each.reason}" for each in self.skipped)


@dataclass(frozen=True, slots=True)
class Bound:
    """All rules of a configuration, tried."""

    rules: tuple[Rule, ...] = ()
    """Disabled ones included, in the order written."""

    warnings: tuple[str, ...] = ()
    packs: tuple[PackLoaded, ...] = ()

    def of(self, table: RuleTable, collection: str) -> RuleSet:
        """The rules for the rows of one collection."""
        return RuleSet(
            table,
            collection,
            tuple(
                each
                for each in self.rules
                if each.detection.enabled
                and each.detection.kind != "scheduled"
                and each.detection.table == table.name
                and each.detection.covers(collection)
            ),
        )

    def scheduled(self) -> tuple[Rule, ...]:
        """The rules that are asked by a schedule."""
        return tuple(each for each in self.rules if each.detection.enabled and each.detection.kind == "scheduled")


def is_meant(suppression: Exemption, detection: Detection) -> bool:
    """Whether a suppression is about a detection."""
    if suppression.table != detection.table:
        return False
    names = (detection.name, detection.address)
    return any(fnmatchcase(name, pattern) for name in names for pattern in suppression.detections)
