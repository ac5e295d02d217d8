"""The stretch of time a path tells of."""

from __future__ import annotations

import re
from calendar import month_abbr
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_resources.model.window import Window

TIME_GROUPS: Final = ("year", "month", "day", "hour", "minute", "second")
"""The groups of a layout that make up its time, coarsest first."""

_MONTHS = {name.lower(): number for number, name in enumerate(month_abbr) if name}
_STEPS = {
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
}
_CENTURY = 2000


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` up to but not including `end`, UTC; both None when nothing is known."""

    start: datetime | None = None
    end: datetime | None = None

    def meets(self, window: Window) -> bool:
        """Whether any of it may be selected."""
        return self.start is None or self.end is None or window.overlaps(self.start, self.end)

    def is_inside(self, window: Window) -> bool:
        """Whether all of it is selected for certain."""
        begins = window.start is None or (self.start is not None and window.start <= self.start)
        ends = window.end is None or (self.end is not None and self.end <= window.end)
        return begins and ends


def span(groups: Mapping[str, str]) -> Span | None:
    """The time told by the groups from the year down to the first one missing; None when there is no such date."""
    told = tuple(takewhile(bool, (groups.get(name, "") for name in TIME_GROUPS)))
    return _span(told) if told else Span()


@lru_cache(4096)
def _span(told: tuple[str, ...]) -> Span | None:
    try:
        start = _start([_number(name, text) for name, text in zip(TIME_GROUPS, told, strict=False)])
        return Span(start, _following(start, TIME_GROUPS[len(told) - 1]))
    except (ValueError, OverflowError):
        return None


def _start(numbers: list[int]) -> datetime:
    year, month, day, hour, minute, second = (*numbers, *(0, 1, 1, 0, 0, 0)[len(numbers) :])
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _following(start: datetime, finest: str) -> datetime:
    if finest == "year":
        return start.replace(year=start.year + 1)
    if finest == "month":
        return (start + timedelta(days=31)).replace(day=1)
    return start + _STEPS[finest]


def _number(name: str, text: str) -> int:
    if name == "month" and text[:3].lower() in _MONTHS:
        return _MONTHS[text[:3].lower()]
    number = int(re.split(r"[:.,]", text, maxsplit=1)[0])
    if name == "year" and len(text) == 2:
        return number + _CENTURY
    return min(number, 59) if name == "second" else number
