"""`--from` and `--to` as a window."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.window import Window, parse_time

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def window_of(start: str | None, end: str | None, now: datetime, zone: tzinfo = UTC) -> Window:
    """The window the flags ask for.

    Raises:
        UsageError: one cannot be read, or nothing could be inside.
    """
    first = None if start is None else parse_time(start, now, zone)
    last = None if end is None else _end(end, now, zone)
    if first is not None and first > now:
        raise UsageError(f"--from {start} is in the future")
    if first is not None and last is not None and first >= last:
        raise UsageError(f"--from {start} is not before --to {end}")
    return Window(first, last)


def _end(text: str, now: datetime, zone: tzinfo) -> datetime:
    """A date alone means that whole day."""
    parsed = parse_time(text, now, zone)
    try:
        return parsed + timedelta(days=1) if _DATE.fullmatch(text) else parsed
    except OverflowError:
        raise UsageError(f"--to {text} is past the end of the calendar") from None
