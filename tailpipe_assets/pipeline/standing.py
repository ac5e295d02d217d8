"""Standing: how each collection is doing, by its lake, its ledger and its source."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from tailpipe_assets.pipeline.backlog import backlog
from tailpipe_assets.pipeline.listing import by_source
from tailpipe_assets.pipeline.notices import waiting
from tailpipe_assets.pipeline.resources import Resources
from tailpipe_resources.errors import LakeError, SourceError
from tailpipe_resources.lake.counts import count_days, count_rejected
from tailpipe_resources.lake.ledger import made_at, newest_ledger

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
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

    notices: int | None = None
    """About how many notices of its source wait, for all that it feeds; None where it is not told what is new."""

    failure: TailpipeError | None = None
    """Why its lake, or where its source is told what is new, could not be asked."""

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
        for each in backlog(sound, resources=resources) if sound else ():
            key = (each.table, each.collection)
            found[key] = replace(found[key], backlog=each)
        found |= _told(found, sound, resources) if sound else {}
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


def _told(
    found: Mapping[tuple[str, str], Standing], plans: Sequence[Plan], resources: Resources
) -> dict[tuple[str, str], Standing]:
    """How these stand, with what waits where their source is told what is new."""
    try:
        said: dict[str, Any] = {"notices": waiting(plans, resources)}
    except SourceError as error:
        said = {"failure": error}
    return {each.collection.key: replace(found[each.collection.key], **said) for each in plans}


def _span(start: datetime | None, end: datetime | None) -> timedelta | None:
    return None if start is None or end is None else max(end - start, end - end)
