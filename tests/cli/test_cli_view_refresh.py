"""`tailpipe view refresh`, and what queries say of accelerated views."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from tailpipe_assets.cli.exits import Exit
from tailpipe_resources.lake.local import locked
from tailpipe_resources.model.home import home
from tests.cli.test_cli_lake import HCL, as_json, lines, ran
from tests.services.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

VIEWS = """
view "datatank" {
  accelerated = true
  tables      = ["http_log"]
}
view "pages" {
  accelerated = true
  sql         = "select request_uri, count(*) as n from http_log group by all"
}
view "plain" {
}
"""
COUNT = "select count(*) as n from http_log"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Three requests, and three views of them of which two are accelerated."""
    made = Project(tmp_path)
    made.configure(HCL + VIEWS)
    made.write("a.log", lines(1, 2, 3))
    made.collect_one()
    monkeypatch.chdir(tmp_path)
    return made


@pytest.mark.usefixtures("project")
def test_refresh_makes_copies_that_are_not_current(capsys: pytest.CaptureFixture[str]) -> None:
    """Of all accelerated views, or of those that are named; what is current is left alone."""
    first = as_json(capsys, "view", "refresh")
    assert [(each["view"], each["result"], each["rows"]) for each in first["views"]] == [
        ("datatank", "refreshed", 3),
        ("pages", "refreshed", 3),
    ]
    assert first["views"][0]["versions"][0]["table"] == "http_log"
    assert first["views"][0]["bytes"] > 0
    code, out, err = ran(capsys, "view", "refresh", "datatank")
    assert (code, err) == (Exit.OK, "")
    assert "was current" in out
    assert out.endswith("nothing to do\n")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("datatnk",), 'did you mean "datatank"'),
        (("plain",), '"accelerated = true" at tailpipe.hcl:'),
        (("--schema", "x"), "--schema belongs to list"),
    ],
)
@pytest.mark.usefixtures("project")
def test_what_cannot_be_refreshed_is_told(
    capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], words: str
) -> None:
    """Before anything is done."""
    code, out, err = ran(capsys, "view", "refresh", *argv)
    assert (code, out) == (Exit.USAGE, "")
    assert words in err


def test_one_view_that_fails_does_not_keep_others_back(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code tells, and the text says where."""
    project.configure(HCL + VIEWS + 'view "odd" {\n  accelerated = true\n  sql = "select nope from http_log"\n}\n')
    code, out, _ = ran(capsys, "view", "refresh")

    assert code == Exit.FAILED
    assert "odd failed: the view odd cannot be made" in out
    assert "tailpipe.hcl:" in out
    assert len(list(home().glob("views/*/*.duckdb"))) == 2


@pytest.mark.usefixtures("project")
def test_two_refreshes_of_a_view_do_not_meet(capsys: pytest.CaptureFixture[str]) -> None:
    """The second one says that another is at work."""
    ran(capsys, "view", "refresh")
    (folder,) = home().glob("views/*")
    with locked(folder / "datatank.lock", "it"):
        code, out, _ = ran(capsys, "view", "refresh", "datatank")
    assert code == Exit.BUSY
    assert "another run is making the copy" in out


def test_copies_of_views_that_are_gone_are_removed(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """When all are refreshed."""
    ran(capsys, "view", "refresh")
    project.configure(HCL + VIEWS.replace('view "pages"', 'view "sites"'))

    assert as_json(capsys, "view", "refresh", "sites")["removed"] == []
    assert as_json(capsys, "view", "refresh")["removed"] == ["pages"]
    assert sorted(path.stem for path in home().glob("views/*/*.duckdb")) == ["datatank", "sites"]


def test_queries_say_what_was_read(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr, of accelerated views alone."""
    _, _, err = ran(capsys, "query", "--search-path", "datatank", COUNT)
    assert "there is no copy of it yet" in err
    ran(capsys, "view", "refresh")
    _, out, err = ran(capsys, "query", "--search-path", "datatank", "--output", "csv", COUNT)
    assert out == "n\n3\n"
    assert "datatank.http_log: its copy of " in err
    assert "which is current" in err
    project.write("b.log", lines(4))
    project.collect_one()
    _, out, err = ran(capsys, "query", "--search-path", "datatank", "--output", "csv", COUNT)
    assert out == "n\n4\n"
    assert "and 1 file that came since" in err
    _, out, err = ran(capsys, "query", "--output", "csv", "select sum(n) as n from pages")
    assert out == "n\n4\n"
    assert "its tables have new rows since; tailpipe view refresh pages makes a newer one" in err
    _, _, err = ran(capsys, "query", COUNT)
    assert "copy" not in err


@pytest.mark.usefixtures("project")
def test_show_tells_of_the_copy(capsys: pytest.CaptureFixture[str]) -> None:
    """Which is read, and when it was made."""
    ran(capsys, "view", "refresh")
    shown = as_json(capsys, "view", "show", "datatank.http_log")

    assert (shown["copy"]["state"], shown["rows"]) == ("copy", 3)
    assert shown["copy"]["made"]
    assert as_json(capsys, "view", "show", "plain.http_log")["copy"] is None
    assert "which is current" in ran(capsys, "view", "show", "pages")[1]


@pytest.mark.usefixtures("project")
def test_a_search_path_names_schemas_that_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    """Or the nearest is named."""
    code, _, err = ran(capsys, "query", "--search-path", "datatnk,main", COUNT)
    assert code == Exit.USAGE
    assert 'did you mean "datatank"' in err


@pytest.mark.usefixtures("project")
def test_a_script_for_other_programs_reads_no_copy(capsys: pytest.CaptureFixture[str]) -> None:
    """It shows one moment, which a copy that is replaced would not; plain names follow its search path."""
    ran(capsys, "view", "refresh")
    script = as_json(capsys, "connect", "--search-path", "datatank")["init_script_path"]
    text = Path(script).read_text(encoding="utf-8")

    assert "copy of" not in text
    with duckdb.connect() as connection:
        connection.execute(text)
        assert connection.execute(COUNT).fetchall() == [(3,)]
        assert connection.execute("SELECT current_setting('search_path')").fetchall() == [("datatank,main",)]


@pytest.fixture
def endless(project: Project) -> Iterator[subprocess.Popen[str]]:
    """A refresh that takes longer than anybody waits."""
    slow = 'view "slow" {\n  accelerated = true\n  sql = "select count(*) as n from http_log, range(100000000000)"\n}\n'
    project.configure(HCL + slow)
    with subprocess.Popen(
        [sys.executable, "-m", "tailpipe_assets.cli", "view", "refresh"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        until = time.monotonic() + 120
        while not list(home().glob("views/*/slow.writing/*")) and time.monotonic() < until:
            time.sleep(0.05)
        yield child
        child.kill()


def test_ctrl_c_stops_a_refresh(endless: subprocess.Popen[str]) -> None:
    """Soon, with nothing left behind, and says so."""
    time.sleep(0.5)
    endless.send_signal(signal.SIGINT)
    out, err = endless.communicate(timeout=120)

    assert endless.returncode == Exit.CANCELLED
    assert "the copies that are there stay" in err
    assert "stopped; as it was: slow" in out
    assert not list(home().glob("views/*/*.writing"))
