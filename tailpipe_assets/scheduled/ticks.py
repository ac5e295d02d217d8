"""Ticks and windows: a window ends at a tick, and begins at the tick before it, less the detection's lookback."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from croniter import croniter

from tailpipe_resources.model.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tailpipe_resources.model.detection import Detection

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked at once: one window, or several that were missed as one."""

    start: datetime
    end: datetime
    ticks: frozenset[datetime]
    """The windows it answers for, by their ends."""

    @property
    def window(self) -> Window:
        """From when to when."""
        return Window(self.start, self.end)


def last_tick(schedule: str, moment: datetime) -> datetime:
    """The last tick at a moment or before it."""
    found: datetime = croniter(schedule, moment + timedelta(microseconds=1)).get_prev(datetime)
    return found


def tick_before(schedule: str, tick: datetime) -> datetime:
    """The tick before another."""
    found: datetime = croniter(schedule, tick).get_prev(datetime)
    return found


def next_tick(schedule: str, moment: datetime) -> datetime:
    """The first tick after a moment."""
    found: datetime = croniter(schedule, moment).get_next(datetime)
    return found


def ticks_between(schedule: str, after: datetime, until: datetime) -> Iterator[datetime]:
    """The ticks after one moment, up to and including another."""
    tick = next_tick(schedule, after)
    while tick <= until:
        yield tick
        tick = next_tick(schedule, tick)


def question_at(detection: Detection, tick: datetime) -> Question:
    """The window that ends at a tick."""
    assert detection.schedule is not None
    start = tick_before(detection.schedule, tick) - (detection.lookback or timedelta())
    return Question(start, tick, frozenset({tick}))


def ticks_over(detection: Detection, minutes: Iterable[datetime], until: datetime) -> frozenset[datetime]:
    """The ends of all windows that hold something of these minutes, as far as they were asked already.

    Args:
        detection: whose windows.
        minutes: by their beginnings.
        until: the last tick that was asked.
    """
    assert detection.schedule is not None
    found: set[datetime] = set()
    for first, end in _stretches(minutes):
        tick = next_tick(detection.schedule, first)
        while tick <= until and question_at(detection, tick).start < end:
            found.add(tick)
            tick = next_tick(detection.schedule, tick)
    return frozenset(found)


def _stretches(minutes: Iterable[datetime]) -> list[tuple[datetime, datetime]]:
    """Minutes that follow each other, by where they begin and end."""
    found: list[tuple[datetime, datetime]] = []
    for minute in sorted(minutes):
        if found and minute <= found[-1][1]:
            found[-1] = (found[-1][0], minute + MINUTE)
        else:
            found.append((minute, minute + MINUTE))
    return found


def joined(questions: Iterable[Question]) -> list[Question]:
    """The same windows in as few questions as possible: those that touch are one."""
    found: list[Question] = []
    for each in sorted(questions, key=lambda each: each.start):
        if found and each.start <= found[-1].end:
            last = found.pop()
            each = Question(last.start, max(last.end, each.end), last.ticks | each.ticks)
        found.append(each)
    return found
