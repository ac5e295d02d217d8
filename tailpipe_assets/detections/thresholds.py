"""Thresholds: many rows, close together in time and alike, as episodes that do not depend on the order they came in.

A row is a trigger when the window that ends with it holds enough rows of its key. The windows of triggers that touch
are one episode. New rows can change no more than the triggers up to a window after them; so of each key they touch, the
rows around them are read again, as far as any episode reaches that is known there, and its episodes are made anew.
An episode that overlaps a known one goes on under its id.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tailpipe_assets.detections.episodes import UPSERTS, Episode
from tailpipe_assets.detections.matching import RULES, facts_sql, joined, suppressed, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    import duckdb

    from tailpipe_assets.detections.episodes import Known, Span
    from tailpipe_assets.detections.rules import Rule
    from tailpipe_resources.model.detection import Threshold

NEW = "tp_new"
OLD = "tp_old"
COUNTED = "tp_counted"
RANGES = "tp_ranges"
EPISODES = "tp_episodes"
MOST_IDS = 100


@dataclass(frozen=True, slots=True)
class Counted:
    """A rule with a threshold, and its number among the rules of a scan."""

    rule: Rule
    threshold: Threshold
    number: int

    @property
    def window(self) -> int:
        """Its window in microseconds."""
        return self.threshold.window // timedelta(microseconds=1)

    @property
    def key(self) -> str:
        """SQL over a row for its key; NULL where a part of it is."""
        return joined([text(each) for each in self.threshold.group_by])

    @property
    def value(self) -> str:
        """SQL over a row for what is counted or summed up, as text."""
        return text(self.threshold.distinct or self.threshold.sum or "NULL")

    def columns(self, now: datetime) -> str:
        """SQL over a row for what is kept of it in `NEW` and `OLD`."""
        number, exempt = self.number, suppressed(self.rule.acting(now))
        return f", {self.key} AS key_{number}, {self.value} AS value_{number}, {exempt} AS exempt_{number}"

    def rows_in(self, table: str) -> str:
        """A query for its rows in one of these."""
        number = self.number
        return (
            f"SELECT tp_id, epoch_us(tp_timestamp) AS ts, key_{number} AS key, value_{number} AS value, "
            f"exempt_{number} AS exempt FROM {table} WHERE list_contains({RULES}, {number})"
        )


def touched(connection: duckdb.DuckDBPyConnection, counted: Counted) -> dict[str, Span]:
    """The keys of a rule's new rows, and from when to when those are."""
    found = connection.execute(
        f"SELECT key, min(ts), max(ts) FROM ({counted.rows_in(NEW)}) GROUP BY key HAVING key IS NOT NULL"
    ).fetchall()
    return {key: (first, last) for key, first, last in found}


def ranges(width: int, keys: Mapping[str, Span], known: Iterable[Known]) -> dict[str, Span]:
    """How far the rows of each key must be read for its episodes to be whole.

    Args:
        width: the threshold's window in microseconds.
        keys: from when to when their new rows are.
        known: all episodes that were found of them.
    """
    by_key: dict[str, list[Span]] = defaultdict(list)
    for each in known:
        by_key[each.key].append(each.span)
    return {
        key: _widened((first - width, last + width), sorted(by_key[key]), width) for key, (first, last) in keys.items()
    }


def _widened(span: Span, episodes: Sequence[Span], width: int) -> Span:
    first, last = span
    while True:
        near = [each for each in episodes if each[0] - 2 * width <= last and first <= each[1] + 2 * width]
        wider = (
            min([first, *(each[0] - width for each in near)]),
            max([last, *(each[1] + width for each in near)]),
        )
        if wider == (first, last):
            return wider
        first, last = wider


def episodes(connection: duckdb.DuckDBPyConnection, counted: Counted, spans: Mapping[str, Span]) -> list[Episode]:
    """The episodes of the keys, within the spans.

    Args:
        connection: has the new rows in `NEW` and earlier ones in `OLD`.
        counted: the rule.
        spans: by key, what to look at.
    """
    _count(connection, counted, spans)
    threshold, window = counted.threshold, counted.window
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {EPISODES} AS "
        f"WITH triggers AS ({_triggers(threshold, window, COUNTED)}), "
        f"cut AS (SELECT key, ts, ts - {window} > coalesce(lag(ts) OVER (PARTITION BY key ORDER BY ts), "
        f"-9223372036854775807 + ts) AS is_first FROM triggers), "
        "numbered AS (SELECT key, ts, sum(is_first::INTEGER) OVER (PARTITION BY key ORDER BY ts) AS number FROM cut) "
        f"SELECT key, number, min(ts) - {window} AS since, max(ts) AS last FROM numbered GROUP BY key, number"
    )
    exempt = _triggers(threshold, window, f"(FROM {COUNTED} WHERE exempt IS NULL)")
    found = connection.execute(
        "SELECT e.key, min(c.ts), e.last, count(*), "
        f"CASE WHEN NOT EXISTS (FROM ({exempt}) u WHERE u.key = e.key AND u.ts BETWEEN e.since AND e.last) "
        "THEN arg_min(c.exempt, (c.ts, c.tp_id)) FILTER (c.exempt IS NOT NULL) END, arg_min(c.tp_id, (c.ts, c.tp_id)) "
        f"FROM {EPISODES} e JOIN {COUNTED} c ON c.key = e.key AND c.ts BETWEEN e.since AND e.last "
        "GROUP BY e.key, e.number, e.since, e.last ORDER BY ALL"
    ).fetchall()
    return [Episode(*row) for row in found]


def _count(connection: duckdb.DuckDBPyConnection, counted: Counted, spans: Mapping[str, Span]) -> None:
    """Gather the rows that count, each once."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {RANGES} (key VARCHAR, first BIGINT, last BIGINT)")
    keys, starts, ends = list(spans), [first for first, _ in spans.values()], [last for _, last in spans.values()]
    connection.execute(f"INSERT INTO {RANGES} SELECT unnest(?), unnest(?), unnest(?)", [keys, starts, ends])
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {COUNTED} AS SELECT DISTINCT ON (tp_id) tp_id, ts, key, value, exempt "
        f"FROM (SELECT *, 0 AS age FROM ({counted.rows_in(NEW)}) UNION ALL SELECT *, 1 AS age FROM "
        f"({counted.rows_in(OLD)})) JOIN {RANGES} USING (key) "
        f"WHERE ts BETWEEN {RANGES}.first AND {RANGES}.last ORDER BY tp_id, age"
    )


def _triggers(threshold: Threshold, window: int, rows: str) -> str:
    """A query for the key and the instant of each trigger. Rows of one instant count together, so no tie is broken."""
    measure = "count(*)"
    if threshold.distinct is not None:
        measure = "count(DISTINCT value)"
    elif threshold.sum is not None:
        measure = "sum(TRY_CAST(value AS DOUBLE))"
    frame = f"PARTITION BY key ORDER BY ts RANGE BETWEEN {window} PRECEDING AND CURRENT ROW"
    measured = f"SELECT key, ts, {measure} OVER ({frame}) AS n FROM {rows}"
    return f"SELECT DISTINCT key, ts FROM ({measured}) WHERE n >= {threshold.least}"


def findings_sql(counted: Counted, rows: str, now: datetime) -> str:
    """A query for the findings of the episodes in `UPSERTS`, with what they keep of their first new row.

    Args:
        counted: the rule.
        rows: a query for the new rows, whole.
        now: when they are made.
    """
    first = (
        f"SELECT u.finding_id, arg_min(n.tp_id, (n.ts, n.tp_id)) AS shown FROM {UPSERTS} u "
        f"JOIN ({counted.rows_in(NEW)}) n ON n.key = u.key AND n.ts BETWEEN u.first AND u.last GROUP BY ALL"
    )
    facts = (
        f"SELECT DISTINCT ON (tp_id) tp_id AS shown, {facts_sql(counted.rule, now, exempts=False)} FROM ({rows}) "
        f"WHERE tp_id IN (SELECT shown FROM ({first}))"
    )
    members = (
        f"SELECT u.finding_id, count(c.tp_id) AS n, list(c.tp_id ORDER BY c.ts, c.tp_id)[:{MOST_IDS}] AS ids "
        f"FROM {UPSERTS} u LEFT JOIN {COUNTED} c ON c.key = u.key AND c.ts BETWEEN u.first AND u.last GROUP BY ALL"
    )
    return (
        "SELECT u.finding_id, u.version, make_timestamptz(u.first) AS first_seen, make_timestamptz(u.last) AS "
        "last_seen, m.n AS row_count, m.ids AS tp_ids, u.key AS group_key, u.merged_into, u.suppressed_by, "
        f"u.is_new, facts.* EXCLUDE (shown) FROM {UPSERTS} u JOIN ({members}) m USING (finding_id) "
        f"LEFT JOIN ({first}) f USING (finding_id) LEFT JOIN ({facts}) facts ON facts.shown = f.shown"
    )
