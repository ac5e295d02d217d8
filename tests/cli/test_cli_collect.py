"""`tailpipe collect`: what it selects, what it says, what it leaves with, and that stopping it loses nothing."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.cli.collect_summary import exit_code
from tailpipe_assets.cli.collect_window import window_of
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.main import main
from tailpipe_assets.cli.progress import Lines, line
from tailpipe_resources.errors import BusyError, SourceRefusedError, SourceUnavailableError, UsageError
from tailpipe_resources.model.results import ArtifactFault, CollectResult, Progress
from tailpipe_resources.model.window import Window
from tests.services.project import Project

if TYPE_CHECKING:
    from pathlib import Path

RUN = "import sys; from tailpipe_assets.cli.main import main; main(sys.argv[1:])"
NOW = datetime(2024, 2, 10, 12, tzinfo=UTC)
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
  filter {{
    where = "status >= 500"
  }}
}}
collection "custom" "lines" {{
  source     = source.file.dated
  table_name = "access_line"
  timestamp  = "at"
  timestamp_format = "%d/%b/%Y:%H:%M:%S %z"
  format     = `(?P<host>\\S+) \\S+ \\S+ \\[(?P<at>[^\\]]+)\\] (?P<rest>.*)`
}}
collection "http_log" "idle" {{
  source  = source.file.dated
  format  = "combined"
  enabled = false
}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Three days of logs with two lines each, and three collections of them; the working directory is the project."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")
    made = Project(tmp_path)
    for day in (7, 8, 9):
        made.write(f"web-202402{day:02}.log", "".join(log_line(day, status) for status in (200, 500)))
    made.configure(HCL.format(logs=made.logs))
    return made


def log_line(day: int, status: int) -> str:
    """A line of a web server's log."""
    return f'10.0.0.1 - - [{day:02}/Feb/2024:12:00:00 +0000] "GET / HTTP/1.1" {status} 12 "-" "curl"\n'


def collect(*argv: str) -> int | str | None:
    """The code `tailpipe collect` leaves with."""
    with pytest.raises(SystemExit) as left:
        main(["collect", "--no-record", *argv])
    return left.value.code


def collected(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, Any]:
    """What a run says of each collection, by name."""
    assert collect("--output", "json", *argv) == Exit.OK
    return {each["collection"]: each for each in json.loads(capsys.readouterr().out)["collections"]}


@pytest.mark.parametrize(
    ("selectors", "names"),
    [
        ([], {"http_log.web", "http_log.errors", "access_line.lines"}),
        (["web"], {"http_log.web"}),
        (["http_log"], {"http_log.web", "http_log.errors"}),
        (["access_line.lines"], {"access_line.lines"}),
        (["custom.lines"], {"access_line.lines"}),
        (["*_log.w*", "lines"], {"http_log.web", "access_line.lines"}),
        (["partition=http_log"], {"http_log.web", "http_log.errors"}),
        (["partition=http_log.errors"], {"http_log.errors"}),
    ],
)
def test_selectors(selectors: list[str], names: set[str], project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A collection, a table, both, wildcards and the seed's spelling choose what is collected."""
    found = collected(capsys, *selectors)

    assert set(found) == names
    assert sum(each["rows"] for each in found.values()) == project.one(
        "SELECT (SELECT count(*) FROM http_log) + (SELECT count(*) FROM access_line)"
    )


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["wbe"], 'no collection is called "wbe"; did you mean "web"?'),
        (["web", "partition=htp_log"], 'no collection is called "htp_log"; did you mean "http_log"?'),
        (["http_log.idle"], "disabled: http_log.idle (tailpipe.hcl:"),
        (["--from", "yesterday"], '"yesterday" is not a time'),
        (["--from", "2999-01-01"], "--from 2999-01-01 is in the future"),
        (["--from", "2024-02-08", "--to", "2024-02-07"], "--from 2024-02-08 is not before --to 2024-02-07"),
    ],
)
def test_what_makes_no_sense_is_not_run(
    argv: list[str], message: str, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong selector or time is answered with code 2, and nothing is collected."""
    assert collect(*argv) == Exit.USAGE
    shown = capsys.readouterr()

    assert message in shown.err
    assert shown.out == ""
    assert not project.lake.store.scratch.exists()


def test_a_broken_configuration_is_told_whole(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """What HCL and SQL have wrong comes at once, with code 2."""
    project.configure(HCL.format(logs=project.logs).replace("status >=", "statsu >=").replace('"lines"', '"a b"'))

    assert collect() == Exit.USAGE
    assert capsys.readouterr().err.count("tailpipe.hcl:") >= 2


@pytest.mark.parametrize(
    ("start", "end", "window"),
    [
        (None, None, Window()),
        ("2024-02-07", None, Window(datetime(2024, 2, 7, tzinfo=UTC))),
        ("T-7d", None, Window(NOW - timedelta(days=7))),
        (None, "2024-02-07", Window(None, datetime(2024, 2, 8, tzinfo=UTC))),
        (None, "2024-02-07T00:00:00Z", Window(None, datetime(2024, 2, 7, tzinfo=UTC))),
        ("2024-02-07", "2024-02-07", Window(datetime(2024, 2, 7, tzinfo=UTC), datetime(2024, 2, 8, tzinfo=UTC))),
    ],
)
def test_times(start: str | None, end: str | None, window: Window) -> None:
    """`--from` is included and `--to` is not, but a date alone means all of that day."""
    assert window_of(start, end, NOW) == window


def test_an_empty_window_is_refused() -> None:
    """The same instant twice has nothing between."""
    with pytest.raises(UsageError):
        window_of("2024-02-07T13:00:00Z", "2024-02-07T13:00:00Z", NOW)


def test_a_window_chooses_artifacts(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Files of those days come in, and what nobody has of the days before; the rest come with the next run."""
    window = collected(capsys, "web", "--from", "2024-02-08", "--to", "2024-02-08")["http_log.web"]
    rest = collected(capsys, "web")["http_log.web"]
    nothing = collected(capsys, "web")["http_log.web"]
    again = collected(capsys, "web", "--from", "2024-02-08", "--overwrite")["http_log.web"]

    assert window["days"] == {"2024-02-07": 2, "2024-02-08": 2}
    assert rest["days"] == {"2024-02-09": 2}
    assert (nothing["rows"], nothing["skipped"]) == (0, 3)
    assert (again["rows"], again["replaced"]) == (4, 4)
    assert project.one("SELECT count(*) FROM http_log") == 6


def test_json_has_the_documented_keys(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The help names every key, and no other is there."""
    from tailpipe_assets.cli import collect as command

    found = collected(capsys, "errors")["http_log.errors"]

    assert all(f'"{key}"' in (command.__doc__ or "") for key in found)
    assert (found["rows"], found["filtered"], found["failure"], found["cancelled"]) == (3, 3, None, False)
    assert project.one("SELECT count(*) FROM http_log") == 3


def test_the_summary_is_for_people(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A table of figures, the faults by name with what to ask next; progress is on stderr."""
    project.write("web-20240206.log.gz", b"\x1f\x8b broken")
    project.configure(HCL.format(logs=project.logs).replace("day}.log", "day}.log%{DATA}"))
    code = collect("web", "errors", "idl*")
    shown = capsys.readouterr()

    assert code == Exit.INCOMPLETE
    assert shown.out.splitlines()[0].split() == [
        "collection", "rows", "filtered", "rejected", "artifacts", "skipped", "seconds",
    ]  # fmt: skip
    assert [row.split()[:3] for row in shown.out.splitlines()[1:3]] == [
        ["http_log.web", "6", "0"],
        ["http_log.errors", "3", "3"],
    ]
    assert f"quarantined: {project.logs}/web-20240206.log.gz: " in shown.out
    assert 'tailpipe query "select * from tailpipe_rejected"' in shown.out
    assert "http_log.web: started" in shown.err
    assert "http_log.idle is disabled" in shown.err


@pytest.mark.parametrize(("flags", "artifacts"), [((), 0), (("--retry-quarantined",), 1), (("--salvage",), 1)])
def test_a_dry_run_counts_what_is_tried_again(
    project: Project, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], artifacts: int
) -> None:
    """As a run with the same flags would take it."""
    project.write("web-20240206.log.gz", b"\x1f\x8b broken")
    project.configure(HCL.format(logs=project.logs).replace("day}.log", "day}.log%{DATA}"))
    assert collect("web") == Exit.INCOMPLETE
    capsys.readouterr()

    forecast = collected(capsys, "web", "--dry-run", *flags)["http_log.web"]

    assert (forecast["listed"], forecast["artifacts"]) == (4, artifacts)


@pytest.mark.parametrize("command", [("collect", "web"), ("collect", "web", "--dry-run"), ("source", "test", "dated")])
def test_a_layout_that_nothing_has_is_told(
    project: Project, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    """With a file that is there, while the collection never had any; it is no failure."""
    project.configure(HCL.format(logs=project.logs).replace('"web-%', '"wed-%'))
    with pytest.raises(SystemExit) as left:
        main(list(command))
    shown = capsys.readouterr().out

    assert left.value.code == Exit.OK
    layout = "wed-%{YEAR:year}%{MONTHNUM:month}%{MONTHDAY:day}.log"
    assert f'no file has the layout "{layout}" (3 looked at, such as {project.logs}/web-20240207.log)' in shown


def test_a_window_without_files_is_told_once(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """While the collection never had any; afterwards days without files are nothing that anybody need know."""
    first = collected(capsys, "web", "--from", "2024-03-01")["http_log.web"]
    assert collected(capsys, "web")["http_log.web"]["rows"] == 6
    later = collected(capsys, "web", "--from", "2024-03-01")["http_log.web"]

    example = f"such as {project.logs}/web-20240207.log of 2024-02-07"
    assert first["notes"] == [f"no file is of the time that is asked for (3 looked at, {example})"]
    assert later["notes"] == []


def test_no_progress_is_silent(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """`--no-progress` leaves stderr empty."""
    assert collect("web", "--no-progress") == Exit.OK
    assert capsys.readouterr().err == ""
    assert project.one("SELECT count(*) FROM http_log") == 6


def test_plain_lines_do_not_flood(capsys: pytest.CaptureFixture[str]) -> None:
    """A thousand events within seconds are a first and a last line."""
    lines = Lines()
    for done in range(1000):
        lines.tell(Progress("t", "c", "reading", artifacts_listed=1000, artifacts_done=done))
    lines.tell(Progress("t", "c", "done", 1000, 1000, records=5, rows=3, filtered=2))

    assert capsys.readouterr().err == "t.c: started\nt.c: done: 1,000 of 1,000 artifacts, 3 rows, 2 filtered\n"
    assert line(Progress("t", "c", "listing")) == "listing: 0 of 0 artifacts, 0 rows"


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ([CollectResult("t", "a")], Exit.OK),
        ([CollectResult("t", "a", failure=SourceUnavailableError("x"))], Exit.SOURCE),
        ([CollectResult("t", "a", failure=SourceRefusedError("x")), CollectResult("t", "b")], Exit.FAILED),
        ([CollectResult("t", "a", failure=BusyError("x"))], Exit.BUSY),
        ([CollectResult("t", "a", failure=BusyError("x"), cancelled=True)], Exit.CANCELLED),
        ([CollectResult("t", "a", faults=(ArtifactFault("f", "quarantined", "r"),))], Exit.INCOMPLETE),
        ([CollectResult("t", "a", faults=(ArtifactFault("f", "gone", "r"),))], Exit.OK),
    ],
)
def test_the_code_says_the_worst(results: list[CollectResult], code: Exit) -> None:
    """Stopped, failed, incomplete or done: scripts can tell them apart."""
    assert exit_code(results) == code


@pytest.mark.slow
def test_the_real_command_is_recorded(project: Project) -> None:
    """The program itself leaves a run in its home, says nothing but its own, and ends with 0."""
    finished = subprocess.run(
        [sys.executable, "-c", RUN, "collect", "web"], capture_output=True, text=True, check=False
    )

    assert finished.returncode == Exit.OK
    assert finished.stderr.splitlines() == ["http_log.web: started", "http_log.web: done: 3 of 3 artifacts, 6 rows"]
    assert 'tailpipe query "select * from http_log limit 5"' in finished.stdout
    assert (project.folder / "home" / ".tailpipe" / "dagster" / "history").is_dir()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_loses_nothing(number: signal.Signals, project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Stopped while it reads, what is staged is committed and the code is 130; the next run brings in just the rest."""
    text = log_line(7, 200).replace("curl", "x" * 900) * 1000
    for place in range(200):
        project.write(f"many/{place}.log.gz", gzip.compress(text.replace("10.0.0.1", f"10.0.0.{place}").encode()))
    project.configure(
        f'source "file" "many" {{\n  path = "{project.logs}/many"\n}}\n'
        'collection "http_log" "web" {\n  source = source.file.many\n  format = "combined"\n}\n'
    )
    running = subprocess.Popen(
        [sys.executable, "-c", RUN, "collect", "--output", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    assert running.stderr is not None
    assert running.stderr.readline() == "http_log.web: started\n"
    running.send_signal(number)
    out, told = running.communicate(timeout=120)
    (stopped,) = json.loads(out)["collections"]
    rest = collected(capsys)["http_log.web"]

    assert running.returncode == Exit.CANCELLED
    assert "stopping: committing what is staged; press again to stop at once" in told
    assert stopped["cancelled"]
    assert 0 < stopped["artifacts"] < 200
    assert rest["artifacts"] == 200 - stopped["artifacts"]
    assert stopped["rows"] + rest["rows"] == project.one("SELECT count(*) FROM http_log") == 200_000
