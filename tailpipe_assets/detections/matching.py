"""Matching: all rules over new rows in one scan, and the findings of those for which one row is enough.

Gate, then tag: a row must meet one of the conditions to come through, and only then it is said which. That is several
times cheaper than asking every rule of every row. When the scan fails, the rules are tried one by one; the culprit is
then asked so that it passes over the rows on which it fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import duckdb

from tailpipe_assets.detections.expressions import in_words
from tailpipe_resources.model.names import literal, quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from tailpipe_assets.detections.rules import Rule
    from tailpipe_resources.model.detection import Exemption

HITS = "tp_hits"
"""The temporary table of rows that meet a rule."""

RULES = "tp_rules"
"""Its column of the numbers of those rules."""


PLACES = frozenset({"tp_year", "tp_month", "tp_day", "tp_date"})
"""Columns that say no more than the time does."""


@dataclass(frozen=True, slots=True)
class RuleFault:
    """A rule that failed on some rows. The others went on."""

    detection: str
    reason: str


@dataclass(frozen=True, slots=True)
class Hits:
    """What a scan came to."""

    numbers: frozenset[int]
    """Rules that some row meets."""

    faults: tuple[RuleFault, ...] = ()


@dataclass(frozen=True, slots=True)
class _Rows:
    """Where conditions look."""

    relation: str
    head: str = ""
    """What goes before the query."""

    @classmethod
    def of(cls, rules: Sequence[Rule], rows: str) -> Self:
        """The rows of a query, under the name of their table where a condition asks for that."""
        table = next((quote(each.table.name) for each in rules if each.detection.asks_table), "")
        return cls(table, f"WITH {table} AS NOT MATERIALIZED ({rows}) ") if table else cls(f"({rows})")


def tag(
    connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule], rows: str, *, into: str = HITS, kept: str = "*"
) -> Hits:
    """Put the rows that meet a rule into a table, each with the numbers of the rules it meets.

    Args:
        connection: where to.
        rules: each with a condition.
        rows: a query for rows with all columns of the rules' table.
        into: the table.
        kept: what it keeps of each row.
    """
    if not rules:
        return Hits(frozenset())
    conditions, looked_at = [_plain(rule) for rule in rules], _Rows.of(rules, rows)
    faults: tuple[RuleFault, ...] = ()
    scan = _Scan(connection, looked_at, into, kept)
    try:
        scan.run(conditions)
    except duckdb.Error as error:
        conditions, faults = _forgiving(connection, rules, looked_at)
        if not faults:
            raise error from None
        scan.run(conditions)
    found = connection.execute(f"SELECT DISTINCT unnest({RULES}) FROM {into}").fetchall()
    return Hits(frozenset(number for (number,) in found), faults)


@dataclass(frozen=True, slots=True)
class _Scan:
    """One look at rows for all rules."""

    connection: duckdb.DuckDBPyConnection
    rows: _Rows
    into: str
    kept: str

    def run(self, conditions: Sequence[str]) -> None:
        numbers = ", ".join(f"CASE WHEN {each} THEN {number} END" for number, each in enumerate(conditions))
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {self.into} AS {self.rows.head}SELECT {self.kept}, "
            f"list_filter([{numbers}], lambda tp_rule: tp_rule IS NOT NULL) AS {RULES} "
            f"FROM {self.rows.relation} WHERE {' OR '.join(conditions)}"
        )


def _plain(rule: Rule) -> str:
    # Bare, so that a filter looks no further once a part of an AND is false; inside coalesce() it looks at all parts.
    return f"(\n{rule.detection.where}\n)"


def _forgiving(
    connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule], rows: _Rows
) -> tuple[list[str], tuple[RuleFault, ...]]:
    """The conditions such that none fails, and which did."""
    conditions, faults = [], []
    for rule in rules:
        condition = _plain(rule)
        try:
            _count(connection, condition, rows)
        except duckdb.Error as error:
            reason = in_words(str(error), rule.detection.where or "")
            faults.append(RuleFault(rule.detection.address, reason))
            condition = f"coalesce(TRY((\n{rule.detection.where}\n)), false)"
            try:
                _count(connection, condition, rows)
            except duckdb.Error:
                condition = "false"
        conditions.append(condition)
    return conditions, tuple(faults)


def _count(connection: duckdb.DuckDBPyConnection, condition: str, rows: _Rows) -> None:
    connection.execute(f"{rows.head}SELECT count(*) FROM {rows.relation} WHERE {condition}").fetchall()


def matches_sql(rule: Rule, number: int, now: datetime) -> str:
    """A query for the findings of a rule for which one row is enough, with the columns of `facts_sql`."""
    detection = rule.detection
    start = literal(f"{detection.address}\n{detection.table}\n")
    return (
        f"SELECT DISTINCT ON (tp_id) sha256({start} || tp_id) AS finding_id, 1 AS version, tp_timestamp AS first_seen, "
        f"tp_timestamp AS last_seen, 1::BIGINT AS row_count, [tp_id] AS tp_ids, {facts_sql(rule, now)} "
        f"FROM {HITS} WHERE list_contains({RULES}, {number})"
    )


def facts_sql(rule: Rule, now: datetime, *, exempts: bool = True) -> str:
    """SQL over a row for what a finding keeps of a row, and, unless that is said elsewhere, what suppresses it."""
    detection = rule.detection
    names = detection.column_names or tuple(each.strip() for each in detection.columns)
    shown = dict(zip(names, detection.columns, strict=True)) or {
        each.name: quote(each.name) for each in rule.table.columns if each.name not in PLACES
    }
    exempt = f", {suppressed(rule.acting(now))} AS suppressed_by" if exempts else ""
    kept = f"struct_pack({', '.join(f'{quote(name)} := ({value})' for name, value in shown.items())})"
    return (
        f"{keyed(rule.dedupe_by)} AS dedupe_key, {text(rule.actor)} AS actor, {text(rule.resource)} AS resource, "
        f"tp_source_ip AS source_ip, TRY(json_merge_patch('{{}}', to_json({kept}))) AS sample, "
        f"tp_source_location AS location{exempt}"
    )


def text(expression: str) -> str:
    """An expression as text; NULL where it fails."""
    return f"TRY(CAST((\n{expression}\n) AS VARCHAR))"


def keyed(expressions: Iterable[str]) -> str:
    """Several expressions as one text."""
    return joined([f"coalesce({text(each)}, '')" for each in expressions])


def joined(texts: Sequence[str]) -> str:
    """SQL for texts in a row as one text, which differs where one of them does; NULL where one is."""
    if not texts:
        return "''"
    *others, last = texts
    # A separator is found again only where no text before it holds one, or ends as one begins: a slash more tells.
    told = [
        f"CASE WHEN regexp_matches({each}, ' /+( |$)') THEN replace({each}, ' /', ' //') ELSE {each} END"
        for each in others
    ]
    return " || ' / ' || ".join([*told, last])


def suppressed(exemptions: Iterable[Exemption]) -> str:
    """SQL for the first exemption that covers a row; NULL when none does."""
    cases = [f"WHEN TRY(coalesce((\n{each.where}\n), false)) THEN {literal(each.shown)}" for each in exemptions]
    return f"CASE {' '.join(cases)} END" if cases else "NULL::VARCHAR"
