"""Making rows: a share of a batch becomes one staged Parquet file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb

from tailpipe_assets.formats.strings import shown
from tailpipe_assets.pipeline.rejects import Reject
from tailpipe_assets.pipeline.transform import failing_sql, forgiving, rows_sql
from tailpipe_resources.lake.staging import StagedFile, stage
from tailpipe_resources.model.artifact import Artifact
from tailpipe_resources.model.names import literal
from tailpipe_resources.model.slot import Slot

if TYPE_CHECKING:
    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_assets.pipeline.route import Share
    from tailpipe_resources.lake import Lake

FILTER_ERRORS = (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException)
"""What a condition that binds can still raise when it meets a value."""


@dataclass(frozen=True, slots=True)
class StagedRows:
    """What became of a share."""

    file: StagedFile | None
    """None when no record passed the filters."""

    rows: Counter[str]
    """By artifact."""

    failed: tuple[Reject, ...] = ()
    """Records a filter fails on."""


def stage_rows(connection: duckdb.DuckDBPyConnection, lake: Lake, ready: Plan, share: Share) -> StagedRows:
    """Write the rows of a share that pass the collection's filters."""
    slot = Slot(*ready.collection.key, share.index, share.day)
    connection.register("batch", share.records)
    try:
        return _staged(connection, lake, ready, slot, share)
    finally:
        connection.unregister("batch")


def _staged(connection: duckdb.DuckDBPyConnection, lake: Lake, ready: Plan, slot: Slot, share: Share) -> StagedRows:
    stream, fixed = ready.collection.stream, _fixed(ready, slot)
    if not ready.filters:
        file = stage(connection, lake, slot, rows_sql(ready.table, fixed, ()), stream=stream)
        return StagedRows(file, Counter(share.by_artifact))
    try:
        file = stage(connection, lake, slot, rows_sql(ready.table, fixed, ready.filters), stream=stream)
        return StagedRows(file, _rows(connection, lake, file))
    except FILTER_ERRORS:
        failed = tuple(_failing(connection, ready, fixed))
    tried = [forgiving(each) for each in ready.filters]
    file = stage(connection, lake, slot, rows_sql(ready.table, fixed, tried), stream=stream)
    return StagedRows(file, _rows(connection, lake, file), failed)


def _fixed(ready: Plan, slot: Slot) -> dict[str, str]:
    now = literal(datetime.now(UTC).isoformat())
    return {
        "tp_ingest_timestamp": f"CAST({now} AS TIMESTAMPTZ)",
        "tp_source_type": literal(ready.collection.source.type),
        "tp_partition": literal(slot.collection),
        "tp_index": literal(slot.index),
    }


def _rows(connection: duckdb.DuckDBPyConnection, lake: Lake, file: StagedFile | None) -> Counter[str]:
    if file is None:
        return Counter()
    path = literal(str(lake.store.scratch / file.staged))
    counted = connection.sql(
        f"SELECT tp_source_location, count(*) FROM read_parquet({path}, hive_partitioning = false) GROUP BY ALL"
    )
    return Counter(dict(counted.fetchall()))


def _failing(connection: duckdb.DuckDBPyConnection, ready: Plan, fixed: dict[str, str]) -> list[Reject]:
    found = connection.sql(failing_sql(ready.table, fixed, ready.filters)).fetchall()
    return [
        Reject(Artifact(location, version, 0), position, "a filter of the collection fails on it", shown(raw))
        for location, version, position, raw in found
    ]
