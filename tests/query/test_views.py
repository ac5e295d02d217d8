"""Views: every table under its name, whatever its files look like."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from tailpipe_resources.errors import QueryError
from tailpipe_resources.model.names import literal
from tailpipe_resources.model.schema import INSTANT, Column
from tailpipe_resources.model.slot import Slot
from tailpipe_resources.query.engine import connect, restrict
from tailpipe_resources.query.views import View, create_views

if TYPE_CHECKING:
    from collections.abc import Iterable

COLUMNS = (Column("tp_id", "VARCHAR"), Column("tp_timestamp", INSTANT), Column("n", "BIGINT"))


def write(root: Path, day: date, *, index: str = "i", select: str = "1::BIGINT AS n") -> str:
    """One file of the lake with one row."""
    folder = root / Slot("t", "c", index, day).path
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{len(list(folder.iterdir()))}.parquet"
    row = f"SELECT 'x' AS tp_id, TIMESTAMPTZ '{day} 10:00:00Z' AS tp_timestamp, {select}"
    duckdb.execute(f"COPY ({row}) TO {literal(str(path))} (FORMAT parquet)")
    return str(path)


def over(files: Iterable[str], columns: tuple[Column, ...] = COLUMNS, name: str = "t") -> duckdb.DuckDBPyConnection:
    """A restricted connection with one view."""
    connection = connect()
    create_views(connection, [View(name, columns, tuple(files))])
    restrict(connection, [str(Path(file).parents[6]) for file in files])
    return connection


def test_columns_come_in_reading_order_with_their_types(tmp_path: Path) -> None:
    """First the time, then the table's own columns, then the rest of `tp_`."""
    connection = over([write(tmp_path, date(2024, 2, 7), index="a/b [c] é")])

    described = {row[0]: row[1] for row in connection.execute("DESCRIBE t").fetchall()}

    assert described == {
        "tp_timestamp": INSTANT,
        "n": "BIGINT",
        "tp_id": "VARCHAR",
        "tp_partition": "VARCHAR",
        "tp_index": "VARCHAR",
        "tp_year": "INTEGER",
        "tp_month": "INTEGER",
        "tp_day": "INTEGER",
        "tp_date": "DATE",
    }
    assert list(described) == [column.name for column in View("t", COLUMNS, ()).all_columns]
    assert connection.execute("SELECT * EXCLUDE tp_timestamp FROM t").fetchall() == [
        (1, "x", "c", "a/b [c] é", 2024, 2, 7, date(2024, 2, 7))
    ]


def test_a_table_without_files_is_empty_and_typed_alike(tmp_path: Path) -> None:
    """Nothing collected yet reads as no rows, with the same columns."""
    full = over([write(tmp_path, date(2024, 2, 7))]).execute("DESCRIBE t").fetchall()
    connection = over([])

    assert connection.execute("FROM t").fetchall() == []
    assert connection.execute("DESCRIBE t").fetchall() == full
    assert connection.execute("SHOW TABLES").fetchall() == [("t",)]


@pytest.mark.parametrize("order", [1, -1])
def test_widened_tables_read_right_in_any_order(tmp_path: Path, order: int) -> None:
    """A file written before a column existed, or with a narrower type, reads like the others."""
    narrow = write(tmp_path, date(2024, 2, 7), select="1::INTEGER AS n")
    wide = write(tmp_path, date(2024, 2, 8), select="{'a': 'b'} AS extra, 5_000_000_000::BIGINT AS n")
    connection = over([narrow, wide][::order], (*COLUMNS, Column("extra", "STRUCT(a VARCHAR)")))

    assert connection.execute("SELECT n, extra FROM t ORDER BY n").fetchall() == [
        (1, None),
        (5_000_000_000, {"a": "b"}),
    ]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT n, who.name FROM t ORDER BY n", [(1, None), (2, "a")]),
        ("SELECT n, who.home.city, who.name FROM t ORDER BY n", [(1, None, None), (2, "b", "a")]),
        ("SELECT n FROM t WHERE who.home.city = 'b'", [(2,)]),
        ("SELECT n FROM t WHERE who.name IS NULL", [(1,)]),
        ("SELECT who.age, count(*) FROM t WHERE tp_day = 7 GROUP BY ALL", [(None, 1)]),
        ("SELECT sum(who.age) FROM t", [(5,)]),
    ],
)
def test_a_field_of_a_column_added_later_is_null_in_older_files(
    tmp_path: Path, order: int, query: str, rows: list[tuple[object, ...]]
) -> None:
    """A query may pick a struct apart, and filter by its parts, where some files have none of it."""
    old = write(tmp_path, date(2024, 2, 7))
    new = write(
        tmp_path, date(2024, 2, 8), select="2::BIGINT AS n, {'name': 'a', 'home': {'city': 'b'}, 'age': 5} AS who"
    )
    who = Column("who", "STRUCT(name VARCHAR, home STRUCT(city VARCHAR), age INTEGER)")
    connection = over([old, new][::order], (*COLUMNS, who))

    assert connection.execute(query).fetchall() == rows


@pytest.mark.parametrize(
    ("condition", "files"),
    [
        ("tp_day = 7", 1),
        ("tp_date = '2024-02-07'", 1),
        ("tp_date BETWEEN '2024-02-07' AND '2024-02-09'", 3),
        ("tp_index = 'i7'", 1),
        ("tp_partition = 'other'", 0),
        ("tp_year = 2024 AND tp_month = 2", 20),
    ],
)
def test_conditions_on_the_folders_skip_whole_files(tmp_path: Path, condition: str, files: int) -> None:
    """Only the files of the days, indexes and collections asked for are opened."""
    connection = over([write(tmp_path, date(2024, 2, day), index=f"i{day}") for day in range(1, 21)])

    [(_, plan)] = connection.execute(f"EXPLAIN ANALYZE SELECT count(n) FROM t WHERE {condition}").fetchall()

    assert re.findall(r"Total Files Read: (\d+)", plan) == [str(files)]


@pytest.mark.parametrize(
    "folder",
    ["tp_day=9", "t/tp_partition=x/tp_index=y/tp_year=1/tp_month=1/tp_day=1", "it's", "a [b] *?", "{a,b}", "ä%41"],
)
def test_a_lake_may_lie_in_any_folder(tmp_path: Path, folder: str) -> None:
    """Folders above the lake change nothing, however they are called."""
    connection = over([write(tmp_path / folder, date(2024, 2, 7))])

    assert connection.execute("SELECT tp_partition, tp_index, tp_day FROM t").fetchall() == [("c", "i", 7)]


def test_only_a_double_star_is_refused(tmp_path: Path) -> None:
    """DuckDB would read more than the file named; this is said, not done."""
    with pytest.raises(QueryError, match=r"with \*\* in its path"):
        over([write(tmp_path / "**", date(2024, 2, 7))])


def test_odd_names_of_tables_and_columns_are_quoted(tmp_path: Path) -> None:
    """A table may be called like a keyword."""
    path = write(tmp_path, date(2024, 2, 7), select="""1 AS "sel'ect" """)
    connection = over([path], (*COLUMNS[:2], Column("sel'ect", "INTEGER")), name='or"der')

    assert connection.execute("""SELECT "sel'ect" FROM "or""der" """).fetchall() == [(1,)]
