"""Schedules as cron writes them, of which some can be read and never come."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from croniter import CroniterBadDateError, croniter

_FIELDS: Final = 5
_SOME_DAY: Final = datetime(2000, 1, 1, tzinfo=UTC)


def why_no_schedule(text: str, example: str = "") -> str | None:
    """What is wrong with a text that is to be a schedule; None when it is one.

    Args:
        text: as it is written.
        example: to be shown to those who wrote something else.
    """
    fields = text.split()
    if len(fields) != _FIELDS or not croniter.is_valid(text):
        return f"is not a schedule; write minute, hour, day, month and weekday in UTC{example}"
    try:
        # Without its weekday, which cron takes as another way to say the day.
        croniter(" ".join([*fields[:-1], "*"]), _SOME_DAY).get_next()
    except CroniterBadDateError:
        return "never comes; no month it names has such a day"
    return None
