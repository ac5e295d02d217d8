"""How fast a compacted lake answers, beside DuckDB by glob and ClickHouse over the same rows as DuckDB writes them."""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from tailpipe_assets.views.opened import Engine, OpenViews, open_config
from tailpipe_resources.query.layers import all_log
from tests.benchmarks.query_cost import show_cost
from tests.benchmarks.query_lake import ACCOUNTS, DAYS, EVENTS, FIRST_DAY, TABLE, Prepared, prepared

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Ask = Callable[[str], list[tuple[Any, ...]]]

DAY = FIRST_DAY.replace(day=7)
RUNS = 3
"""So often each asks in a round of the benchmarks."""


@dataclass(slots=True)
class Taken:
    """What one contender needed for one question."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """Seconds of all threads."""

    @property
    def milliseconds(self) -> tuple[float, float]:
        """The medians, of wall and CPU."""
        return statistics.median(self.wall) * 1000, statistics.median(self.cpu) * 1000


def main(*, rounds: int, scale: float, keep: Path | None = None) -> None:
    """Make the rows, ask, and print what it took.

    Args:
        rounds: each question is asked three times as often.
        scale: how many rows, against 20 million.
        keep: where the rows are, or are to stay; they are made anew and deleted when not given.
    """
    with tempfile.TemporaryDirectory() as folder:
        made = prepared(keep or Path(folder), int(EVENTS * scale))
        with open_config(made.config) as opened:
            _compare(made, opened, RUNS * rounds)
        show_cost(made)


def _compare(made: Prepared, opened: OpenViews, runs: int) -> None:
    questions = _questions(opened)
    contenders: dict[str, Ask] = {"tailpipe": _ours(opened), "duckdb": _plain(made, opened), "chdb": _chdb(made)}
    files = {name: _opened_files(made, questions, name) for name in ("tailpipe", "duckdb")}
    print(f"\n{made.events:,} rows, {DAYS} days, {len(ACCOUNTS)} accounts; median of {runs} runs in turns, ms")
    print(f"  {'':<22}{'tailpipe':>18}{'duckdb by glob':>18}{'chdb by glob':>18}{'ratio':>8}{'CPU':>7}  files opened")
    print(f"  {'':<22}" + f"{'wall':>10}{'CPU':>8}" * 3)
    for question, sql in questions.items():
        taken = _asked(contenders, sql, runs)
        figures = "".join(f"{wall:>10,.0f}{cpu:>8,.0f}" for wall, cpu in (each.milliseconds for each in taken.values()))
        ours, theirs = taken["tailpipe"].milliseconds, taken["duckdb"].milliseconds
        counts = f"{files['tailpipe'][question]} of {files['duckdb'][question]}"
        print(f"  {question:<22}{figures}{ours[0] / theirs[0]:>8.2f}{ours[1] / theirs[1]:>7.2f}  {counts}")


def _questions(opened: OpenViews) -> Mapping[str, str]:
    """The questions. Each needle lies in one day of one account."""
    day = f"tp_index = '{ACCOUNTS[1]}' AND tp_year = {DAY.year} AND tp_month = {DAY.month} AND tp_day = {DAY.day}"
    [(address, event, key)] = _rows(
        opened,
        "SELECT min(source_ip_address) FILTER (source_ip_address LIKE '10.%.6'), max(event_id), "
        f"max(user_identity.access_key_id) FROM {TABLE} WHERE {day}",
    )
    found = f"SELECT tp_timestamp::VARCHAR AS time, event_name, tp_index::VARCHAR AS account FROM {TABLE} WHERE"
    calls = (
        "SELECT date_trunc('hour', tp_timestamp) AS hour, source_ip_address, count(*) AS calls "
        f"FROM {TABLE} GROUP BY ALL"
    )
    return {
        "count by event": f"SELECT event_name, count(*) FROM {TABLE} GROUP BY ALL ORDER BY ALL",
        "one day, one account": f"SELECT event_name, count(*) FROM {TABLE} WHERE {day} GROUP BY ALL ORDER BY ALL",
        "needle: address": f"{found} source_ip_address = '{address}' ORDER BY ALL",
        "needle: event id": f"{found} event_id = '{event}' ORDER BY ALL",
        "needle: access key": f"{found} user_identity.access_key_id = '{key}' ORDER BY ALL",
        "95th percentile, hour": (
            f"SELECT hour::VARCHAR, quantile_cont(calls, 0.95) FROM ({calls}) GROUP BY ALL ORDER BY ALL"
        ),
        "needle: all_log": (
            "SELECT tp_timestamp::VARCHAR AS time, tp_table, record FROM all_log "
            f"WHERE tp_source_ip = '{address}' ORDER BY tp_timestamp, tp_id"
        ),
    }


def _rows(opened: OpenViews, sql: str) -> list[tuple[Any, ...]]:
    return [row for batch in opened.ask(sql).batches for row in batch]


def _ours(opened: OpenViews) -> Ask:
    """As the console asks: each question sees the newest snapshot."""

    def ask(sql: str) -> list[tuple[Any, ...]]:
        opened.refresh()
        return _rows(opened, sql)

    return ask


def _plain(made: Prepared, opened: OpenViews) -> Ask:
    connection = _glob_views(made, opened)
    return lambda sql: connection.execute(sql).fetchall()


def _glob_views(made: Prepared, opened: OpenViews) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(
        f"CREATE VIEW {TABLE} AS SELECT *, make_date(tp_year, tp_month, tp_day) AS tp_date "
        f"FROM read_parquet('{made.glob}', hive_partitioning = true)"
    )
    connection.execute(all_log([view for view in opened.found.views if view.name == TABLE]).create)
    return connection


def _chdb(made: Prepared) -> Ask:
    import chdb

    source = f"file('{made.glob}', 'Parquet')"
    words = {
        f"FROM {TABLE}": f"FROM {source}",
        "SELECT tp_timestamp::VARCHAR AS time, tp_table, record FROM all_log": f"SELECT * FROM {source}",
        "GROUP BY ALL ORDER BY ALL": "GROUP BY ALL ORDER BY 1",
        "' ORDER BY ALL": "' ORDER BY 1",
        "quantile_cont(calls, 0.95)": "quantileExactInclusive(0.95)(calls)",
    }
    query: Any = chdb.query

    def ask(sql: str) -> list[tuple[Any, ...]]:
        for ours, theirs in words.items():
            sql = sql.replace(ours, theirs)
        # It reads JSON objects only into its own type, and a list is JSON too.
        found = str(query(f"{sql} SETTINGS input_format_parquet_enable_json_parsing = 0", "TabSeparated"))
        return [tuple(line.split("\t")) for line in found.splitlines()]

    return ask


def _asked(contenders: Mapping[str, Ask], sql: str, runs: int) -> Mapping[str, Taken]:
    """All in turns, after one question each that does not count."""
    answers = {name: ask(sql) for name, ask in contenders.items()}
    if answers["tailpipe"] != answers["duckdb"] or len(answers["chdb"]) != len(answers["duckdb"]):
        raise SystemExit(f"they do not agree: { ({name: len(each) for name, each in answers.items()}) } rows for {sql}")
    taken = {name: Taken() for name in contenders}
    for _ in range(runs):
        for name, ask in contenders.items():
            wall, cpu = time.perf_counter(), time.process_time()
            ask(sql)
            taken[name].wall.append(time.perf_counter() - wall)
            taken[name].cpu.append(time.process_time() - cpu)
    return taken


def _opened_files(made: Prepared, questions: Mapping[str, str], name: str) -> Mapping[str, int]:
    """How many data files each question opens, as DuckDB's log of its file system tells."""
    with open_config(made.config, engine=Engine(is_safe=False)) as opened:
        connection = opened.connection if name == "tailpipe" else _glob_views(made, opened)
        ask: Ask = partial(_rows, opened) if name == "tailpipe" else lambda sql: connection.execute(sql).fetchall()
        connection.execute("CALL enable_logging('FileSystem')")
        found = {}
        for question, sql in questions.items():
            connection.execute("CALL truncate_duckdb_logs()")
            ask(sql)
            [(found[question],)] = connection.execute(
                "SELECT count(DISTINCT message ->> 'path') FROM duckdb_logs "
                "WHERE message ->> 'op' = 'OPEN' AND message ->> 'path' LIKE '%.parquet'"
            ).fetchall()
        return found
