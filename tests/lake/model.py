"""What a lake must hold after any history of a collection: a model in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

DAYS = (date(2024, 2, 7), date(2024, 2, 8))

Row = tuple[str, int]
"""An artifact's location, and a number that tells its version as well."""


@dataclass(frozen=True, slots=True)
class Content:
    """One version of an artifact: so many rows on each day, and so many rejects."""

    rows: tuple[int, ...]
    rejects: int = 0
    broken: bool = False


@dataclass
class Model:
    """What the lake must hold."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    rejects: dict[str, int] = field(default_factory=dict)
    known: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    """Version, status and rows held, by location."""

    def take(self, location: str, version: str, content: Content, rows: list[Row]) -> None:
        """An artifact was collected."""
        if not content.broken:
            self.rows[location] = rows
        held = len(self.rows.get(location, []))
        self.rejects[location] = content.rejects
        self.known[location] = (version, "quarantined" if content.broken else "ok", held)

    def forget(self, days: frozenset[date] | None) -> None:
        """Days were deleted; or everything, when none are given."""
        if days is None:
            self.rows, self.rejects, self.known = {}, {}, {}
            return
        gone = {DAYS.index(day) for day in days}
        self.rows = {
            name: [row for row in rows if row[1] % 1000 // 100 not in gone] for name, rows in self.rows.items()
        }
        self.known = {name: (*each[:2], len(self.rows.get(name, []))) for name, each in self.known.items()}
        if DAYS[0] in days:
            self.rejects = {}
