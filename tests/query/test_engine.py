"""Connections: what they reach, and what they do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from tailpipe_resources.query.engine import connect, isolated, restrict, translate

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM_SECRET = [("not for SQL",)]


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A folder with one Parquet file."""
    folder = tmp_path / "outside" / "lake"
    folder.mkdir(parents=True)
    duckdb.execute(f"COPY (SELECT 7 AS n) TO '{folder}/a.parquet'")
    return folder


def test_times_are_utc_whatever_the_machine_thinks() -> None:
    """An instant prints in UTC."""
    assert connect().execute("SELECT TIMESTAMPTZ '2024-02-07 13:00:00Z'::VARCHAR").fetchall() == [
        ("2024-02-07 13:00:00+00",)
    ]


def test_limits_are_taken_over(tmp_path: Path) -> None:
    """Memory, threads and the place to spill are as asked for."""
    connection = connect(memory_limit="200MB", threads=1, temp_directory=str(tmp_path))

    assert connection.execute(
        "SELECT current_setting('memory_limit'), current_setting('threads'), current_setting('temp_directory')"
    ).fetchall() == [("190.7 MiB", 1, str(tmp_path))]


def test_it_leaves_nothing_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spilling more than fits in memory happens elsewhere."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    connection = connect(memory_limit="60MB", threads=1)

    connection.execute("SELECT * FROM range(3_000_000) AS t(i) ORDER BY hash(i) LIMIT 5 OFFSET 2_900_000").fetchall()

    assert list(folder.iterdir()) == []


def test_an_allowed_folder_can_be_read(lake: Path) -> None:
    """The lake stays readable when everything else is closed."""
    connection = connect()
    restrict(connection, [str(lake)])

    assert connection.execute(f"FROM '{lake}/a.parquet'").fetchall() == [(7,)]


def test_a_folder_with_a_quote_in_its_name_can_be_allowed(tmp_path: Path) -> None:
    """Names are passed as text, not as SQL."""
    folder = tmp_path / "it's"
    folder.mkdir()
    connection = connect()
    connection.execute("COPY (SELECT 1) TO '" + str(folder / "a.parquet").replace("'", "''") + "'")
    restrict(connection, [str(folder)])

    assert connection.execute("FROM read_parquet(?)", [str(folder / "a.parquet")]).fetchall() == [(1,)]


@pytest.mark.parametrize(
    "sql",
    [
        "FROM read_text('/etc/hostname')",
        "FROM read_csv('/etc/passwd')",
        "FROM read_blob('{lake}/../secret.txt')",
        "FROM glob('/etc/*')",
        "FROM sniff_csv('/etc/passwd')",
        "FROM parquet_metadata('/etc/passwd')",
        "FROM '/etc/passwd'",
        "FROM 'https://example.com/a.parquet'",
        "FROM duckdb_secrets()",
        "FROM PROGRAM_SECRET",
        "SELECT getenv('HOME')",
        "FROM enable_logging('QueryLog', storage = 'file', storage_path = '{lake}/log')",
        "FROM enable_profiling(save_location = '{lake}/profile.json')",
        "INSTALL httpfs",
        "LOAD '{lake}/a.duckdb_extension'",
        "ATTACH '/etc/passwd'",
        "SET threads = 1",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "RESET lock_configuration",
        "COPY (SELECT 1) TO '{lake}/../out.csv'",
    ],
)
def test_nothing_else_is_reached(sql: str, lake: Path) -> None:
    """Files outside the lake, the network, the program's variables and the settings are out of reach."""
    lake.parent.joinpath("secret.txt").write_text("secret")
    connection = connect()
    restrict(connection, [str(lake)])

    with pytest.raises(duckdb.Error):
        connection.execute(sql.replace("{lake}", str(lake))).fetchall()

    assert sorted(path.name for path in lake.parent.rglob("*")) == ["a.parquet", "lake", "secret.txt"]


def test_an_isolated_connection_reaches_no_file(lake: Path) -> None:
    """Users' conditions cannot read anything."""
    connection = isolated()

    assert connection.execute("SELECT 1 WHERE 'a' LIKE 'a%'").fetchall() == [(1,)]
    with pytest.raises(duckdb.Error):
        connection.execute(f"FROM '{lake}/a.parquet'")


def test_errors_lose_their_class_and_keep_their_caret() -> None:
    """What DuckDB says is told without `Binder Error:`."""
    with pytest.raises(duckdb.Error) as caught:
        connect().execute("SELECT a FROM (SELECT 1 AS b)")

    message = str(translate(caught.value))

    assert message.startswith('Referenced column "a" not found')
    assert message.endswith("^")


@pytest.mark.parametrize(
    ("sql", "line", "mark"),
    [
        ("SELECT\n\ta", "LINE 2:  a", "         ^"),
        ("SELECT\t1,\ta\t", "LINE 1: SELECT 1, a ", "                  ^"),
        ("SELECT '日本\t',\ta", "LINE 1: SELECT '日本 ', a", "                        ^"),
    ],
)
def test_the_mark_is_below_what_is_wrong(sql: str, line: str, mark: str) -> None:
    """Also behind tabs, which take as many columns as the terminal likes, and wide letters."""
    with pytest.raises(duckdb.Error) as caught:
        connect().execute(sql)

    assert str(translate(caught.value)).splitlines()[-2:] == [line, mark]
