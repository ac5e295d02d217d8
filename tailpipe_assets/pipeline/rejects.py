"""Records that did not fit, and artifacts that could not be read, as rows of `tailpipe_rejected`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from tailpipe_assets.pipeline.transform import afresh_sql
from tailpipe_resources.lake.staging import StagedFile, stage
from tailpipe_resources.model.names import literal
from tailpipe_resources.model.schema import COMMON_COLUMNS, REJECTED_COLUMNS, REJECTED_TABLE
from tailpipe_resources.model.slot import Slot

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

    from tailpipe_resources.lake import Lake
    from tailpipe_resources.model.artifact import Artifact
    from tailpipe_resources.model.config import Collection
    from tailpipe_resources.model.results import Status

STORED_COLUMNS = (*COMMON_COLUMNS, *REJECTED_COLUMNS)
"""What a file of `tailpipe_rejected` holds."""


@dataclass(frozen=True, slots=True)
class Reject:
    """One record, or a whole artifact, set aside."""

    artifact: Artifact
    position: int | None
    """None when the whole artifact is set aside."""

    reason: str
    record: str | None


def told_of(collection: Collection, rejects: Iterable[Reject]) -> tuple[Reject, ...]:
    """Rejects with no more of their records than the collection keeps: all, or the reason and the place alone."""
    if collection.keeps_rejected:
        return tuple(rejects)
    return tuple(replace(each, reason=_without_values(each.reason), record=None) for each in rejects)


def reason_told(collection: Collection, status: Status, reason: str) -> str:
    """Why an artifact could not be read, with no more of what it holds than the collection keeps."""
    is_secret = status == "quarantined" and not collection.keeps_rejected
    return _without_values(reason) if is_secret else reason


def _without_values(reason: str) -> str:
    """A reason without what it shows of a record; that always follows a colon."""
    return reason.partition(": ")[0]


def stage_rejects(
    connection: duckdb.DuckDBPyConnection, lake: Lake, collection: Collection, rejects: Sequence[Reject]
) -> tuple[StagedFile, ...]:
    """Write rejects as a staged file; they are filed under the day they were met."""
    if not rejects:
        return ()
    now = datetime.now(UTC)
    slot = Slot(REJECTED_TABLE, collection.name, collection.table_stored, now.date())
    connection.register("rejects", _table(rejects))
    try:
        staged = stage(connection, lake, slot, _select(collection, now), stream=collection.stream)
    finally:
        connection.unregister("rejects")
    return () if staged is None else (staged,)


def _table(rejects: Sequence[Reject]) -> pa.Table:
    return pa.table(
        {
            "artifact": pa.array([each.artifact.location for each in rejects], pa.string()),
            "version": pa.array([each.artifact.version for each in rejects], pa.string()),
            "position": pa.array([each.position for each in rejects], pa.int64()),
            "reason": pa.array([each.reason for each in rejects], pa.string()),
            "record": pa.array([each.record for each in rejects], pa.string()),
        }
    )


def _select(collection: Collection, now: datetime) -> str:
    instant = f"CAST({literal(now.isoformat())} AS TIMESTAMPTZ)"
    table, name = literal(collection.table_stored), literal(collection.name)
    made = {
        "tp_id": f"md5(concat_ws('/', {table}, {name}, artifact, {afresh_sql('version')}, position, reason, record))",
        "tp_timestamp": instant,
        "tp_ingest_timestamp": instant,
        "tp_table": literal(REJECTED_TABLE),
        "tp_source_type": literal(collection.source.type),
        "tp_source_location": "artifact",
        "tp_source_version": "version",
        "tp_source_offset": "position",
        "rejected_table": table,
        "rejected_collection": name,
        **{name: name for name in ("artifact", "position", "reason", "record")},
    }
    columns = ", ".join(f"{made.get(each.name, f'NULL::{each.type}')} AS {each.name}" for each in STORED_COLUMNS)
    return f"SELECT {columns} FROM rejects"
