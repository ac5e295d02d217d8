"""A few rows of what a run stored, for people who look at it in the web UI."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import dagster as dg
import duckdb

from tailpipe_resources.lake import snapshot
from tailpipe_resources.model.names import quote
from tailpipe_resources.model.slot import Slot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tailpipe_assets.pipeline import Plan
    from tailpipe_resources.lake import Lake
    from tailpipe_resources.model.results import CollectResult

SWITCH = "TAILPIPE_PREVIEW"
"""The environment variable that is `0` where rows must not be copied into Dagster's storage."""

ROWS = 5
WIDTH = 80
_NESTED = ("STRUCT", "JSON", "MAP", "[]")
_GIVEN_AWAY = r"(?i)((?:token|secret|passw(?:or)?d|pwd|api[_-]?key|signature|credential)[^=:&\s]{0,20}[=:])[^&\s]+"


def preview(
    ready: Plan, result: CollectResult, lake: Lake, connect: Callable[[], duckdb.DuckDBPyConnection]
) -> dg.TableMetadataValue | None:
    """At most five of the rows just stored, with long values cut and passwords hidden; None when there are none."""
    file = _newest_file(ready, result, lake) if result.rows and os.environ.get(SWITCH) != "0" else None
    if file is None:
        return None
    columns = ["tp_timestamp", *(each.name for each in ready.table.columns if not _is_nested(each.type))]
    with connect() as connection:
        lake.store.attach(connection)
        try:
            rows = connection.execute(_sql(columns), [file, ROWS]).fetchall()
        except duckdb.Error:
            return None
    return _table(columns, rows)


def _newest_file(ready: Plan, result: CollectResult, lake: Lake) -> str | None:
    """A file of the last day that has rows."""
    table, name = ready.collection.key
    stored = snapshot(lake, table)
    start = lake.store.address("")
    slots = {path: Slot.from_path(path.removeprefix(start)) for path in (stored.files if stored else ())}
    ours = (path for path, slot in slots.items() if slot.collection == name and slot.day == max(result.days))
    return next(ours, None)


def _is_nested(kind: str) -> bool:
    return any(mark in kind for mark in _NESTED)


def _sql(columns: Sequence[str]) -> str:
    shown = (
        f"left(regexp_replace(CAST({quote(each)} AS VARCHAR), '{_GIVEN_AWAY}', '\\1(hidden)', 'g'), {WIDTH})"
        for each in columns
    )
    return f"SELECT {', '.join(shown)} FROM read_parquet(?) LIMIT ?"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str | None]]) -> dg.TableMetadataValue:
    records = [dg.TableRecord({name: value or "" for name, value in zip(columns, row, strict=True)}) for row in rows]
    schema = dg.TableSchema(columns=[dg.TableColumn(name, "string") for name in columns])
    return dg.MetadataValue.table(records=records, schema=schema)
