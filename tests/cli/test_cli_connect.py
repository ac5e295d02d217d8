"""Letting other programs ask."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tailpipe_assets.cli.exits import Exit
from tests.cli.test_cli_lake import lines, ran
from tests.services.project import Project

HCL = """
collection "http_log" "web" {
  source = source.file.logs
  format = "combined"
}
view "pages" {
  sql = "select request_uri from february.http_log"
}
view "february" {
  from = "2024-02-01"
  to = "2024-02-29"
}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Three requests, and two a day later."""
    made = Project(tmp_path)
    made.configure(HCL)
    made.write("a.log", lines(1, 2, 3))
    made.collect_one()
    made.write("b.log", lines(4, 5))
    made.collect_one()
    monkeypatch.chdir(tmp_path)
    return made


def script(capsys: pytest.CaptureFixture[str], *flags: str) -> Path:
    """The script that connect writes."""
    code, out, err = ran(capsys, "connect", *flags)
    assert code == Exit.OK, err
    return Path(out.strip())


def asked(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """What a DuckDB of its own answers after it ran the script."""
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        connection.execute(path.read_text())
        return connection.execute(sql).fetchall()


@pytest.mark.usefixtures("project")
def test_a_plain_duckdb_sees_every_view(capsys: pytest.CaptureFixture[str]) -> None:
    """With nothing to download, and times in UTC."""
    path = script(capsys)

    for name in ("http_log", "web.http_log", '"default".http_log', "february.http_log", "pages", "all_log"):
        assert asked(path, f"select count(*) from {name}") == [(5,)], name
    assert asked(path, "select min(tp_timestamp)::varchar from http_log") == [("2024-02-07 13:00:01+00",)]
    assert asked(path, "from aws_cloudtrail_log") == []


@pytest.mark.usefixtures("project")
def test_filters_hold_in_the_script(capsys: pytest.CaptureFixture[str]) -> None:
    """As in the query command."""
    path = script(capsys, "--from", "2024-02-07T13:00:02Z", "--collection", "web", "--index", "default")

    assert asked(path, "select count(*) from http_log") == asked(path, "select count(*) from all_log") == [(4,)]
    assert asked(script(capsys, "--collection", "other"), "from http_log") == []


def test_its_files_stay_for_as_long_as_it_says(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Through a compaction that replaces them; once the time is over they go."""
    path = script(capsys, "--keep", "1h")
    assert ran(capsys, "compact")[0] == Exit.OK
    assert asked(path, "select count(*) from http_log") == [(5,)]

    folder = project.stored("http_log") / "_tailpipe" / "leases"
    for promised in folder.glob("*.promised"):
        os.utime(promised, (time.time() - 1, time.time() - 1))
    project.write("c.log", lines(6))
    project.collect_one()
    assert ran(capsys, "compact")[0] == Exit.OK
    with pytest.raises(duckdb.IOException):
        asked(path, "select count(*) from http_log")
    assert asked(script(capsys), "select count(*) from http_log") == [(6,)]
    assert len(list(folder.glob("*.promised"))) == 1


def test_the_shape_that_powerpipe_reads_is_kept(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A path, or an error, as JSON."""
    code, out, err = ran(capsys, "connect", "--output", "json")
    assert (code, err) == (Exit.OK, "")
    assert list(json.loads(out)) == ["init_script_path"]

    log = project.stored("http_log") / "_delta_log"
    for path in log.iterdir():
        path.write_text("torn")
    code, out, _ = ran(capsys, "connect", "--output", "json")
    assert code == Exit.FAILED
    assert "cannot be read" in json.loads(out)["error"]


@pytest.mark.usefixtures("project")
def test_old_scripts_are_cleaned_up(capsys: pytest.CaptureFixture[str]) -> None:
    """After a day, and nothing else of that folder."""
    old = script(capsys)
    other = old.with_name("notes.txt")
    other.write_text("mine")
    for path in (old, other):
        os.utime(path, (time.time() - 25 * 3600,) * 2)
    new = script(capsys)

    assert [path.exists() for path in (old, other, new)] == [False, True, True]


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("span", ["2d", "soon"])
def test_files_cannot_be_kept_for_longer_than_a_day(capsys: pytest.CaptureFixture[str], span: str) -> None:
    """Nor for a span that is none."""
    code, _, err = ran(capsys, "connect", "--keep", span)

    assert (code, f"--keep {span}" in err) == (Exit.USAGE, True)
