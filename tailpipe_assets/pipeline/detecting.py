"""Detecting: the rules are asked of the rows of each commit before it is made, and what they find goes with it."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb

from tailpipe_assets.detections.evaluate import evaluate
from tailpipe_assets.detections.found import FOUND, STORED_COLUMNS, Evaluation, found_sql
from tailpipe_assets.detections.history import LakeHistory
from tailpipe_assets.detections.relations import staged_rows
from tailpipe_resources.lake.found import commit_findings, finding_later
from tailpipe_resources.lake.schema import delta_schema
from tailpipe_resources.lake.staging import SHARE, StagedFile, stage_shares
from tailpipe_resources.lake.table import ensure_table
from tailpipe_resources.model.finding import FINDING_TABLE
from tailpipe_resources.model.names import literal
from tailpipe_resources.model.schema import storage_columns
from tailpipe_resources.model.slot import Slot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_resources.lake import Lake
    from tailpipe_resources.lake.delta import Told
    from tailpipe_resources.lake.replace import RowsOf


@dataclass(frozen=True, slots=True)
class Detected:
    """What the rules found in the rows of one commit."""

    files: tuple[StagedFile, ...] = ()
    findings: Mapping[str, int] = field(default_factory=dict)
    """New ones that nothing suppresses, by severity."""

    by_detection: Mapping[str, int] = field(default_factory=dict)
    """The same by detection."""

    suppressed: int = 0
    faults: Mapping[str, str] = field(default_factory=dict)
    """Rules that failed on some row, and how."""


def detect(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    ready: Plan,
    told: Told,
    files: Sequence[StagedFile],
    replaced: RowsOf,
) -> Detected:
    """Ask a collection's rules of rows that are about to be committed, and stage what they find.

    Args:
        connection: that may read what is staged, and the lake.
        lake: where both are.
        ready: the collection.
        told: who commits.
        files: the rows.
        replaced: rows that go in the same commit.
    """
    rules = ready.rules
    if rules is None or not rules.rules or not files:
        return Detected()
    evaluation = Evaluation(rules.collection, datetime.now(UTC), told.run)
    paths = {str(lake.store.scratch / file.staged): file.slot.index for file in files}
    rows = staged_rows(rules.table, rules.collection, paths)
    with ExitStack() as reading:
        history = LakeHistory(connection, lake, rules, replaced.condition, reading)
        try:
            faults = evaluate(connection, rules, rows, evaluation, history)
        except duckdb.Error as error:
            # The logs come in all the same: rules can be asked of them again, a lost log cannot be collected again.
            return Detected(faults={"(all)": str(error).strip().splitlines()[0]})
    staged = stage_found(connection, lake, rules.collection, ready.collection.stream)
    return Detected(staged, *counts_of(connection), {each.detection: each.reason for each in faults})


def counts_of(connection: duckdb.DuckDBPyConnection) -> tuple[Counter[str], Counter[str], int]:
    """New findings by severity and by detection, and how many are suppressed."""
    found = connection.execute(
        f"SELECT severity, detection, suppressed_by IS NULL, count(*) FROM {FOUND} WHERE is_new GROUP BY ALL"
    ).fetchall()
    by_severity: Counter[str] = Counter()
    by_detection: Counter[str] = Counter()
    for severity, detection, is_told, count in found:
        by_severity[severity] += count if is_told else 0
        by_detection[detection] += count if is_told else 0
    suppressed = sum(count for _, _, is_told, count in found if not is_told)
    return +by_severity, +by_detection, suppressed


def stage_found(
    connection: duckdb.DuckDBPyConnection, lake: Lake, collection: str, stream: str
) -> tuple[StagedFile, ...]:
    """Write what is in `FOUND` as staged files, one for every detection and day."""
    place = "detection || '/' || CAST(first_seen AS DATE)::VARCHAR"
    found = connection.execute(
        f"SELECT DISTINCT {place}, detection, CAST(first_seen AS DATE) FROM {FOUND} ORDER BY ALL"
    ).fetchall()
    if not found:
        return ()
    slots = [Slot(FINDING_TABLE, collection, detection, day) for _, detection, day in found]
    names = ", ".join(literal(name) for name, _, _ in found)
    select = found_sql(f"list_position([{names}], {place}) - 1 AS {SHARE}")
    return stage_shares(connection, lake, slots, select, stream=stream)


def commit_found(connection: duckdb.DuckDBPyConnection, lake: Lake, ready: Plan, told: Told) -> int:
    """Commit what is in `FOUND` of rows that are in the lake already; how many findings are new or have changed.

    Raises:
        BusyError: another process does so for the collection.
        CommitConflictError: another machine did first.
        LakeError: the lake cannot be written.
    """
    [(count,)] = connection.execute(f"SELECT count(DISTINCT finding_id) FROM {FOUND}").fetchall()
    if not count:
        return 0
    stream = f"later/{ready.collection.stream}"
    ensure_table(lake, FINDING_TABLE, STORED_COLUMNS, delta_schema(connection, storage_columns(STORED_COLUMNS)))
    with finding_later(lake, stream):
        commit_findings(lake, stream, stage_found(connection, lake, ready.collection.name, stream), told)
    return int(count)
