"""Notebooks, and programs that know nothing of Tailpipe, see the same rows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import polars as pl
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pytest

from tailpipe_assets.cli.main import main
from tailpipe_assets.views.notebook import NotebookLake, open_lake
from tailpipe_assets.views.opened import Engine
from tailpipe_resources.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.services.project import Project

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "ask_from_python.py"


@pytest.fixture
def lake(asked: Project) -> Iterator[NotebookLake]:
    """As a notebook opens it."""
    with open_lake(str(asked.folder / "tailpipe.hcl")) as found:
        yield found


@pytest.mark.parametrize("table", ["http_log", "aws_cloudtrail_log"])
def test_every_reader_sees_the_same_rows(asked: Project, table: str) -> None:
    """Of a compacted lake: Polars by the Delta log, pyarrow and DuckDB by the folders alone."""
    with pytest.raises(SystemExit, match="0"):
        main(["compact"])
    columns = ("tp_id", "tp_partition", "tp_index", "tp_year", "tp_month", "tp_day")
    with open_lake(str(asked.folder / "tailpipe.hcl")) as lake:
        ours = sorted(lake.sql(f"SELECT {', '.join(columns)} FROM {table}").fetchall())
    folder = asked.stored(table)

    polars = pl.scan_delta(str(folder)).select(columns).collect().rows()
    arrow = ds.dataset(folder, partitioning="hive").to_table(columns=list(columns))
    pattern = f"{folder}/*/*/*/*/*/*.parquet"
    globbed = duckdb.execute(f"SELECT {', '.join(columns)} FROM read_parquet('{pattern}')").fetchall()
    assert len(ours) > 5
    assert sorted(polars) == ours
    assert sorted(zip(*(arrow[name].to_pylist() for name in columns), strict=True)) == ours
    assert [row[0] for row in sorted(globbed)] == [row[0] for row in ours]
    assert pc.count_distinct(arrow["tp_id"]).as_py() == len(ours)


def test_relations_and_arrow_tables_do_not_disturb_each_other(lake: NotebookLake) -> None:
    """A relation made before a narrower question still has all of its rows."""
    everything = lake.sql("SELECT * FROM http_log")
    one_day = lake.arrow("SELECT * FROM http_log WHERE tp_date = $day", day="2024-02-07")

    assert (len(everything.fetchall()), one_day.num_rows) == (9, 3)
    assert lake.connection.execute("SELECT count(*) FROM web.http_log").fetchall() == [(6,)]


def test_a_part_of_the_lake_can_be_opened(asked: Project) -> None:
    """By time, collection and index."""
    path = str(asked.folder / "tailpipe.hcl")
    with open_lake(path, start="2024-02-08", end="2024-02-08", collections=["web"], indexes=["*.1"]) as part:
        assert part.arrow("SELECT count(*) AS n FROM http_log").to_pylist() == [{"n": 1}]


def test_a_part_begins_and_ends_in_the_zone_of_the_engine(asked: Project) -> None:
    """As on the command line; a zone that is none is refused."""
    path = str(asked.folder / "tailpipe.hcl")
    with open_lake(path, start="2024-02-09", end="2024-02-09", engine=Engine(time_zone="Pacific/Auckland")) as part:
        days = part.sql("SELECT DISTINCT tp_date::VARCHAR FROM http_log").fetchall()
        assert days == [("2024-02-08",)]
    with pytest.raises(QueryError, match="is no time zone"):
        open_lake(path, engine=Engine(time_zone="Nowhere/Land"))


def test_a_notebook_cannot_write(lake: NotebookLake, tmp_path: Path) -> None:
    """Nor ask two things at once."""
    for query in (f"COPY (SELECT 1) TO '{tmp_path}/x.csv'", "SELECT 1; SELECT 2"):
        with pytest.raises(QueryError):
            lake.sql(query)
    with pytest.raises(duckdb.PermissionException):
        lake.connection.execute(f"COPY (SELECT 1) TO '{tmp_path}/x.csv'")


def test_the_example_of_the_documentation_runs(asked: Project) -> None:
    """As it stands, on a lake of web requests."""
    environment = {**os.environ, "TAILPIPE_CONFIG_PATH": str(asked.folder / "tailpipe.hcl")}
    finished = subprocess.run(
        [sys.executable, str(EXAMPLE)], capture_output=True, text=True, env=environment, check=False
    )

    assert finished.returncode == 0, finished.stderr
    assert "main.http_log: Requests a web server answered" in finished.stdout
    assert finished.stdout.splitlines()[-3:] == [
        "0 failed requests, ['tp_timestamp', 'remote_addr']",
        "[]",
        "9 requests",
    ]
