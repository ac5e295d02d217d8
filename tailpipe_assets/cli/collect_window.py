"""`--from` and `--to` as a window."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.window import Window, parse_end, parse_time

if TYPE_CHECKING:
    from datetime import datetime, tzinfo


def window_of(start: str | None, end: str | None, now: datetime, zone: tzinfo = UTC) -> Window:
    """The window the flags ask for.

    Raises:
        UsageError: one cannot be read, or nothing could be inside.
    """
    first = None if start is None else parse_time(start, now, zone)
    last = None if end is None else parse_end(end, now, zone)
    if first is not None and first > now:
        raise UsageError(f"--from {start} is in the future")
    if first is not None and last is not None and first >= last:
        raise UsageError(f"--from {start} is not before --to {end}")
    return Window(first, last)
