"""The op behind the compaction of one collection."""

# Dagster reads the annotations of ops while the functions are made, so they are not put off.
from datetime import date

import dagster as dg

from tailpipe_assets.definitions import outcome
from tailpipe_assets.definitions.collecting import PASSING
from tailpipe_assets.definitions.retaining import expired
from tailpipe_assets.definitions.specs import LINEAGE, compaction_spec
from tailpipe_assets.pipeline import Plan
from tailpipe_assets.pipeline.compact import compact_collections
from tailpipe_resources.dagster_resources import LakeStore
from tailpipe_resources.lake.counts import DayCount, count_days
from tailpipe_resources.model.window import Window

POOL = "tailpipe_compact"
"""One compaction at a time: sorting takes memory, and they would wait for each other's disk anyway."""

RETRIES = 3
PAUSE = 30


def compacting(ready: Plan, name: str, days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    """The asset that stands for the compacted days of a collection.

    Args:
        ready: the collection.
        name: of the op.
        days: the partitions of every collection of the project.
    """
    collection, spec = ready.collection, compaction_spec(ready)

    @dg.multi_asset(
        name=name,
        specs=[spec],
        partitions_def=days,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=POOL,
    )
    def op(context: dg.AssetExecutionContext, lakes: LakeStore) -> dg.MaterializeResult[None]:
        days = _days(context)
        window = Window.of_days(days[0], days[-1])
        lake = lakes.open(collection.destination)
        (result,) = compact_collections(lake, [collection.key], window, run=context.run.run_id)
        if isinstance(result.failure, PASSING) and context.retry_number < RETRIES:
            raise dg.RetryRequested(RETRIES, PAUSE) from result.failure
        if result.failure is not None:
            raise dg.Failure(str(result.failure), allow_retries=False)
        gone = expired(context, ready, lakes)
        stored = count_days(lake, *collection.key)
        of_days = {day: outcome.of_stored(stored.get(day, DayCount())) for day in days}
        of_run = outcome.of_compaction(ready, result, stored) | gone
        # Who reads the lineage of columns looks for it in what runs say, as well as in the definition.
        of_run[LINEAGE] = spec.metadata[LINEAGE]
        return outcome.materialized(context, spec.key, of_days, of_run)

    return op


def _days(context: dg.AssetExecutionContext) -> list[date]:
    return [date.fromisoformat(key) for key in context.partition_keys]
