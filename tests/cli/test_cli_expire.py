"""Retention at the command line: what it shows, what it skips and what it leaves with."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.expire import add_expire_arguments, run_expire
from tailpipe_resources.errors import UsageError
from tests.services.project import Project

if TYPE_CHECKING:
    from pathlib import Path

HCL = """
collection "http_log" "web" {{
  source    = source.file.logs
  format    = "combined"
  {retention}
}}
collection "http_log" "other" {{
  source = source.file.logs
  format = "combined"
}}
"""
HOLD = """
hold "case" {
  collection = "http_log.*"
  from       = "2024-02-08"
  reason     = "case 17"
}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Two collections with rows of three days long ago and of today; the working directory is the project."""
    monkeypatch.chdir(tmp_path)
    made = Project(tmp_path)
    today = datetime.now(UTC).strftime("%d/%b/%Y")
    dates = [f"{day:02}/Feb/2024" for day in (7, 8, 9)]
    lines = (f'10.0.0.1 - - [{each}:00:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-"\n' for each in (*dates, today))
    made.write("a.log", "".join(lines))
    configure(made, 'retention = "90d"')
    made.collect()
    return made


def configure(project: Project, retention: str = "", more: str = "") -> None:
    """The configuration, with a retention."""
    project.configure(HCL.format(retention=retention) + more)


def expire(*argv: str) -> int:
    """The exit code of a command that has these flags."""
    parser = argparse.ArgumentParser()
    parser.add_argument("selectors", nargs="*")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--output", default="pretty")
    add_expire_arguments(parser)
    parser.set_defaults(config_path=None, var=[])
    return run_expire(parser.parse_args(argv))


def expired(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, dict[str, Any]]:
    """What it says of each collection."""
    assert expire("--output", "json", *argv) == Exit.OK
    return {each["collection"]: each for each in json.loads(capsys.readouterr().out)["expired"]}


def rows(project: Project) -> dict[str, int]:
    """Rows by collection."""
    return dict(project.ask("SELECT tp_partition, count(*) FROM http_log GROUP BY ALL"))


def test_what_is_configured_goes(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Only there, and once."""
    (one,) = expired(capsys).values()

    assert {name: one[name] for name in ("collection", "retention", "days", "files", "rows", "held_days")} == {
        "collection": "http_log.web",
        "retention": "90d",
        "days": 3,
        "files": 3,
        "rows": 3,
        "held_days": 0,
    }
    assert (one["first_day"], one["last_day"]) == ("2024-02-07", "2024-02-09")
    assert rows(project) == {"web": 1, "other": 4}
    assert expired(capsys) == {}


def test_an_age_that_is_asked_for(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """It is for all that is selected, whatever is configured."""
    assert expired(capsys, "--older-than", "100Y") == {}
    assert expired(capsys, "--older-than", "90d", "other").keys() == {"http_log.other"}
    assert rows(project) == {"web": 4, "other": 1}


def test_a_dry_run(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """It shows the same and deletes nothing."""
    assert expire("--dry-run", "--older-than", "1Y") == Exit.OK

    shown = capsys.readouterr().out
    assert [line.split()[0] for line in shown.splitlines()[1:3]] == ["http_log.other", "http_log.web"]
    assert shown.endswith("nothing was deleted: --dry-run\n")
    assert rows(project) == {"web": 4, "other": 4}


def test_held_days_are_named(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """With the reason and the place; the others go."""
    configure(project, 'retention = "90d"', HOLD)

    assert expire() == Exit.OK

    said = capsys.readouterr()
    assert 'http_log.web: 2 days that are past retention stay: hold "case" (tailpipe.hcl:' in said.err
    assert said.err.splitlines()[0].endswith(": case 17")
    assert rows(project) == {"web": 3, "other": 4}


def test_a_collection_that_is_being_collected_is_left(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The others go, and the exit code says that waiting helps."""
    with project.lake.lock("http_log", "other"):
        assert expire("--older-than", "90d") == Exit.BUSY

    assert "its retention is left for next time" in capsys.readouterr().err
    assert rows(project) == {"web": 1, "other": 4}


def test_nothing_to_do(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Without any retention nothing is looked at."""
    configure(project)

    assert expire() == Exit.OK

    assert capsys.readouterr().out == "nothing is past its retention\n"
    assert rows(project) == {"web": 4, "other": 4}


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--older-than", "soon"], '--older-than: "soon" is not how long rows can be kept; write 90d'),
        (["--older-than", "90d", "wbe"], 'no collection is called "wbe"; did you mean "web"?'),
    ],
)
def test_nonsense(argv: list[str], message: str, project: Project) -> None:
    """It is told in words, and nothing is touched."""
    with pytest.raises(UsageError) as refused:
        expire(*argv)

    assert message in str(refused.value)
    assert rows(project) == {"web": 4, "other": 4}
