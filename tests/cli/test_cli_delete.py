"""`tailpipe collection delete`: what it selects, that it asks, and what collecting does afterwards."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.main import main
from tests.services.project import Project

if TYPE_CHECKING:
    from pathlib import Path

RUN = "import sys; from tailpipe_assets.cli.main import main; main(sys.argv[1:])"
HCL = """
source "file" "dated" {{
  path        = "{logs}"
  file_layout = "web-%{{YEAR:year}}%{{MONTHNUM:month}}%{{MONTHDAY:day}}.log"
}}
collection "http_log" "web" {{
  source = source.file.dated
  format = "combined"
}}
collection "http_log" "errors" {{
  source = source.file.dated
  format = "combined"
  filter = "status >= 500"
}}
"""
HOLD = """
hold "case_17" {{
  collection = "{collection}"
  from       = "2024-02-08"
  to         = "2024-02-08"
  reason     = "case 17 of the public prosecutor"
}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Three days of logs with two lines each, collected twice; the working directory is the project."""
    monkeypatch.chdir(tmp_path)
    made = Project(tmp_path)
    for day in (7, 8, 9):
        lines = "".join(
            f'10.0.0.1 - - [{day:02}/Feb/2024:12:00:00 +0000] "GET / HTTP/1.1" {status} 12 "-" "curl"\n'
            for status in (200, 500)
        )
        made.write(f"web-202402{day:02}.log", f"{lines}broken\n")
    made.configure(HCL.format(logs=made.logs))
    made.collect()
    return made


def delete(*argv: str) -> int | str | None:
    """The code `tailpipe collection delete` leaves with."""
    with pytest.raises(SystemExit) as left:
        main(["collection", "delete", *argv])
    return left.value.code


def deleted(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, Any]:
    """What it says it deleted, by collection."""
    assert delete("--yes", "--output", "json", *argv) == Exit.OK
    said = json.loads(capsys.readouterr().out)
    return {each["collection"]: each for each in said["collections"]}


def days(project: Project, collection: str = "web") -> list[int]:
    """The days a collection has rows on."""
    return [
        day for (day,) in project.ask(f"SELECT tp_day FROM http_log WHERE tp_partition = '{collection}' ORDER BY 1")
    ]


def test_everything_goes_and_can_be_collected_again(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The other collection stays; the next run brings in what the source still has."""
    (project.logs / "web-20240207.log").unlink()

    gone = deleted(capsys, "http_log.web")["http_log.web"]

    assert (gone["first_day"], gone["last_day"], gone["days"]) == ("2024-02-07", gone["last_day"], 4)
    assert (gone["files"], gone["rows"], gone["rejected"]) == (3, 6, 3)
    assert gone["destination"] == project.lake.root
    assert days(project) == []
    assert days(project, "errors") == [7, 8, 9]
    assert project.one("SELECT count(*) FROM tailpipe_rejected WHERE rejected_collection = 'web'") == 0

    project.collect()

    assert days(project) == [8, 8, 9, 9]
    assert project.one("SELECT count(*) FROM tailpipe_rejected WHERE rejected_collection = 'web'") == 2


def test_days_go_and_stay_away(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Their artifacts count as collected; a changed one and `--overwrite` bring rows back."""
    gone = deleted(capsys, "web", "--to", "2024-02-08")["http_log.web"]

    assert (gone["first_day"], gone["last_day"], gone["rows"]) == ("2024-02-07", "2024-02-08", 4)
    project.collect()
    assert days(project) == [9, 9]

    log = project.logs / "web-20240207.log"
    log.write_text(log.read_text().replace("curl", "wget"))
    project.collect()
    assert days(project) == [7, 7, 9, 9]

    with pytest.raises(SystemExit):
        main(["collect", "web", "--overwrite", "--no-record"])
    assert days(project) == [7, 7, 8, 8, 9, 9]


def test_only_whole_days_go(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A day of which the window has a part stays."""
    gone = deleted(capsys, "web", "--from", "2024-02-07T00:00:01Z", "--to", "2024-02-09T23:59:59Z")

    assert gone["http_log.web"]["rows"] == 2
    assert days(project) == [7, 7, 9, 9]


def test_a_window_without_rows_is_no_error(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """It says so."""
    assert delete("web", "--to", "1999-12-31") == Exit.OK

    assert capsys.readouterr().out == "nothing to delete: no whole day of the window has rows\n"
    assert len(days(project)) == 6


def test_a_collection_that_has_no_rows_is_no_mistake(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """It is configured, and nothing of it is there."""
    assert delete("web", "--yes") == Exit.OK
    capsys.readouterr()

    assert delete("web", "--yes") == Exit.OK
    assert capsys.readouterr().out == "nothing to delete: there are no rows\n"
    assert days(project) == []


def test_several_at_once(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A table, or wildcards, mean all that fit."""
    assert deleted(capsys, "http_*").keys() == {"http_log.errors", "http_log.web"}
    assert days(project) == days(project, "errors") == []


def test_collections_that_are_no_longer_configured(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """They are found in the lake."""
    project.configure("")

    assert deleted(capsys, "http_log.errors")["http_log.errors"]["rows"] == 3
    assert delete("http_log.errors", "--yes") == Exit.USAGE
    assert 'no collection is called "http_log.errors"' in capsys.readouterr().err


def test_without_any_configuration(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The working directory is the lake, as it is for collecting."""
    monkeypatch.chdir(project.lake.root)

    assert deleted(capsys, "web")["http_log.web"]["rows"] == 6


def test_a_dry_run_deletes_nothing(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """It shows what would go."""
    assert delete("web", "--dry-run") == Exit.OK

    shown = capsys.readouterr().out
    assert "http_log.web" in shown
    assert shown.endswith("nothing was deleted: --dry-run\n")
    assert len(days(project)) == 6


def test_without_a_terminal_it_asks_for_yes(project: Project) -> None:
    """A script must say that it means it."""
    finished = run_delete("web", stdin=subprocess.DEVNULL)

    assert finished.returncode == Exit.USAGE
    assert "there is no terminal to ask at; say --yes to delete" in finished.stderr
    assert len(days(project)) == 6


@pytest.mark.parametrize(
    ("selector", "typed", "code", "left"),
    [("web", "http_log.web", 0, 0), ("web", "yes", 2, 6), ("http_log", "2 collections", 0, 0), ("web", "", 2, 6)],
)
def test_at_a_terminal_the_name_is_typed(selector: str, typed: str, code: int, left: int, project: Project) -> None:
    """Anything else deletes nothing."""
    master, slave = pty.openpty()
    os.write(master, f"{typed}\n".encode())
    try:
        finished = run_delete(selector, stdin=slave)
    finally:
        os.close(master)
        os.close(slave)

    assert finished.returncode == code
    assert "This cannot be undone. Type " in finished.stderr
    assert len(days(project)) == left


def run_delete(*argv: str, stdin: int) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    command = [sys.executable, "-c", RUN, "collection", "delete", *argv]
    return subprocess.run(command, stdin=stdin, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("collection", ["http_log.web", "web", "http_*", "*"])
@pytest.mark.parametrize("window", [(), ("--to", "2024-02-08")])
def test_a_hold_stops_it(
    window: tuple[str, ...], collection: str, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is touched, with the reason and the place; what is not held can be deleted."""
    project.configure(HCL.format(logs=project.logs) + HOLD.format(collection=collection))

    assert delete("http_log", "--yes", *window) == Exit.FAILED

    said = capsys.readouterr().err
    assert 'cannot be deleted: hold "case_17" (tailpipe.hcl:' in said
    assert "case 17 of the public prosecutor" in said
    assert (len(days(project)), len(days(project, "errors"))) == (6, 3)
    assert deleted(capsys, "web", "--from", "2024-02-09")["http_log.web"]["rows"] == 2


def test_a_hold_stops_an_overwrite(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """At the command line and below; an ordinary collection and another window go on."""
    project.configure(HCL.format(logs=project.logs) + HOLD.format(collection="http_log.web"))

    assert collect("--overwrite") == Exit.FAILED
    said = capsys.readouterr().err
    assert 'http_log.web cannot be overwritten: hold "case_17" (tailpipe.hcl:' in said
    assert collect("errors", "--overwrite") == Exit.OK
    assert collect("--overwrite", "--from", "2024-02-09") == Exit.OK
    assert collect("--overwrite", "--from", "2024-02-08T23:59:00Z") == Exit.FAILED
    assert collect() == Exit.OK


def collect(*argv: str) -> int | str | None:
    """The code `tailpipe collect` leaves with."""
    with pytest.raises(SystemExit) as left:
        main(["collect", "--no-record", *argv])
    return left.value.code


def test_a_running_collection_is_named(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code says that waiting helps."""
    with project.lake.lock("http_log", "web"):
        assert delete("web", "--yes") == Exit.BUSY

    assert "nothing of http_log.web was deleted: another run is at work on http_log.web" in capsys.readouterr().err
    assert len(days(project)) == 6


def test_the_others_go_while_one_is_collected(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The summary holds what went, and the exit code says that something did not."""
    with project.lake.lock("http_log", "web"):
        assert delete("http_log", "--yes", "--output", "json") == Exit.BUSY

    said = json.loads(capsys.readouterr().out)
    assert [(each["collection"], each["rows"]) for each in said["collections"]] == [("http_log.errors", 3)]
    assert (len(days(project)), days(project, "errors")) == (6, [])


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["delete"], "delete needs a selector"),
        (["delete", "wbe"], 'no collection is called "wbe"; did you mean "web"?'),
        (["delete", "web", "--from", "2024-02-09", "--to", "2024-02-07"], "is not before"),
        (["list", "--yes"], "--from, --to, --dry-run and --yes belong to delete"),
    ],
)
def test_nonsense(argv: list[str], message: str, project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told in words, and nothing is touched."""
    with pytest.raises(SystemExit) as left:
        main(["collection", *argv])

    assert left.value.code == Exit.USAGE
    assert message in capsys.readouterr().err
    assert len(days(project)) == 6
