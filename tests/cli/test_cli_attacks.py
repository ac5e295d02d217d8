"""What a hostile or unlucky surrounding does to the commands: every fault is told in words, and stops nothing else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.main import main
from tailpipe_resources.model.artifact import Artifact
from tailpipe_resources.sources.file_read import location_of, open_steady, version_of
from tests.services.project import Project

if TYPE_CHECKING:
    from pathlib import Path

LINE = '10.0.0.1 - - [07/Feb/2024:12:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "curl"\n'
WEB = """
collection "http_log" "web" {
  source = source.file.logs
  format = "combined"
}
"""
CUSTOM = """
collection "custom" "c" {
  source     = source.file.logs
  table_name = "t"
  format     = `(?P<time>x)(?P<Time>y)`
}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A folder of logs with one good line, collected as access logs; the working directory is the project."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAILPIPE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_HOME", "")
    made = Project(tmp_path)
    made.write("good.log", LINE)
    made.configure(WEB)
    return made


def leave(*argv: str) -> int | str | None:
    """The code a command leaves with."""
    with pytest.raises(SystemExit) as left:
        main(argv)
    return left.value.code


def forbid(path: Path) -> None:
    """Make a path unreadable; the test is skipped for a user who may read everything."""
    path.chmod(0)
    if os.access(path, os.R_OK):
        path.chmod(0o700)
        pytest.skip("this user may read everything")


def test_file_name_that_is_not_utf8(project: Project) -> None:
    """A name of odd bytes is collected once, under a name that can be stored."""
    odd = os.fsencode(project.logs) + b"/odd\xff.log"
    with open(odd, "wb") as file:  # noqa: PTH123 - a Path would refuse to print the name where the test fails
        file.write(LINE.encode())

    assert project.collect_one().rows == 2
    assert project.collect_one().rows == 0
    assert project.one("SELECT count(*) FROM http_log WHERE tp_source_location LIKE '%/odd\\xff.log'") == 1


def test_escaped_name_that_exists(tmp_path: Path) -> None:
    """A file whose name only looks escaped is opened itself."""
    path = tmp_path / r"odd\xff.log"
    path.write_text("mine")

    with open_steady(Artifact(location_of(str(path)), version_of(path.stat()), 4)) as file:
        assert file.read() == b"mine"


def test_unreadable_folder_stops_no_other(project: Project) -> None:
    """A folder that may not be read is told, after everything beside it is collected."""
    project.write("a/hidden.log", LINE)
    forbid(project.logs / "a")
    try:
        (result,) = project.collect()
    finally:
        (project.logs / "a").chmod(0o700)

    assert result.rows == 1
    assert "permission denied" in str(result.failure)


def test_unreadable_file_is_named_once(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that may not be read is named once, and no query is recommended that would not show it."""
    path = project.write("secret.log", LINE)
    forbid(path)

    assert leave("collect", "--no-record") == Exit.INCOMPLETE
    told = capsys.readouterr().out
    assert told.count(str(path)) == 1
    assert "tailpipe_rejected" not in told


def test_home_that_cannot_be_made(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where no run can be recorded, the message says what to do."""
    monkeypatch.setenv("TAILPIPE_HOME", str(project.folder / "tailpipe.hcl"))

    assert leave("collect") == Exit.FAILED
    assert "set TAILPIPE_HOME" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["h?me", "h%6Fme"])
def test_home_of_a_name_that_dagster_misreads(
    project: Project, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is refused before Dagster keeps its databases somewhere else, and everything else goes on there."""
    monkeypatch.setenv("TAILPIPE_HOME", str(project.folder / "homes" / name))

    assert leave("collect") == Exit.FAILED
    assert f'Dagster cannot use a folder with "{name[1:-2]}" in its name' in capsys.readouterr().err
    assert leave("collect", "--no-record") == Exit.OK
    assert {each.name for each in (project.folder / "homes").iterdir()} <= {name}


def test_file_of_the_lake_that_is_gone(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A query says which table cannot be read, in one line."""
    project.collect_one()
    for path in (project.folder / "lake").rglob("*.parquet"):
        path.unlink()

    assert leave("query", "select 1 from http_log") == Exit.FAILED
    told = capsys.readouterr().err
    assert told.startswith("tailpipe: the table http_log cannot be read: No files found")
    assert told.count("\n") == 1


def test_damaged_delta_log(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A log that lacks a commit it rests on is told in one line; one that only lacks its last is read around."""
    project.collect_one()
    min((project.folder / "lake" / "http_log" / "_delta_log").glob("*.json")).write_text("garbage")

    assert leave("query", "select 1 from http_log") == Exit.FAILED
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("hcl", "message"),
    [
        (f"locals {{\n  a = {'[' * 2000}{']' * 2000}\n}}\n", "nested too deeply"),
        (CUSTOM, 'columns "time" and "Time" differ only in case'),
        ('source "file" "x" {\n  path = "x"\n  file_layout = "%{YEAR:year"\n}\n', "that is not closed"),
    ],
)
def test_configuration_mistakes(hcl: str, message: str, project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Each mistake has its place and words a person understands."""
    project.configure(hcl)

    assert leave("config", "check") == Exit.USAGE
    told = capsys.readouterr().err
    assert message in told
    assert "tailpipe.hcl:" in told
