"""Days: Dagster's partition keys, which of them exist, and which of them a run covers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from tailpipe_resources.errors import LakeError
from tailpipe_resources.lake.inventory import first_day
from tailpipe_resources.lake.storage import open_lake

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tailpipe_assets.pipeline import Plan
    from tailpipe_resources.model.config import Destination
    from tailpipe_resources.model.window import Window

USUAL = timedelta(days=30)
"""How far back the days go where nothing older is known."""

MOST = 366
"""Of a longer window a run names its last day only, and reports the days that have rows: Dagster takes 20 ms a day."""


@dataclass(frozen=True, slots=True)
class Days:
    """Days in a row, both ends included."""

    first: date
    last: date

    @property
    def tags(self) -> dict[str, str]:
        """What a run is told them by."""
        return {
            "dagster/asset_partition_range_start": self.first.isoformat(),
            "dagster/asset_partition_range_end": self.last.isoformat(),
        }


def today() -> date:
    """The day it is, UTC."""
    return datetime.now(UTC).date()


def daily(first: date) -> dg.DailyPartitionsDefinition:
    """All days from the first to today. The same for every collection, so that one run can feed several."""
    return dg.DailyPartitionsDefinition(start_date=first.isoformat(), timezone="UTC", end_offset=1)


def first_known(plans: Iterable[Plan]) -> date:
    """The first day anything may lie on: by `start`, by local lakes, and 30 days ago. Reads folder names only."""
    plans = tuple(plans)
    starts = [each.collection.start.date() for each in plans if each.collection.start is not None]
    lakes = {each.collection.destination.path: each.collection.destination for each in plans}
    return min([*starts, *_first_stored(lakes.values()), today() - USUAL])


def _first_stored(destinations: Iterable[Destination]) -> Iterator[date]:
    for destination in destinations:
        try:
            found = first_day(open_lake(destination))
        except (LakeError, OSError):
            continue
        if found is not None:
            yield found


def whole(day: date, window: Window) -> bool:
    """Whether all of a day is inside a window."""
    return window.has_whole(day)


def days_of(window: Window) -> Days:
    """The days a run for a window names to Dagster: those wholly inside it; one day where there are none, or too many.

    A window open at its beginning has no first day; its run names the last one.
    """
    last = min(today(), _last(window))
    if window.start is None:
        return Days(last, last)
    first = window.start.date()
    if not whole(first, window):
        first += timedelta(days=1)
    if first > last:
        return Days(window.start.date(), window.start.date())
    return Days(first, last) if (last - first).days < MOST else Days(last, last)


def _last(window: Window) -> date:
    """The last day that ends inside the window."""
    return today() if window.end is None else window.end.date() - timedelta(days=1)
