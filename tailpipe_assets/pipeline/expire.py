"""Retention: whole days that are older than they are to be kept, less those that a hold keeps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.resources import Resources
from tailpipe_assets.pipeline.stock import Stock, take_out
from tailpipe_resources.lake.delete import Deleted
from tailpipe_resources.lake.holdings import holdings
from tailpipe_resources.model.hold import holds_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date, datetime

    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_resources.lake import Lake
    from tailpipe_resources.model.config import Config
    from tailpipe_resources.model.hold import Hold
    from tailpipe_resources.model.retention import Retention

DEFAULT = Resources()


@dataclass(frozen=True, slots=True)
class Expiry:
    """The days of a collection in one lake that are past their time."""

    stock: Stock
    retention: Retention
    days: tuple[date, ...]
    """Those that go."""

    held: tuple[date, ...] = ()
    """Those that would go and are kept by a hold."""

    holds: tuple[Hold, ...] = ()
    """The holds that keep them."""

    rows_stay: bool = False
    """Whether only what was rejected goes, which may be kept for a shorter time than rows."""


def expiries(
    stocks: Iterable[Stock], config: Config, now: datetime, *, older_than: Retention | None = None
) -> tuple[Expiry, ...]:
    """What is past its time; collections of which nothing is are left out.

    Args:
        stocks: the collections to look at.
        config: says how long rows are kept, and which are held.
        now: the time it is.
        older_than: in place of what the configuration says.
    """
    return tuple(
        expiry
        for stock in stocks
        for expiry in _of_stock(
            stock, older_than or retention_of(stock, config, now), holds_on(config.holds, *stock.key), now
        )
    )


def expiries_of(ready: Plan, lake: Lake, now: datetime) -> tuple[Expiry, ...]:
    """What of one configured collection is past its time."""
    collection = ready.collection
    kept = collection.retention or collection.destination.retention
    found = [each for each in holdings(lake) if each.key == collection.key]
    stocks = (Stock(collection.destination, each, collection) for each in found)
    return tuple(expiry for stock in stocks for expiry in _of_stock(stock, kept, ready.holds, now))


def retention_of(stock: Stock, config: Config, now: datetime) -> Retention | None:
    """How long the rows of a collection are kept: its own retention, else its destination's; None is for ever.

    A collection that is no longer configured is kept as long as any destination with its path asks for.
    """
    if stock.collection is not None:
        return stock.collection.retention or stock.collection.destination.retention
    asked = [each.retention for each in config.destinations if each.path == stock.destination.path]
    limits = [each for each in asked if each is not None]
    return None if len(limits) < len(asked) else min(limits, key=lambda each: each.first_kept(now), default=None)


def expire(expiry: Expiry, resources: Resources = DEFAULT, *, run: str = "") -> Deleted:
    """Take the days out, in one commit, for good. Their artifacts count as collected.

    Args:
        expiry: what is past its time.
        resources: how to get at lakes and DuckDB.
        run: names the run in the history, for people; one of its own when not given.

    Raises:
        BusyError: the collection is being collected; nothing was touched.
        LakeError: the lake cannot be written.
    """
    if not expiry.days:
        return Deleted()
    detail = f"{'rejected and ' if expiry.rows_stay else ''}older than {expiry.retention}"
    return take_out(expiry.stock, expiry.days, "retention", detail, resources, run=run, rows_stay=expiry.rows_stay)


def _of_stock(stock: Stock, kept: Retention | None, holds: Sequence[Hold], now: datetime) -> Iterator[Expiry]:
    """What of a collection is past its time: rows with what was rejected beside them, then what else was rejected."""
    days = set(stock.holding.days)
    if kept is not None:
        whole = _expiry(stock, days, kept, holds, now)
        days -= set(whole.days)
        if whole.days or whole.held:
            yield whole
    shorter = stock.collection.rejected_retention if stock.collection is not None else None
    if shorter is not None:
        rejects = _expiry(stock, {day for day in days if stock.holding.days[day].rejected}, shorter, holds, now)
        if rejects.days or rejects.held:
            yield replace(rejects, rows_stay=True)


def _expiry(stock: Stock, days: Iterable[date], kept: Retention, holds: Sequence[Hold], now: datetime) -> Expiry:
    first = kept.first_kept(now)
    past = [day for day in sorted(days) if day < first]
    held = tuple(day for day in past if any(hold.keeps(day) for hold in holds))
    keeping = tuple(hold for hold in holds if any(map(hold.keeps, held)))
    return Expiry(stock, kept, tuple(day for day in past if day not in set(held)), held, keeping)
