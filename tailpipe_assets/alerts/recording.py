"""Writing down in the lake what was done about alerts, so that a lost host forgets nothing."""

from __future__ import annotations

import hashlib
from itertools import groupby
from typing import TYPE_CHECKING

import pyarrow as pa

from tailpipe_resources.lake.delta import Change, Told, commit_change
from tailpipe_resources.lake.ledger import new_batch
from tailpipe_resources.lake.schema import delta_schema
from tailpipe_resources.lake.staging import stage
from tailpipe_resources.lake.table import ensure_table
from tailpipe_resources.model.alert import ALERT_COLUMNS, ALERT_TABLE
from tailpipe_resources.model.schema import COMMON_COLUMNS
from tailpipe_resources.model.slot import Slot
from tailpipe_resources.query.engine import connect

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    import duckdb

    from tailpipe_resources.lake import Lake
    from tailpipe_resources.lake.staging import StagedFile
    from tailpipe_resources.model.alert import AlertEvent

STORED_COLUMNS = (*COMMON_COLUMNS, *ALERT_COLUMNS)
"""What a file of the table holds."""

_DONE_BY = "tailpipe"


def record(lake: Lake, events: Iterable[AlertEvent]) -> None:
    """Append events to the lake's table of alerts, in one commit.

    Raises:
        LakeError: the lake cannot be written. None of them is there then.
    """
    ordered = sorted(events, key=_place)
    if not ordered:
        return
    with connect(threads=1) as connection:
        lake.store.attach(connection)
        ensure_table(lake, ALERT_TABLE, STORED_COLUMNS, delta_schema(connection, STORED_COLUMNS))
        staged = [
            _staged(connection, lake, Slot(ALERT_TABLE, *key), list(those)) for key, those in groupby(ordered, _place)
        ]
        added = tuple(each.publish(lake) for each in staged)
        commit_change(lake, ALERT_TABLE, Change(added, (), new_batch(None), told=Told("alert")))


def _place(event: AlertEvent) -> tuple[str, str, date]:
    return event.collection, event.table, event.at.date()


def _staged(connection: duckdb.DuckDBPyConnection, lake: Lake, slot: Slot, events: Sequence[AlertEvent]) -> StagedFile:
    connection.register("events", _table(events))
    own = {each.name for each in ALERT_COLUMNS}
    made = {
        "tp_id": "tp_id",
        "tp_timestamp": "event_time",
        "tp_ingest_timestamp": "event_time",
        "tp_table": f"'{ALERT_TABLE}'",
        "tp_source_type": f"'{_DONE_BY}'",
    }
    columns = ", ".join(
        f"{each.name if each.name in own else made.get(each.name, 'NULL')}::{each.type} AS {each.name}"
        for each in STORED_COLUMNS
    )
    try:
        file = stage(connection, lake, slot, f"SELECT {columns} FROM events", stream=f"{ALERT_TABLE}/{slot.collection}")
    finally:
        connection.unregister("events")
    assert file is not None
    return file


def _table(events: Sequence[AlertEvent]) -> pa.Table:
    rows = [
        {
            "tp_id": _id(each),
            "alert_id": each.alert_id,
            "event": each.event,
            "detection": each.detection,
            "dedupe_key": each.dedupe_key,
            "severity": str(each.severity),
            "alert_table": each.table,
            "alert_collection": each.collection,
            "notifier": each.notifier or None,
            "number": each.number or None,
            "verdict": each.verdict or None,
            "reason": each.reason or None,
            "by_user": each.by or None,
            "event_time": each.at,
        }
        for each in events
    ]
    kinds = {"number": pa.int32(), "event_time": pa.timestamp("us", "UTC")}
    schema = pa.schema([pa.field(name, kinds.get(name, pa.string())) for name in rows[0]])
    return pa.Table.from_pylist(rows, schema=schema)


def _id(event: AlertEvent) -> str:
    """The same for the same notification, however often it is written down."""
    when = "" if event.number else event.at.isoformat()
    text = "\0".join((event.alert_id, event.event, event.notifier, str(event.number), when))
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
