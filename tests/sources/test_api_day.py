"""Taking a day of an API, event by event."""

from __future__ import annotations

import time
from datetime import date

import pytest

from tailpipe_resources.sources.api_day import Day, Taking
from tailpipe_resources.sources.api_event import MICROS, Event, of_instant
from tailpipe_resources.sources.api_held import MOST_NEAR, Held

DAY = Day(date(2026, 11, 24))
NOON = of_instant(DAY.start) + 12 * 3600 * MICROS


@pytest.mark.parametrize("seconds", [1, 3, 50_000])
def test_a_crowd_of_events_is_taken_in_little_time(seconds: int) -> None:
    """As many as fall into one second are all remembered, so that none comes twice."""
    taking = Taking(DAY, None, whole=True, location="it")
    began = time.process_time()
    for number in range(30_000):
        at = NOON + number % seconds * MICROS
        taking.take(Event(b"x", number, at), at)
    answer = taking.answer("v")
    took = time.process_time() - began
    held = Held.parse(answer.mark)
    answer.stream.close()

    assert held is not None
    assert held.count == 30_000
    assert len(held.near) == {1: 30_000, 3: 10_000}.get(seconds, 601)
    assert len(held.near) <= MOST_NEAR or len(set(held.near.values())) == 1
    assert took < 5
