"""Assets of your own beside Tailpipe's: what a collection brought, summed up a day, in the same lineage graph.

    dagster dev -f docs/examples/daily_summary.py

Materialize `summary/requests_per_day` for some days: it asks the lake by SQL and keeps the answer in a DuckDB file.
`summary/busiest_day` reads it from there.
"""

import os
from datetime import date
from pathlib import Path

import dagster as dg
import pyarrow as pa

from tailpipe_assets.definitions import defs as tailpipe
from tailpipe_assets.definitions.own_assets import ArrowInDuckDB, LakeViews

WEB = dg.AssetKey(["http_log", "web"])
KEPT = Path(os.environ.get("SUMMARIES") or "summaries.duckdb").absolute()
SQL = """
SELECT tp_date AS day, tp_index, count(*) AS requests, count(*) FILTER (status >= 500) AS failed
FROM http_log WHERE tp_partition = 'web' AND tp_date = $day GROUP BY ALL ORDER BY ALL
"""


@dg.definitions
def defs() -> dg.Definitions:
    """Everything of Tailpipe, and the summaries."""
    theirs = tailpipe()
    days = theirs.resolve_asset_graph().get(WEB).partitions_def

    @dg.asset(
        key=["summary", "requests_per_day"],
        deps=[WEB],
        partitions_def=days,
        io_manager_key="summaries",
        pool="summaries",
        kinds={"duckdb"},
        metadata={"partition_expr": "day::TIMESTAMP"},
    )
    def requests_per_day(context: dg.AssetExecutionContext, lake: LakeViews) -> pa.Table:
        """Requests and failures of each day, by index value."""
        with lake.open() as views:
            return views.arrow(SQL, day=date.fromisoformat(context.partition_key))

    @dg.asset(
        key=["summary", "busiest_day"],
        ins={"summary": dg.AssetIn(["summary", "requests_per_day"])},
        io_manager_key="summaries",
        pool="summaries",
        kinds={"duckdb"},
    )
    def busiest_day(summary: pa.Table) -> pa.Table:
        """The day with the most requests."""
        by_day = summary.group_by("day").aggregate([("requests", "sum")])
        return by_day.sort_by([("requests_sum", "descending")]).slice(0, 1)

    return dg.Definitions.merge(
        theirs,
        dg.Definitions(
            assets=[requests_per_day, busiest_day],
            resources={"lake": LakeViews(), "summaries": ArrowInDuckDB(database=str(KEPT))},
        ),
    )
