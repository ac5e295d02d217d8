"""Evaluating: what all rules of a set find in some rows, given what is known from before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import duckdb

from tailpipe_assets.detections.episodes import put_upserts, upserts
from tailpipe_assets.detections.found import add_found, make_found
from tailpipe_assets.detections.matching import RULES, RuleFault, matches_sql, tag
from tailpipe_assets.detections.thresholds import (
    NEW,
    OLD,
    Counted,
    episodes,
    findings_sql,
    ranges,
    touched,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tailpipe_assets.detections.episodes import Known, Span
    from tailpipe_assets.detections.found import Evaluation
    from tailpipe_assets.detections.rules import Rule, RuleSet


class History(Protocol):
    """What was there before the rows that are evaluated."""

    def findings(self, rule: Rule) -> str | None:
        """A query for `finding_id`, the newest `version` and `backtest` of a rule's findings; None without any."""

    def episodes(self, rule: Rule) -> Sequence[Known]:
        """The episodes of a rule that no other has taken in, in their newest versions."""

    def rows(self, first: int, last: int) -> str | None:
        """A query for the rows between two times, in microseconds; None when there are none."""


@dataclass(frozen=True, slots=True)
class NoHistory:
    """Nothing was before."""

    def findings(self, rule: Rule) -> str | None:
        """None."""
        del rule
        return None

    def episodes(self, rule: Rule) -> Sequence[Known]:
        """None."""
        del rule
        return ()

    def rows(self, first: int, last: int) -> str | None:
        """None."""
        del first, last
        return None


def evaluate(
    connection: duckdb.DuckDBPyConnection, rules: RuleSet, rows: str, evaluation: Evaluation, history: History
) -> tuple[RuleFault, ...]:
    """Put into `FOUND` what the rules find in rows and was not found before; the rules that failed on some row.

    Args:
        connection: where to.
        rules: those to evaluate.
        rows: a query for the rows, with all columns of the rules' table.
        evaluation: what is the same for all findings.
        history: what was there before.
    """
    make_found(connection)
    single = [rule for rule in rules.rules if rule.detection.threshold is None]
    hits = tag(connection, single, rows)
    faults = list(hits.faults)
    for number in sorted(hits.numbers):
        rule = single[number]
        try:
            found = matches_sql(rule, number, evaluation.now)
            add_found(connection, rule, evaluation, unknown(found, rule, evaluation, history))
        except duckdb.Error as error:
            faults.append(_fault(rule, error))
    _thresholds(connection, rules, rows, evaluation, history, faults)
    return tuple(faults)


def unknown(select: str, rule: Rule, evaluation: Evaluation, history: History) -> str:
    """A query for findings, without those that were found before.

    What only a backtest had found is new to whoever makes none: it becomes a finding like any other.
    """
    known = history.findings(rule)
    if known is None:
        return f"SELECT *, true AS is_new FROM ({select})"
    is_new = "k.version IS NULL" if evaluation.backtest else "k.version IS NULL OR k.backtest"
    return (
        f"SELECT f.* REPLACE (coalesce(k.version + 1, f.version) AS version), true AS is_new FROM ({select}) f "
        f"LEFT JOIN ({known}) k ON k.finding_id = f.finding_id WHERE {is_new}"
    )


def _thresholds(
    connection: duckdb.DuckDBPyConnection,
    rules: RuleSet,
    rows: str,
    evaluation: Evaluation,
    history: History,
    faults: list[RuleFault],
) -> None:
    """Add the episodes that the new rows began, or changed."""
    several = [each for each in rules.rules if each.detection.threshold is not None]
    counted = [
        Counted(rule, rule.detection.threshold, number)
        for number, rule in enumerate(several)
        if rule.detection.threshold is not None
    ]
    kept = "tp_id, tp_timestamp" + "".join(each.columns(evaluation.now) for each in counted)
    hits = tag(connection, several, rows, into=NEW, kept=kept)
    faults += hits.faults
    counted = [each for each in counted if each.number in hits.numbers]
    known = {each.number: history.episodes(each.rule) for each in counted}
    spans = {each.number: ranges(each.window, touched(connection, each), known[each.number]) for each in counted}
    counted = [each for each in counted if spans[each.number]]
    if not counted:
        return
    _read_old(connection, counted, spans, evaluation, history)
    for each in counted:
        try:
            made = episodes(connection, each, spans[each.number])
            wanted = upserts(each.rule, evaluation, made, known[each.number])
            if wanted:
                put_upserts(connection, wanted)
                add_found(connection, each.rule, evaluation, findings_sql(each, rows, evaluation.now))
        except duckdb.Error as error:
            faults.append(_fault(each.rule, error))


def _read_old(
    connection: duckdb.DuckDBPyConnection,
    counted: Sequence[Counted],
    spans: Mapping[int, Mapping[str, Span]],
    evaluation: Evaluation,
    history: History,
) -> None:
    """Put into `OLD` the earlier rows that meet one of the rules, about where the new ones are."""
    every = [span for each in counted for span in spans[each.number].values()]
    rows = history.rows(min(each[0] for each in every), max(each[1] for each in every))
    if rows is None:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {OLD} AS FROM {NEW} WHERE false")
        return
    conditions = [f"coalesce(TRY((\n{each.rule.detection.where}\n)), false)" for each in counted]
    numbers = ", ".join(f"CASE WHEN {c} THEN {each.number} END" for c, each in zip(conditions, counted, strict=True))
    columns = "".join(each.columns(evaluation.now) for each in counted)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {OLD} AS SELECT tp_id, tp_timestamp, [{numbers}] AS {RULES}{columns} "
        f"FROM ({rows}) WHERE {' OR '.join(conditions)}"
    )


def _fault(rule: Rule, error: duckdb.Error) -> RuleFault:
    return RuleFault(rule.detection.address, str(error).strip().splitlines()[0])
