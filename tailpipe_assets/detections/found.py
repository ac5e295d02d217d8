"""The table in which one evaluation gathers its findings, before they become files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailpipe_resources.model.finding import FINDING_COLUMNS, FINDING_TABLE
from tailpipe_resources.model.names import literal
from tailpipe_resources.model.schema import COMMON_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    import duckdb

    from tailpipe_assets.detections.rules import Rule

FOUND = "tp_found"
"""Has the columns of findings, `location`: the artifact of the row that is shown, and `is_new`: whether there was no
such finding before, or none but of a backtest."""

STORED_COLUMNS = (*COMMON_COLUMNS, *FINDING_COLUMNS)
"""What a file of `tailpipe_finding` holds."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What all findings of one evaluation have in common."""

    collection: str
    now: datetime
    run: str = ""
    backtest: bool = False


def make_found(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table, empty."""
    columns = ", ".join(f"{each.name} {each.type}" for each in FINDING_COLUMNS)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {FOUND} ({columns}, location VARCHAR, is_new BOOLEAN)")


def add_found(connection: duckdb.DuckDBPyConnection, rule: Rule, evaluation: Evaluation, select: str) -> None:
    """Add what a rule found.

    Args:
        connection: where the table is.
        rule: whose findings they are.
        evaluation: what is the same for all of them.
        select: a query for the columns that differ.
    """
    detection = rule.detection
    same = {
        "detection": literal(detection.address),
        "definition_hash": literal(detection.definition_hash),
        "kind": literal(detection.kind),
        "severity": literal(str(detection.severity)),
        "title": literal(detection.title),
        "finding_table": literal(detection.table),
        "finding_collection": literal(evaluation.collection),
        "authors": _list(detection.authors),
        "mitre": _list(detection.mitre),
        "tags": _list(detection.tags),
        "dedupe_window": f"{int(detection.dedupe.window.total_seconds())}::BIGINT",
        "alert": str(detection.alert).lower(),
        "backtest": str(evaluation.backtest).lower(),
        "run_id": literal(evaluation.run),
        "created_at": f"CAST({literal(evaluation.now.isoformat())} AS TIMESTAMPTZ)",
    }
    columns = ", ".join(f"{value} AS {name}" for name, value in same.items())
    connection.execute(f"INSERT INTO {FOUND} BY NAME SELECT *, {columns} FROM ({select})")


def found_sql(beside: str) -> str:
    """A query for the stored columns of what was found, and one more."""
    made = {
        "tp_id": "md5(concat_ws('/', finding_id, version))",
        "tp_timestamp": "first_seen",
        "tp_ingest_timestamp": "created_at",
        "tp_table": literal(FINDING_TABLE),
        "tp_source_location": "location",
        "tp_source_ip": "source_ip",
        "tp_ips": "CASE WHEN source_ip IS NOT NULL THEN [source_ip] END",
        "tp_usernames": "CASE WHEN actor IS NOT NULL THEN [actor] END",
        **{each.name: each.name for each in FINDING_COLUMNS},
        "sample": "CAST(sample AS VARCHAR)",
    }
    columns = ", ".join(f"{made.get(each.name, f'NULL::{each.type}')} AS {each.name}" for each in STORED_COLUMNS)
    return f"SELECT {columns}, {beside} FROM {FOUND}"


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(literal, texts))}]::VARCHAR[]"
