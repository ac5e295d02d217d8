"""Stock: what the configured lakes hold, of collections that are configured and of those that were once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.resources import Resources
from tailpipe_resources.lake.delete import Deleted, Deletion, delete
from tailpipe_resources.lake.delta import Told
from tailpipe_resources.lake.holdings import Holding, holdings
from tailpipe_resources.model.selector import names_of
from tailpipe_resources.query.engine import restrict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from tailpipe_resources.model.config import Collection, Config, Destination

DEFAULT = Resources()


@dataclass(frozen=True, slots=True)
class Stock:
    """One collection in one lake."""

    destination: Destination
    holding: Holding
    collection: Collection | None = None
    """What the configuration says of it; None when it is no longer there, or goes to another lake now."""

    @property
    def key(self) -> tuple[str, str]:
        """Table and collection."""
        return self.holding.key

    @property
    def name(self) -> str:
        """As users write it."""
        return ".".join(self.key)

    @property
    def names(self) -> set[str]:
        """All it can be called."""
        tables = {self.holding.table} | ({self.collection.table} if self.collection is not None else set())
        return names_of(self.holding.collection, *tables)


def stock(config: Config, resources: Resources = DEFAULT) -> tuple[Stock, ...]:
    """Everything in the lakes of all destinations."""
    lakes = {each.path: each for each in reversed(config.destinations)}
    configured = {(each.destination.path, *each.key): each for each in config.collections}
    return tuple(
        Stock(destination, holding, configured.get((path, *holding.key)))
        for path, destination in lakes.items()
        for holding in holdings(resources.lake(destination))
    )


def take_out(
    one: Stock,
    days: Iterable[date] | None,
    operation: str,
    detail: str,
    resources: Resources = DEFAULT,
    *,
    run: str = "",
    rows_stay: bool = False,
) -> Deleted:
    """Take whole days of a collection out of its lake, for good; everything when no days are given.

    Args:
        one: whose days. Holds are the caller's to heed.
        days: UTC days.
        operation: `delete` or `retention`, for the table's history.
        detail: why, for the same.
        resources: how to get at lakes and DuckDB.
        run: names the run in the history, for people; one of its own when not given.
        rows_stay: whether only what was rejected on those days goes.

    Raises:
        BusyError: the collection is being collected; nothing was touched.
        LakeError: the lake cannot be written.
    """
    lake = resources.lake(one.destination)
    told = Told(operation, run=run or str(uuid.uuid4()), detail=detail)
    with resources.engine() as connection:
        lake.store.attach(connection)
        restrict(connection, lake.reach)
        going = None if days is None else frozenset(days)
        return delete(connection, lake, Deletion(*one.key, told, going, rows_stay))
