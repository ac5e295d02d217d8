"""Ticks and windows: a window ends at a tick, and begins at the tick before it, less the detection's lookback."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from croniter import croniter

from tailpipe_resources.model.window import Window, merged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tailpipe_resources.model.detection import Detection
    from tailpipe_resources.model.window import Span

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


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
    for first, end in merged((each, each + MINUTE) for each in minutes):
        tick = next_tick(detection.schedule, first)
        while tick <= until and question_at(detection, tick).start < end:
            found.add(tick)
            tick = next_tick(detection.schedule, tick)
    return frozenset(found)


def ticks_about(detection: Detection, spans: Iterable[Span], end: datetime) -> Iterator[datetime]:
    """The ends of the windows that are about some spans, found one by one, oldest first.

    They hold something of a span, or of the day after it, or are the first that do not: in a pause something does not
    happen. Further windows of a pause are passed over, however long it is.

    Args:
        detection: whose windows.
        spans: from when to when, both included.
        end: no window that begins later.
    """
    schedule, tick = detection.schedule, None
    assert schedule is not None
    with suppress(OverflowError):  # in the year 9999 there is no next tick
        for first, last in merged(spans, DAY):
            tick = next_tick(schedule, first if tick is None else max(first, tick))
            while tick_before(schedule, tick) <= end:
                yield tick
                if question_at(detection, tick).start - DAY > last:
                    break
                tick = next_tick(schedule, tick)


def joined(questions: Iterable[Question]) -> list[Question]:
    """The same windows in as few questions as possible: those that touch are one."""
    found: list[Question] = []
    for each in sorted(questions, key=lambda each: each.start):
        if found and each.start <= found[-1].end:
            last = found.pop()
            each = Question(last.start, max(last.end, each.end), last.ticks | each.ticks)
        found.append(each)
    return found
