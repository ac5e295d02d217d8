"""The op behind the compaction of one collection."""

# Dagster reads the annotations of ops while the functions are made, so they are not put off.
from datetime import date

import dagster as dg

from tailpipe_assets.definitions.collecting import PASSING
from tailpipe_assets.definitions.names import collection_key, compaction_key, plain
from tailpipe_assets.definitions.retaining import expired
from tailpipe_assets.definitions.specs import OWNERS, written_at
from tailpipe_assets.pipeline import Plan
from tailpipe_assets.pipeline.compact import compact_collections
from tailpipe_resources.dagster_resources import LakeStore
from tailpipe_resources.model.results import CompactResult
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
    collection = ready.collection
    spec = dg.AssetSpec(
        compaction_key(collection),
        deps=[collection_key(collection)],
        description=(
            f"The days of `{'.'.join(collection.key)}` with one file an index value, sorted by time. "
            "Rows stay what they are; queries and collecting go on meanwhile."
        ),
        group_name=plain(collection.table_stored),
        kinds={"parquet"},
        owners=OWNERS,
        metadata={"dagster/code_references": written_at(collection.place)},
    )

    @dg.multi_asset(
        name=name,
        specs=[spec],
        partitions_def=days,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=POOL,
    )
    def op(context: dg.AssetExecutionContext, lakes: LakeStore) -> dg.MaterializeResult[None]:
        window = Window.of_days(*(date.fromisoformat(key) for key in _ends(context)))
        lake = lakes.open(collection.destination)
        (result,) = compact_collections(lake, [collection.key], window, run=context.run.run_id)
        if isinstance(result.failure, PASSING) and context.retry_number < RETRIES:
            raise dg.RetryRequested(RETRIES, PAUSE) from result.failure
        if result.failure is not None:
            raise dg.Failure(str(result.failure), allow_retries=False)
        return dg.MaterializeResult(asset_key=spec.key, metadata=_figures(result) | expired(context, ready, lakes))

    return op


def _ends(context: dg.AssetExecutionContext) -> tuple[str, str]:
    return context.partition_keys[0], context.partition_keys[-1]


def _figures(result: CompactResult) -> dict[str, int | float]:
    names = ("slots", "files_before", "files_after", "bytes_before", "bytes_after", "rows", "conflicts")
    return {**{name: getattr(result, name) for name in names}, "seconds": round(result.seconds, 3)}
