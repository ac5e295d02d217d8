"""Pace: what makes a collection run by itself, and how often rows are expected of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

_WRITTEN = re.compile(r"0*([1-9]\d{0,5})([smhd])")
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """When a collection is collected without anybody asking for it. At most one of the first three is said."""

    cron: str | None = None
    """The five fields of a schedule in UTC; `every` is one too."""

    watch: bool = False
    """Whether a sensor looks for new artifacts, and collects when there are some."""

    follow: bool = False
    """Whether a process of the server collects all the time."""

    expect_every: timedelta | None = None
    """After so long without a new row the collection is taken to have gone quiet."""

    compact: bool = True
    """Whether its days are compacted without anybody asking for it."""

    def __str__(self) -> str:
        if self.watch or self.follow:
            return "watch" if self.watch else "follow"
        return self.cron or "by hand"


def parse_interval(text: str) -> timedelta:
    """A short span of time: `30s`, `5m`, `6h`, `1d`.

    Here `m` is minutes; in times that go back from now it is months.

    Raises:
        ValueError: when it is none.
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError("write 5m, 1h or 1d (units: s m h d)")
    return int(found[1]) * _UNITS[found[2]]


def interval_text(span: timedelta) -> str:
    """A span of time as `parse_interval` reads it, in the longest unit that fits."""
    unit = next(unit for unit in reversed(_UNITS) if span % _UNITS[unit] == timedelta() or unit == "s")
    return f"{span // _UNITS[unit]}{unit}"


def cron_of(every: timedelta) -> str:
    """The schedule that ticks that often, at even times of the clock.

    Raises:
        ValueError: there is none, because neither an hour nor a day is a multiple of it.
    """
    if every == _DAY:
        return "0 0 * * *"
    if every >= _HOUR and every % _HOUR == timedelta() and _DAY % every == timedelta():
        return "0 * * * *" if every == _HOUR else f"0 */{every // _HOUR} * * *"
    if _MINUTE <= every < _HOUR and every % _MINUTE == timedelta() and _HOUR % every == timedelta():
        return "* * * * *" if every == _MINUTE else f"*/{every // _MINUTE} * * * *"
    raise ValueError("an hour or a day must be a multiple of it, as of 1m, 5m, 15m, 1h, 6h and 1d; or write a schedule")
