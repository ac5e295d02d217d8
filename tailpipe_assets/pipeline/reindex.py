"""Reindexing collections after `tp_index` changed: rows that are stored get the index value they would get now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.memory import MEMORY
from tailpipe_assets.pipeline.resources import Resources
from tailpipe_resources.errors import UsageError
from tailpipe_resources.lake.delta import Told
from tailpipe_resources.lake.reindex import Reindexed
from tailpipe_resources.lake.reindex import reindex as move
from tailpipe_resources.lake.storage import OWN
from tailpipe_resources.model.slot import encode
from tailpipe_resources.query.engine import connect, restrict

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from tailpipe_assets.pipeline.plan import Plan

DEFAULT = Resources()


@dataclass(frozen=True, slots=True)
class IndexColumn:
    """The stored column that holds a collection's index value."""

    name: str | None
    """None where every row lies under `default`."""


def index_column(plan: Plan) -> IndexColumn | None:
    """Where a collection's index value is stored; None when it is made from what is not."""
    if any(each.column.lower() == "tp_index" for each in plan.collection.redactions):
        return None
    if plan.collection.tp_index is not None:
        return IndexColumn(plan.collection.tp_index)
    if plan.table.index == "NULL":
        return IndexColumn(None)
    return next((IndexColumn(each.name) for each in plan.table.fields if each.expression == plan.table.index), None)


def reindex(
    plan: Plan,
    *,
    resources: Resources = DEFAULT,
    on_day: Callable[[date, Reindexed], None] = lambda *_: None,
    stopped: Callable[[], bool] = lambda: False,
    run: str = "",
) -> Reindexed:
    """Move the stored rows of a collection to the folders of the index it has now, in one commit a day.

    Raises:
        UsageError: no stored column holds the index value.
        BusyError: the collection is being compacted or reindexed.
        CommitConflictError: a day was changed again and again. Days before it are done.
    """
    column = index_column(plan)
    table, collection = plan.collection.key
    if column is None:
        raise UsageError(
            f"{table}.{collection} ({plan.collection.place}): its index value is in no stored column; "
            "name one as tp_index, or delete the collection and collect it again"
        )
    lake = resources.lake(plan.collection.destination)
    spill = lake.staging(table, f"spill-{encode(collection)}")
    lock = f"{table}/{OWN}/compact/{encode(collection)}.lock"
    with (
        lake.store.lock(lock, f"the compaction of {table}.{collection}"),
        connect(memory_limit=MEMORY, temp_directory=str(spill)) as connection,
    ):
        lake.store.attach(connection)
        restrict(connection, lake.reach)
        told = Told("reindex", run, plan.config, f"by {column.name or 'nothing'}")
        return move(connection, lake, table, collection, column.name, told=told, on_day=on_day, stopped=stopped)
