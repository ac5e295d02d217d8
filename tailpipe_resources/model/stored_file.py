"""What is known of a Parquet file of a lake without opening it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

SLACK = timedelta(minutes=1)
"""Files are known by times up to so much off: logs may round them, and `now()` moves on between planning and asking."""


class StoredFile(NamedTuple):
    """One live file: where it is, whose rows it holds and when they happened."""

    address: str
    """As SQL names it."""

    collection: str
    tp_index: str
    day: date
    """The UTC day of its folder."""

    first: datetime | None
    """The earliest `tp_timestamp` in it, or an instant before; None when not known."""

    last: datetime | None
    """The latest, or an instant after."""

    rows: int
    bytes: int
    lookup: str = ""
    """The path of what tells which texts it may hold; none when it is empty. It need not be there."""

    written: float = 0.0
    """About when, in Unix seconds; shortly before its commit."""

    def may_reach(self, time: datetime) -> bool:
        """Whether it may hold a row of this time or later."""
        return self.last is None or time <= self.last or time - self.last <= SLACK

    def may_begin(self, time: datetime) -> bool:
        """Whether it may hold a row of this time or earlier."""
        return self.first is None or self.first <= time or self.first - time <= SLACK
