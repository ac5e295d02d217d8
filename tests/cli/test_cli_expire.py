"""Retention at the command line: what it shows, what it skips and what it leaves with."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.main import main
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


def expire(*argv: str) -> int | str | None:
    """The code `tailpipe compact` leaves with."""
    with pytest.raises(SystemExit) as left:
        main(["compact", *argv])
    return left.value.code


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


def test_what_is_left_is_compacted(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """In the same run, and told beside it."""
    assert expire() == Exit.OK

    shown = capsys.readouterr().out.splitlines()
    assert shown[0].split() == [
        "collection",
        "destination",
        "retention",
        "first_day",
        "last_day",
        "days",
        "files",
        "rows",
        "rejected",
        "bytes",
        "held_days",
    ]
    assert [line.split()[0] for line in shown[3:] if line] == ["collection", "http_log.other", "http_log.web"]
    assert rows(project) == {"web": 1, "other": 4}


def test_the_lake_is_sound_afterwards(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Data and ledger agree, and the history tells what happened."""
    expire()
    with pytest.raises(SystemExit):
        main(["collection", "delete", "other", "--to", "2024-02-08", "--yes"])
    capsys.readouterr()

    with pytest.raises(SystemExit) as checked:
        main(["lake", "check", "--output", "json"])
    found = json.loads(capsys.readouterr().out)
    with pytest.raises(SystemExit):
        main(["lake", "history", "http_log", "--output", "json"])
    told = json.loads(capsys.readouterr().out)

    assert (checked.value.code, found) == (Exit.OK, [])
    assert rows(project) == {"web": 1, "other": 2}
    assert [each["operation"] for each in told if each["operation"] in ("delete", "retention")] == [
        "delete",
        "retention",
    ]


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

    assert "retention" not in capsys.readouterr().out
    assert expire("--dry-run") == Exit.OK
    assert capsys.readouterr().out == "nothing is past its retention\n"
    assert rows(project) == {"web": 4, "other": 4}


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--older-than", "soon"], '--older-than: "soon" is not how long rows can be kept; write 90d'),
        (["--older-than", "90d", "wbe"], 'no collection is called "wbe"; did you mean "web"?'),
    ],
)
def test_nonsense(argv: list[str], message: str, project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told in words, and nothing is touched."""
    assert expire(*argv) == Exit.USAGE

    assert message in capsys.readouterr().err
    assert rows(project) == {"web": 4, "other": 4}


def test_rejected_records_go_by_a_retention_of_their_own(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Today's stay; what would go is shown without the rows that stay."""
    configure(project, 'rejected_retention = "1d"')
    project.write("b.log", "broken\n")
    project.collect()

    assert expired(capsys, "--dry-run") == {}
    assert rows(project) == {"web": 4, "other": 4}
