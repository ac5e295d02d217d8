"""Columns whose declared type became a wider one: what is stored of them is given that type before more comes in."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.memory import MEMORY
from tailpipe_resources.lake.delta import Told
from tailpipe_resources.lake.leftovers import collections_of
from tailpipe_resources.lake.retype import retype, widenings
from tailpipe_resources.lake.storage import OWN
from tailpipe_resources.model.slot import encode
from tailpipe_resources.query.engine import connect, restrict

if TYPE_CHECKING:
    from deltalake import Schema

    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_resources.lake import Lake


def widen_types(lake: Lake, ready: Plan, schema: Schema) -> str:
    """Rewrite what is stored of columns that became wider, and say so.

    Whoever collects into the table meanwhile would bring files of the narrow type, so that nobody may.

    Raises:
        BusyError: another collection of the table is being collected.
        CommitConflictError: the table was changed again and again.
        LakeFullError: there is no room for the table once more.
    """
    table, own = ready.collection.key
    changed = widenings(lake, table, ready.table.stored_columns, schema)
    what = ", ".join(f"{each.name} to {each.type}" for each in changed)
    with ExitStack() as until:
        for each in collections_of(lake, table):
            if each != own:
                until.enter_context(lake.lock(table, each))
        spill = lake.staging(table, f"spill-{encode(own)}")
        key = f"{table}/{OWN}/compact/{encode(own)}.lock"
        until.enter_context(lake.store.lock(key, f"the compaction of {table}.{own}"))
        writing = until.enter_context(connect(memory_limit=MEMORY, temp_directory=str(spill)))
        lake.store.attach(writing)
        restrict(writing, lake.reach)
        rows = retype(writing, lake, table, changed, schema, told=Told("widen", config=ready.config, detail=what))
    return f"the table {table} was widened, {what}; all it holds was written anew ({rows:,} rows)"
