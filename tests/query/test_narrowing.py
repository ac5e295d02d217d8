"""Narrowing: of the files of a table those that a question can need, and never one less."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import pytest

from tailpipe_resources.model.names import literal
from tailpipe_resources.model.schema import INSTANT, Column
from tailpipe_resources.model.stored_file import StoredFile
from tailpipe_resources.query.lookup import build
from tailpipe_resources.query.narrowing import Planner
from tailpipe_resources.query.views import View

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COLUMNS = (
    Column("tp_timestamp", INSTANT),
    Column("n", "BIGINT"),
    Column("s", "STRUCT(tp_index VARCHAR, tp_date DATE)"),
)
INDEXES = ("a", "it's", "optional: (x", "é")
START = datetime(2024, 1, 30, tzinfo=UTC)


def files() -> Iterator[StoredFile]:
    """A file for each of ten days, two collections and four indexes, each with two hours of rows."""
    for day in range(10):
        for collection in ("c", "d"):
            for index in INDEXES:
                first = START + timedelta(days=day, hours=INDEXES.index(index) * 6)
                last = first + timedelta(hours=2)
                yield StoredFile(f"{day}{collection}{index}", collection, index, first.date(), first, last, 2, 1)


VIEW = View("t", COLUMNS, tuple(each.address for each in files()), tuple(files()))


@pytest.fixture(scope="module")
def rows() -> duckdb.DuckDBPyConnection:
    """The rows of the files, two of each, with the address of their file in `address`."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    names = ", ".join(f'"{each.name}" {each.type}' for each in VIEW.all_columns)
    connection.execute(f"CREATE TABLE t ({names}, address VARCHAR)")
    for file in files():
        for time in (file.first, file.last):
            day = file.day
            connection.execute(
                "INSERT INTO t (tp_timestamp, n, s, tp_partition, tp_index, tp_year, tp_month, tp_day, tp_date,"
                " address) VALUES (?, 1, {'tp_index': 'z', 'tp_date': DATE '1999-01-01'}, ?, ?, ?, ?, ?, ?, ?)",
                [time, file.collection, file.tp_index, day.year, day.month, day.day, day, file.address],
            )
    return connection


def kept(planner: Planner, sql: str) -> set[str]:
    """The files that are left for a question."""
    planned = planner.plan(sql)
    test = None if planned is None else planned.tests.get("t")
    return {each.address for each in files() if test is None or test(each)}


def condition(rng: random.Random, depth: int = 0) -> str:
    """Some condition on what files are known by, and on what they are not."""
    if depth < 3 and rng.random() < 0.5:
        parts = [condition(rng, depth + 1) for _ in range(rng.randint(1, 3))]
        joined = rng.choice((" AND ", " OR ")).join(f"({part})" for part in parts)
        return f"NOT ({joined})" if rng.random() < 0.2 else joined
    sign = rng.choice(("=", "<", "<=", ">", ">=", "<>"))
    time = START + timedelta(hours=rng.randint(-30, 270))
    index = rng.choice((*INDEXES, "nowhere")).replace("'", "''")
    return rng.choice(
        (
            f"tp_timestamp {sign} '{time.isoformat()}'",
            f"'{time.isoformat()}'::TIMESTAMPTZ {sign} tp_timestamp",
            f"tp_timestamp BETWEEN '{time.isoformat()}' AND TIMESTAMPTZ '{time.isoformat()}' + INTERVAL 2 DAY",
            f"tp_timestamp::DATE {sign} '{time.date()}'",
            f"date_trunc('month', tp_timestamp) {sign} '2024-02-01'",
            f"tp_date {sign} '{time.date()}'",
            f"tp_date IN ('{time.date()}', '2024-02-03')",
            f"tp_index {sign} '{index}'",
            f"tp_index IN ('{index}', 'a')",
            f"s.tp_index {sign} '{index}'",
            f"s.tp_date {sign} '{time.date()}'",
            f"tp_partition {sign} 'c'",
            f"tp_day {sign} {rng.randint(1, 31)}",
            f"tp_year * 100 + tp_month {sign} 202402",
            "n = 1",
            "tp_index IS NULL",
        )
    )


@pytest.mark.parametrize("seed", range(8))
def test_no_file_is_left_out_that_has_a_row_of_the_answer(rows: duckdb.DuckDBPyConnection, seed: int) -> None:
    """Whatever the condition; and many files are."""
    rng, planner = random.Random(seed), Planner([VIEW])
    spared = 0
    for _ in range(100):
        where = condition(rng)
        needed = {row[0] for row in rows.execute(f"SELECT DISTINCT address FROM t WHERE {where}").fetchall()}
        left = kept(planner, f"SELECT * FROM t WHERE {where}")
        assert needed <= left, where
        spared += len(VIEW.files) - len(left)

    assert spared > 1000


@pytest.mark.parametrize(
    ("sql", "count"),
    [
        ("FROM t WHERE tp_date = '2024-02-01'", 8),
        ("WITH x AS (FROM t) FROM x WHERE tp_date = '2024-02-01' AND tp_partition = 'c'", 4),
        ("FROM t WHERE tp_date = '2024-02-01' UNION ALL FROM t WHERE tp_date = '2024-02-02'", 16),
        ("FROM t WHERE tp_date = '2024-02-01' UNION ALL FROM t", 80),
        ("FROM t a JOIN t b USING (tp_id) WHERE a.tp_date = '2024-02-01'", 80),
        ("FROM t a LEFT JOIN t b ON a.n = b.n AND b.tp_date = '2024-02-01'", 80),
        ("SELECT count(*) FILTER (tp_date = '2024-02-01') FROM t", 80),
        ("SELECT * FROM t WHERE EXISTS (FROM t i WHERE i.tp_date = '2024-02-01' AND i.n = t.n)", 80),
        ("SELECT tp_index, max(n) FROM t GROUP BY ALL HAVING tp_index = 'a'", 20),
        ("SELECT * FROM t QUALIFY row_number() OVER (PARTITION BY tp_index ORDER BY n) = 1 AND tp_index = 'a'", 20),
        ("SELECT * FROM t WHERE tp_date = '2024-02-01' ORDER BY tp_timestamp LIMIT 1", 8),
        ("FROM t WHERE tp_index = 'optional: (x'", 20),
        ("FROM t WHERE tp_timestamp = 'infinity'", 80),
        ("FROM t WHERE tp_timestamp > '0044-03-15 (BC) 00:00:00Z'", 80),
        ("FROM t WHERE s.tp_index = 'a\ntp_day = 1\nb'", 80),
        ("FROM t WHERE s.tp_index = 'a\ntp_day = 1\nb' AND tp_date = '2024-02-01'", 8),
        ("FROM t WHERE tp_index = 'a\n\nb'", 80),
        ("FROM t WHERE tp_index > 'a\n\nb' AND tp_date = '2024-02-01'", 8),
        ("nonsense", 80),
    ],
)
def test_what_is_left_follows_from_the_whole_question(sql: str, count: int) -> None:
    """Every place that reads a table counts; what is not understood leaves nothing out."""
    assert len(kept(Planner([VIEW]), sql)) == count


@pytest.mark.parametrize(
    ("condition", "may_be_there"),
    [
        ("who.arn = 'a'", True),
        ("who.arn = 'b'", False),
        ("who['arn'] = 'b'", False),
        ("'b' = who.session.key", False),
        ("who.session.key IN ('b', 'k')", True),
        ("who.session.key = 'k' AND who.arn = 'k'", False),
        ("list_contains(who.tags, 'b')", False),
        ("array_has(ips, 'b')", False),
        ("list_has(ips, '10.0.0.1')", True),
        ("who.mark = 'it''s'", True),
        ("who.mark = 'it'' = ''s'", False),
        ("who.mark = '(who.arn = ''a'')'", False),
        ("who.mark = 'it''s' AND who.session.key = 'k'", True),
        ("who.mark = 'it''s' AND tp_timestamp > '2001-01-01' AND who.arn = 'b'", False),
        ("text = 'one\n\ntwo'", True),
        ("text = 'one\n\n\ntwo'", True),
    ],
)
def test_texts_are_looked_up_wherever_they_are(tmp_path: Path, condition: str, may_be_there: bool) -> None:
    """In columns, fields of structs and lists; one of several lines is not, as a plan loses the empty ones."""
    file, lookup = tmp_path / "x.parquet", tmp_path / "x.lookup"
    columns = (
        Column("tp_timestamp", INSTANT),
        Column("text", "VARCHAR"),
        Column("ips", "VARCHAR[]"),
        Column("who", "STRUCT(arn VARCHAR, mark VARCHAR, tags VARCHAR[], session STRUCT(key VARCHAR))"),
    )
    who = "{arn: 'a', mark: 'it''s', tags: ['t'], session: {key: 'k'}}"
    row = f"SELECT E'one\\n\\ntwo' AS text, ['10.0.0.1'] AS ips, {who} AS who"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({row}) TO {literal(str(file))} (FORMAT parquet)")
        lookup.write_bytes(build(connection, str(file), columns[1:]))
    stored = StoredFile(str(file), "c", "i", START.date(), START, START, 1, 1, str(lookup))
    view = View("t", columns, (stored.address,), (stored,))

    planned = Planner([view]).plan(f"FROM t WHERE {condition}")

    assert planned is not None
    test = planned.tests.get("t")
    assert (test is None or test(stored)) == may_be_there


def test_times_are_typed_in_the_zone_of_the_session() -> None:
    """As where the question is asked."""
    sql = "FROM t WHERE tp_timestamp < '2024-01-30 01:00:00'"

    assert len(kept(Planner([VIEW], "UTC"), sql)) == 2
    assert len(kept(Planner([VIEW], "America/New_York"), sql)) == 4


def test_days_are_known_as_dates() -> None:
    """Compared with text that is none, nothing is concluded."""
    assert len(kept(Planner([VIEW]), "FROM t WHERE tp_date = current_date")) == 0
    assert len(kept(Planner([VIEW]), f"FROM t WHERE tp_date = DATE '{date(2024, 2, 1)}'")) == 8
