"""Windows of time that select artifacts, and the words users type for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from tailpipe_resources.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

_RELATIVE = re.compile(r"T-(\d+)([YmWdHM])")
_DURATION = re.compile(r"(\d+)([WdHhM])")
_UNITS = {"W": timedelta(weeks=1), "d": timedelta(days=1), "H": timedelta(hours=1), "M": timedelta(minutes=1)}


@dataclass(frozen=True, slots=True)
class Window:
    """Instants from `start` up to but not including `end`, UTC. None leaves that side open."""

    start: datetime | None = None
    end: datetime | None = None

    def __contains__(self, instant: datetime | None) -> bool:
        """Whether an artifact of this time is selected. One without a time always is."""
        if instant is None:
            return True
        return (self.start is None or self.start <= instant) and (self.end is None or instant < self.end)

    def earlier(self, span: timedelta) -> Window:
        """The same window, begun earlier by a span of time."""
        if self.start is None or not span:
            return self
        try:
            return Window(self.start - span, self.end)
        except OverflowError:
            return Window(None, self.end)

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Whether any instant from `start` up to `end` is inside."""
        return (self.end is None or start < self.end) and (self.start is None or self.start < end)

    def has_whole(self, day: date) -> bool:
        """Whether all of a UTC day is inside."""
        return (self.start is None or self.start <= midnight(day)) and (self.end is None or end_of(day) <= self.end)

    @classmethod
    def of_days(cls, first: date, last: date) -> Window:
        """Whole UTC days, both included."""
        return cls(midnight(first), end_of(last))


def midnight(day: date) -> datetime:
    """The first instant of a UTC day."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def end_of(day: date) -> datetime:
    """The first instant after a UTC day; the calendar's last instant for its last day."""
    return datetime.max.replace(tzinfo=UTC) if day == date.max else midnight(day + timedelta(days=1))


def shifted(instant: datetime, span: timedelta) -> datetime:
    """An instant of UTC moved by a span of time, no further than the calendar goes."""
    try:
        return instant + span
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if span > timedelta() else datetime.min.replace(tzinfo=UTC)


Span = tuple[datetime, datetime]
"""From when to when."""


def merged(spans: Iterable[Span], pause: timedelta = timedelta()) -> list[Span]:
    """Spans in order and as few as possible: those between which there is no more than a pause are one."""
    found: list[Span] = []
    for first, last in sorted(spans):
        if found and first - found[-1][1] <= pause:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def parse_time(text: str, now: datetime, zone: tzinfo = UTC) -> datetime:
    """A time as users type it: an ISO date, an ISO date and time, or `T-7d` before now.

    Units of the relative form, as in Turbot's Tailpipe: Y years, m months, W weeks, d days, H hours, M minutes.
    A time without a zone is of the one given.

    Raises:
        UsageError: when it is none of these.
    """
    relative = _RELATIVE.fullmatch(text)
    if relative is not None:
        try:
            return _before(now, int(relative[1]), relative[2])
        except (OverflowError, ValueError):
            raise UsageError(f'"{text}" is before the beginning of the calendar') from None
    try:
        parsed = datetime.fromisoformat(text)
        return (parsed.replace(tzinfo=zone) if parsed.tzinfo is None else parsed).astimezone(UTC)
    except ValueError:
        raise UsageError(
            f'"{text}" is not a time; write 2024-02-07, 2024-02-07T13:00:00Z or T-7d (units: Y m W d H M)'
        ) from None
    except OverflowError:
        raise UsageError(f'"{text}" is outside the calendar in UTC') from None


def zone_named(name: str) -> tzinfo | None:
    """A time zone by its name, such as `Europe/Berlin`; None when there is none of it."""
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def parse_end(text: str, now: datetime, zone: tzinfo = UTC) -> datetime:
    """The same for the end of a window: a date alone includes that day.

    Raises:
        UsageError: when it is no time, or past the end of the calendar.
    """
    try:
        next_day = date.fromisoformat(text) + timedelta(days=1)
    except ValueError:
        return parse_time(text, now, zone)
    except OverflowError:
        raise UsageError(f"{text} is past the end of the calendar") from None
    # Not a day's hours later: where clocks change, a day has 23 or 25 of them.
    return parse_time(next_day.isoformat(), now, zone)


def parse_duration(text: str) -> timedelta:
    """A span of time as users write it: `36h`, `2d`, `1W`, `30M`; `0` is none.

    Units are those of `parse_time` that always last equally long; hours are also written `h`.

    Raises:
        ValueError: when it is none of these.
    """
    found = _DURATION.fullmatch(text)
    if found is None:
        if text == "0":
            return timedelta()
        raise ValueError("write 36h, 2d or 1W (units: W d h M), or 0 for none")
    try:
        return int(found[1]) * _UNITS[found[2].replace("h", "H")]
    except OverflowError:
        raise ValueError("it is longer than the calendar") from None


def duration_text(span: timedelta) -> str:
    """A span of time as users write it, in the longest unit that fits."""
    for unit, length in (("d", timedelta(days=1)), ("h", timedelta(hours=1))):
        if span and span % length == timedelta():
            return f"{span // length}{unit}"
    return f"{span // timedelta(minutes=1)}M" if span else "0"


def _before(now: datetime, count: int, unit: str) -> datetime:
    if unit in _UNITS:
        return now - count * _UNITS[unit]
    months = count * 12 if unit == "Y" else count
    total = now.year * 12 + now.month - 1 - months
    year, month = divmod(total, 12)
    for day in range(now.day, 27, -1):
        try:
            return now.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return now.replace(year=year, month=month + 1)
