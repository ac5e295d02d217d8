"""Testing rules: each test of a detection through the evaluation that its rows go through when they come in."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb

from tailpipe_assets.detections.evaluate import NoHistory, evaluate
from tailpipe_assets.detections.expressions import branches, in_words
from tailpipe_assets.detections.found import FOUND, Evaluation
from tailpipe_assets.detections.rules import RuleSet
from tailpipe_assets.pipeline.tested_rows import PARTITION, TESTED, RowsError, put_rows, readers_of
from tailpipe_resources.model.names import quote
from tailpipe_resources.query.engine import isolated
from tailpipe_resources.query.statements import parameters_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tailpipe_assets.detections.rules import Rule
    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_resources.model.detection import DetectionTest

_NO_NULLS = "CAST(json_merge_patch('{}', to_json(t)) AS VARCHAR)"
_MADE_UP = frozenset(
    {"tp_id", "tp_ingest_timestamp", "tp_table", "tp_source_type", "tp_source_location", "tp_source_version"}
    | {"tp_source_offset", "tp_index"}
)
"""Columns that tell nothing about a test."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One of the conditions that an `and` joins, and of how many rows of a test it is what."""

    condition: str
    true: int
    false: int
    null: int

    @property
    def is_met(self) -> bool:
        """Whether some row meets it."""
        return self.true > 0


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a test."""

    detection: str
    test: DetectionTest
    found: int = 0
    """Findings that nothing suppresses."""

    suppressed_by: tuple[str, ...] = ()
    problem: str = ""
    """Why it could not be tried."""

    events: tuple[dict[str, Any], ...] = ()
    """Its rows as the rule saw them, without what is NULL; of a test that failed."""

    branches: tuple[Branch, ...] = ()
    """Of a test that failed."""

    @property
    def passed(self) -> bool:
        """Whether what was expected came about."""
        return not self.problem and self.test.expect == (self.found > 0)


def run_tests(rules: Sequence[Rule], plans: Sequence[Plan]) -> Iterator[Tried]:
    """What comes of the tests of rules, one by one.

    Args:
        rules: those to test.
        plans: the collections, whose formats read a test's `raw`.
    """
    with isolated() as connection:
        for rule in rules:
            for test in rule.detection.tests:
                yield _tested(connection, rule, test, plans)


def fires(connection: duckdb.DuckDBPyConnection, rule: Rule, rows: str) -> str:
    """Put into `FOUND` what a rule finds in rows; why it could not, else nothing."""
    evaluation = Evaluation(PARTITION, datetime.now(UTC))
    faults = evaluate(connection, RuleSet(rule.table, PARTITION, (rule,)), rows, evaluation, NoHistory())
    return f"the rule fails on it: {faults[0].reason}" if faults else ""


def _tested(connection: duckdb.DuckDBPyConnection, rule: Rule, test: DetectionTest, plans: Sequence[Plan]) -> Tried:
    asked = replace(rule, exemptions=()) if test.ignore_exceptions else rule
    tested = Tried(rule.detection.address, test)
    try:
        rows = put_rows(connection, rule.table, readers_of(rule.table, plans), test)
    except RowsError as error:
        return replace(tested, problem=str(error))
    try:
        tested = _asked(connection, asked, rows, tested)
    except duckdb.Error as error:
        text = rule.detection.sql or rule.detection.where or ""
        tested = replace(tested, problem=f"the rule fails on it: {in_words(str(error), text)}")
    if tested.passed:
        return tested
    return replace(tested, events=_events(connection), branches=tuple(_branches(connection, rule, rows)))


def _asked(connection: duckdb.DuckDBPyConnection, rule: Rule, rows: str, tested: Tried) -> Tried:
    """A test with what its rule finds in the rows."""
    if rule.detection.sql is not None:
        return replace(tested, found=_answers(connection, rule, rows))
    problem = fires(connection, rule, rows)
    [(found, exempt)] = connection.execute(
        "SELECT count(*) FILTER (suppressed_by IS NULL), list(DISTINCT suppressed_by ORDER BY suppressed_by) "
        f"FILTER (suppressed_by IS NOT NULL) FROM {FOUND}"
    ).fetchall()
    return replace(tested, found=found, suppressed_by=tuple(exempt or ()), problem=problem)


def _answers(connection: duckdb.DuckDBPyConnection, rule: Rule, rows: str) -> int:
    """How many rows the query of a scheduled rule gives when its table holds no others than these."""
    sql = rule.detection.sql or ""
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {quote(rule.table.name)} AS {rows}")
    times = {"from": datetime(1970, 1, 1, tzinfo=UTC), "to": datetime.now(UTC) + timedelta(days=1)}
    given = {name: time for name, time in times.items() if name in parameters_of(sql)}
    return len(connection.execute(sql, given or None).fetchall())


def _events(connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, Any], ...]:
    found = connection.execute(f"SELECT {_NO_NULLS} FROM {TESTED} t ORDER BY tp_timestamp, tp_id").fetchall()
    return tuple({k: v for k, v in json.loads(text).items() if k not in _MADE_UP} for (text,) in found)


def _branches(connection: duckdb.DuckDBPyConnection, rule: Rule, rows: str) -> Iterator[Branch]:
    if rule.detection.where is None:
        return
    for condition in branches(connection, rule.detection.where):
        tried = f"SELECT TRY((\n{condition}\n)) AS it FROM ({rows})"
        [counts] = connection.execute(
            f"SELECT count(*) FILTER (it), count(*) FILTER (NOT it), count(*) FILTER (it IS NULL) FROM ({tried})"
        ).fetchall()
        yield Branch(condition, *counts)
