"""Which windows there are, and which of them hold a minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tailpipe_assets.scheduled.ticks import MINUTE, Question, joined, question_at, ticks_between, ticks_over
from tailpipe_resources.model.detection import Detection
from tailpipe_resources.model.place import Place

MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
DAY = timedelta(days=1)


def scheduled(cron: str, lookback: int) -> Detection:
    """A detection with this schedule, and so many minutes of lookback."""
    return Detection("t", "d", Place("x.hcl", 1), sql="", schedule=cron, lookback=timedelta(minutes=lookback))


@settings(max_examples=25)
@given(
    st.sampled_from(["*/15 * * * *", "7 * * * *", "0 3,4 * * *", "*/40 1-5 * * *"]),
    st.integers(0, 200),
    st.sets(st.integers(0, 24 * 60 - 1), max_size=8),
)
def test_every_window_that_holds_a_minute_is_meant(cron: str, lookback: int, minutes: set[int]) -> None:
    """And no other; of those that were asked already."""
    detection, until = scheduled(cron, lookback), MIDNIGHT + DAY
    said = [MIDNIGHT + number * MINUTE for number in minutes]
    expected = {
        tick
        for tick in ticks_between(cron, MIDNIGHT - DAY, until)
        if any(question_at(detection, tick).start < each + MINUTE and each < tick for each in said)
    }

    assert ticks_over(detection, said, until) == expected


def test_windows_that_touch_are_one_question() -> None:
    """Others stay apart."""
    detection = scheduled("*/15 * * * *", 0)
    one, two, four = (question_at(detection, MIDNIGHT + n * 15 * MINUTE) for n in (1, 2, 4))

    assert joined([four, two, one]) == [Question(one.start, two.end, one.ticks | two.ticks), four]
