"""What is known of a Parquet file of a lake without opening it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date, datetime


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
