"""Standing: how each collection is doing, by its lake, its ledger and its source."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.backlog import backlog
from tailpipe_assets.pipeline.listing import by_source
from tailpipe_assets.pipeline.resources import Resources
from tailpipe_resources.errors import LakeError
from tailpipe_resources.lake.counts import count_days, count_rejected
from tailpipe_resources.lake.ledger import made_at, newest_ledger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from tailpipe_assets.pipeline.backlog import Backlog
    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_resources.errors import TailpipeError

DEFAULT = Resources()


@dataclass(frozen=True, slots=True)
class Standing:
    """How one collection is doing. What could not be found out is None."""

    table: str
    collection: str
    rows: int = 0
    rows_today: int = 0
    rejected_today: int = 0
    newest_event: datetime | None = None
    last_commit: datetime | None = None
    backlog: Backlog | None = None
    """None when its source was not asked."""

    failure: TailpipeError | None = None
    """Why its lake could not be asked."""

    @property
    def delivered_after(self) -> timedelta | None:
        """How long after the newest event the newest artifact came, which is what the source takes."""
        newest = None if self.backlog is None else self.backlog.newest
        return _span(self.newest_event, newest)

    @property
    def committed_after(self) -> timedelta | None:
        """How long after the newest artifact came the last commit was: what collecting takes. None while some wait."""
        if self.backlog is None or self.backlog.artifacts:
            return None
        return _span(self.backlog.newest, self.last_commit)


def standing(
    plans: Sequence[Plan], today: date, *, resources: Resources = DEFAULT, ask_sources: bool = True
) -> tuple[Standing, ...]:
    """How collections are doing, in their order. What is wrong with one is told in its place.

    Args:
        plans: the collections.
        today: the UTC day whose rows are counted.
        resources: how to get at sources and lakes.
        ask_sources: whether sources are listed, to see what waits there.
    """
    found = {each.collection.key: _in_lake(each, today, resources) for each in plans}
    for group in by_source(plans).values() if ask_sources else ():
        sound = [each for each in group if found[each.collection.key].failure is None]
        for waiting in backlog(sound, resources=resources) if sound else ():
            key = (waiting.table, waiting.collection)
            found[key] = replace(found[key], backlog=waiting)
    return tuple(found.values())


def _in_lake(ready: Plan, today: date, resources: Resources) -> Standing:
    table, collection = ready.collection.key
    try:
        lake = resources.lake(ready.collection.destination)
        days = count_days(lake, table, collection)
        rejected = count_rejected(lake, table, collection, today)
        head = newest_ledger(lake, table, collection).state.head
    except LakeError as error:
        return Standing(table, collection, failure=error)
    return Standing(
        table,
        collection,
        rows=sum(each.rows for each in days.values()),
        rows_today=days[today].rows if today in days else 0,
        rejected_today=rejected,
        newest_event=max((each.newest for each in days.values() if each.newest is not None), default=None),
        last_commit=None if head is None else datetime.fromtimestamp(made_at(head), UTC),
    )


def _span(start: datetime | None, end: datetime | None) -> timedelta | None:
    return None if start is None or end is None else max(end - start, end - end)
