"""Times as users type them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.window import parse_end, parse_time

NOW = datetime(2024, 12, 1, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("day", "end"),
    [
        ("2024-02-07", datetime(2024, 2, 8, 5, tzinfo=UTC)),
        ("2024-03-10", datetime(2024, 3, 11, 4, tzinfo=UTC)),
        ("2024-11-03", datetime(2024, 11, 4, 5, tzinfo=UTC)),
        ("20241103", datetime(2024, 11, 4, 5, tzinfo=UTC)),
        ("2024-11-03T00:00", datetime(2024, 11, 3, 4, tzinfo=UTC)),
    ],
)
def test_a_day_at_the_end_is_whole(day: str, end: datetime) -> None:
    """However many hours it has, and however it is written; a time is what it says."""
    assert parse_end(day, NOW, NEW_YORK) == end


def test_what_is_no_time_of_the_calendar_is_said_to_be_none() -> None:
    """On either side, also where only UTC leaves it."""
    with pytest.raises(UsageError, match="outside the calendar"):
        parse_time("0001-01-01", NOW, ZoneInfo("Asia/Tokyo"))
    with pytest.raises(UsageError, match="outside the calendar"):
        parse_time("9999-12-31T23:00", NOW, NEW_YORK)
    with pytest.raises(UsageError, match="past the end"):
        parse_end("9999-12-31", NOW, NEW_YORK)
