"""Answers: the rows that a scheduled query gave, as findings.

A row with a `tp_id` is a finding of that row. Other rows are known by their `group_key`: what is found again about the
same key, in windows that touch, is one finding that grows. So asking a window twice adds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tailpipe_assets.detections.episodes import UPSERTS, Episode, Known, micros, put_upserts, upserts
from tailpipe_assets.detections.evaluate import unknown
from tailpipe_assets.detections.found import Evaluation, add_found, make_found
from tailpipe_assets.detections.matching import facts_sql, joined, suppressed
from tailpipe_assets.detections.rules import Rule, RuleTable
from tailpipe_assets.detections.thresholds import MOST_IDS
from tailpipe_resources.model.names import literal, quote
from tailpipe_resources.model.schema import Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

    from tailpipe_assets.detections.evaluate import History
    from tailpipe_resources.model.window import Window

ANSWERS = "tp_answers"
"""The temporary table of what a query gave."""

KEY = "group_key"
COUNTS = "tp_counts"
_ROW_ID = "tp_id"
_NUMBERS = ("row_count", "n", "count")
_NOT_IN_KEYS = ("INT", "DOUBLE", "FLOAT", "REAL", "DECIMAL", "TIME", "DATE", "INTERVAL", "[]", "STRUCT", "MAP", "JSON")


@dataclass(frozen=True, slots=True)
class _Rows:
    """What a query gave, and where its conditions look."""

    columns: dict[str, Column]
    """By name in lower case."""

    table: RuleTable
    window: tuple[datetime, datetime]

    def has(self, name: str) -> bool:
        return name in self.columns

    @property
    def key(self) -> str:
        """SQL for what tells findings apart that are of no single row."""
        if self.has(KEY):
            return f"CAST({KEY} AS VARCHAR)"
        named = [each for each in self.columns.values() if not any(kind in each.type.upper() for kind in _NOT_IN_KEYS)]
        return joined([f"coalesce(CAST({quote(each.name)} AS VARCHAR), '')" for each in named])

    def time(self, names: Iterable[str], otherwise: datetime) -> str:
        """SQL for an instant: the first of some columns, else a bound of the window."""
        found = [f"TRY_CAST({name} AS TIMESTAMPTZ)" for name in names if self.has(name)]
        return f"coalesce({', '.join([*found, f'TIMESTAMPTZ {literal(otherwise.isoformat())}'])})"

    @property
    def sql(self) -> str:
        """A query for the rows, with the table's columns that they lack as NULL, and what a finding needs."""
        count = next((f"TRY_CAST({quote(each)} AS BIGINT)" for each in _NUMBERS if self.has(each)), "1::BIGINT")
        is_list = self.has("tp_ids") and self.columns["tp_ids"].type.endswith("[]")
        made = {
            "tp_first": self.time(("first_seen", "tp_timestamp"), self.window[0]),
            "tp_last": self.time(("last_seen", "tp_timestamp"), self.window[1]),
            "tp_count": f"coalesce({count}, 1)",
            "tp_list": f"CAST(tp_ids AS VARCHAR[])[:{MOST_IDS}]" if is_list else "[]::VARCHAR[]",
            "tp_key": self.key,
        }
        lacking = {
            each.name: "source_ip" if each.name == "tp_source_ip" and self.has("source_ip") else "NULL"
            for each in self.table.columns
            if not self.has(each.name.lower())
        }
        typed = {each.name: each.type for each in self.table.columns}
        nulls = [f"CAST({value} AS {typed[name]}) AS {quote(name)}" for name, value in lacking.items()]
        return f"SELECT *, {', '.join([*nulls, *(f'{sql} AS {name}' for name, sql in made.items())])} FROM {ANSWERS}"


def columns_of(table: RuleTable, given: Iterable[Column]) -> tuple[Column, ...]:
    """What conditions about answers may name: the columns of the query, and the table's that it does not give."""
    own = tuple(given)
    names = {each.name.lower() for each in own}
    return (*own, *(each for each in table.columns if each.name.lower() not in names))


def find_in_answers(
    connection: duckdb.DuckDBPyConnection, rule: Rule, evaluation: Evaluation, window: Window, history: History
) -> None:
    """Put into `FOUND` what the answers in `ANSWERS` tell that was not found before.

    Args:
        connection: where both are.
        rule: whose query was asked.
        evaluation: what is the same for all findings.
        window: what it was asked of, with both its ends.
        history: what was there before.
    """
    make_found(connection)
    described = connection.execute(f"DESCRIBE {ANSWERS}").fetchall()
    columns = {str(name).lower(): Column(str(name), str(kind)) for name, kind, *_ in described}
    bounds = (window.start or datetime(1970, 1, 1, tzinfo=UTC), window.end or evaluation.now)
    rows = _Rows(columns, rule.table, bounds)
    shown = _shown(rule, rows)
    if rows.has(_ROW_ID):
        of_rows = _of_rows(shown, rows, evaluation.now)
        add_found(connection, rule, evaluation, unknown(of_rows, rule, evaluation, history))
        return
    known_before = history.episodes(rule)
    made = [_widened(each, known_before) for each in _episodes(connection, shown, rows, evaluation.now)]
    wanted = upserts(rule, evaluation, made, known_before)
    if wanted:
        put_upserts(connection, wanted)
        _put_counts(connection, made)
        add_found(connection, rule, evaluation, _of_keys(shown, rows, evaluation.now))


def _shown(rule: Rule, rows: _Rows) -> Rule:
    """The rule over its answers: who, what and which alert, where the answers say."""
    table = RuleTable(
        rule.table.name,
        tuple(rows.columns.values()),
        "actor" if rows.has("actor") else rule.table.actor,
        "resource" if rows.has("resource") else rule.table.resource,
    )
    by = rule.detection.dedupe.by or ((KEY,) if rows.has(KEY) else ())
    detection = replace(rule.detection, dedupe=replace(rule.detection.dedupe, by=by))
    return replace(rule, detection=detection, table=table)


def _of_rows(rule: Rule, rows: _Rows, now: datetime) -> str:
    """A query for the findings of single rows, which are those that a condition over the row would have."""
    start = literal(f"{rule.detection.address}\n{rule.table.name}\n")
    identity = f"CAST({_ROW_ID} AS VARCHAR)"
    return (
        f"SELECT DISTINCT ON (tp_row) sha256({start} || tp_row) AS finding_id, 1 AS version, tp_first AS first_seen, "
        f"tp_last AS last_seen, tp_count AS row_count, [tp_row] AS tp_ids, {facts_sql(rule, now)} "
        f"FROM (SELECT *, {identity} AS tp_row FROM ({rows.sql})) WHERE tp_row IS NOT NULL ORDER BY tp_row, tp_first"
    )


def _episodes(connection: duckdb.DuckDBPyConnection, rule: Rule, rows: _Rows, now: datetime) -> list[Episode]:
    found = connection.execute(
        "SELECT tp_key, epoch_us(min(tp_first)), epoch_us(max(tp_last)), max(tp_count), "
        "CASE WHEN bool_and(tp_exempt IS NOT NULL) THEN min(tp_exempt) END "
        f"FROM (SELECT *, {suppressed(rule.acting(now))} AS tp_exempt FROM ({rows.sql})) "
        "WHERE tp_key IS NOT NULL GROUP BY tp_key ORDER BY tp_key"
    ).fetchall()
    return [Episode(key, first, last, count, why, str(first)) for key, first, last, count, why in found]


def _widened(episode: Episode, known: Sequence[Known]) -> Episode:
    """An episode together with those it touches: a window sees no more than a part of what goes on."""
    first, last, count = episode.first, episode.last, episode.count
    near = [each for each in known if each.key == episode.key and each.span[0] <= last and first <= each.span[1]]
    return replace(
        episode,
        first=min([first, *(micros(each.first) for each in near)]),
        last=max([last, *(micros(each.last) for each in near)]),
        count=max([count, *(each.count for each in near)]),
    )


def _put_counts(connection: duckdb.DuckDBPyConnection, made: Sequence[Episode]) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {COUNTS} (key VARCHAR, n BIGINT)")
    keys, counts = [each.key for each in made], [each.count for each in made]
    connection.execute(f"INSERT INTO {COUNTS} SELECT unnest(?), unnest(?)", [keys, counts])


def _of_keys(rule: Rule, rows: _Rows, now: datetime) -> str:
    """A query for the findings in `UPSERTS`, with what they keep of the first row of their key."""
    facts = (
        f"SELECT DISTINCT ON (tp_key) tp_key, tp_list, {facts_sql(rule, now, exempts=False)} FROM ({rows.sql}) "
        "WHERE tp_key IS NOT NULL ORDER BY tp_key, tp_first, tp_last, tp_count DESC"
    )
    return (
        "SELECT u.finding_id, u.version, make_timestamptz(u.first) AS first_seen, make_timestamptz(u.last) AS "
        "last_seen, c.n AS row_count, facts.tp_list AS tp_ids, u.key AS group_key, u.merged_into, u.suppressed_by, "
        f"u.is_new, facts.* EXCLUDE (tp_key, tp_list) FROM {UPSERTS} u JOIN {COUNTS} c USING (key) "
        f"JOIN ({facts}) facts ON facts.tp_key = u.key"
    )
