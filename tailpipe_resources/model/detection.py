"""Detections: rules over the rows of a table, as the configuration says them."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tailpipe_resources.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tailpipe_resources.model.place import Place

MITRE_ID = re.compile(r"TA\d{4}(:T\d{4}(\.\d{3})?)?|T\d{4}(\.\d{3})?")
"""How a tactic or a technique of MITRE ATT&CK is written."""

PACK_TYPES = ("mod", "sigma")
"""What rules that others wrote may be written in."""

HOUR = timedelta(hours=1)
WARNED_BEFORE = timedelta(days=14)
"""For so long before it ends an exception or a suppression warns of it."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """Rows that matter only when there are many of them, close together in time and alike."""

    window: timedelta
    group_by: tuple[str, ...] = ()
    """SQL; what rows that count together have in common. Rows of which one is NULL are not counted."""

    count: int | None = None
    """So many rows."""

    distinct: str | None = None
    """SQL: at least `least` different values."""

    sum: str | None = None
    """SQL: values that come to at least `least` together."""

    least: float = 0


@dataclass(frozen=True, slots=True)
class Dedupe:
    """Which findings of a detection are one alert."""

    by: tuple[str, ...] = ()
    """SQL; the actor when there is none."""

    window: timedelta = HOUR


@dataclass(frozen=True, slots=True)
class Exemption:
    """An `exception` of one detection or a `suppression` of several: rows whose findings are kept, and told nobody."""

    name: str
    where: str
    reason: str
    place: Place
    where_place: Place
    starts: datetime | None = None
    expires: datetime | None = None
    detections: tuple[str, ...] = ("*",)
    """Names, or shell wildcards."""

    table: str = ""
    is_suppression: bool = False

    @property
    def shown(self) -> str:
        """It and its reason, as findings keep them."""
        return f'{"suppression" if self.is_suppression else "exception"} "{self.name}": {self.reason}'

    def acts(self, now: datetime) -> bool:
        """Whether it counts at this time."""
        return (self.starts is None or self.starts <= now) and (self.expires is None or now < self.expires)


@dataclass(frozen=True, slots=True)
class DetectionTest:
    """An event, and whether the detection must find it."""

    name: str
    expect: bool
    place: Place
    events: tuple[Mapping[str, Any], ...] = ()
    """Rows, by column."""

    raw: str | None = None
    """Or text in the source's format, which the table's own parser reads."""

    ignore_exceptions: bool = False


@dataclass(frozen=True, slots=True)
class Detection:
    """`detection "<table>" "<name>"`."""

    table: str
    name: str
    place: Place
    where: str | None = None
    sql: str | None = None
    query: str | None = None
    sigma: str | None = None
    severity: Severity = Severity.MEDIUM
    title: str = ""
    description: str = ""
    mitre: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    threshold: Threshold | None = None
    schedule: str | None = None
    lookback: timedelta | None = None
    full_scan: bool = False
    partitions: tuple[str, ...] = ()
    """Collections of the table; all when there is none."""

    actor: str | None = None
    resource: str | None = None
    columns: tuple[str, ...] = ()
    """What an alert shows; all of the row when there is none."""

    column_names: tuple[str, ...] = ()
    """What it calls them; their SQL when there is none."""

    dedupe: Dedupe = field(default_factory=Dedupe)
    exceptions: tuple[Exemption, ...] = ()
    tests: tuple[DetectionTest, ...] = ()
    enabled: bool = True
    alert: bool = True
    asset_check: bool = False
    pack: str = ""
    """`{type}.{name}` of the pack it came with."""

    asks_table: bool = False
    """Whether `where` holds a query over the table, by its name."""

    places: Mapping[str, Place] = field(default_factory=dict, compare=False)
    """Where its parts are written: `where`, `threshold.count`, ..."""

    @property
    def address(self) -> str:
        """What findings call it."""
        return f"{self.pack}.{self.name}" if self.pack else f"{self.table}.{self.name}"

    @property
    def kind(self) -> str:
        """`match`, `threshold` or `scheduled`."""
        if self.sql is not None or self.query is not None:
            return "scheduled"
        return "match" if self.threshold is None else "threshold"

    @property
    def definition_hash(self) -> str:
        """Changes with what it looks for."""
        said = [self.table, self.where, self.sql, self.query, self.sigma, int(self.severity)]
        counted = None if self.threshold is None else asdict(self.threshold)
        text = json.dumps([said, counted, [each.where for each in self.exceptions]], default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def place_of(self, part: str) -> Place:
        """Where a part of it is written; the block's own place when it is not."""
        return self.places.get(part, self.place)

    def covers(self, collection: str) -> bool:
        """Whether it looks at the rows of a collection of its table."""
        return not self.partitions or collection in self.partitions


@dataclass(frozen=True, slots=True)
class DetectionOverride:
    """`detection_override "<address>"`: what is to be otherwise about a detection, whoever wrote it."""

    address: str
    place: Place
    severity: Severity | None = None
    enabled: bool | None = None
    alert: bool | None = None
    asset_check: bool | None = None


@dataclass(frozen=True, slots=True)
class DetectionPack:
    """`detection_pack "<type>" "<name>"`: rules that somebody else wrote."""

    type: str
    name: str
    place: Place
    path: str
    """Absolute."""

    options: Mapping[str, Any] = field(default_factory=dict)
    """Its other attributes, as written."""


@dataclass(frozen=True, slots=True)
class Detections:
    """All rules of a configuration."""

    detections: tuple[Detection, ...] = ()
    suppressions: tuple[Exemption, ...] = ()
    overrides: tuple[DetectionOverride, ...] = ()
    packs: tuple[DetectionPack, ...] = ()
