"""Looking after a lake from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.main import main
from tailpipe_resources.config import load
from tests.services.project import Project

if TYPE_CHECKING:
    from pathlib import Path

HCL = 'collection "http_log" "web" {\n  source = source.file.logs\n  format = "combined"\n}\n'
LINE = '10.0.0.1 - - [07/Feb/2024:13:00:{:02} +0000] "GET /{} HTTP/1.1" 200 5 "-" "x"\n'


def lines(*numbers: int) -> str:
    """A line a number."""
    return "".join(LINE.format(number % 60, number) for number in numbers)


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A lake with three rows of one collection."""
    made = Project(tmp_path)
    made.configure(HCL)
    made.write("a.log", lines(1, 2, 3))
    made.collect_one()
    monkeypatch.chdir(tmp_path)
    return made


def ran(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    """A command's exit code, and what it wrote to both streams."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(argv)
    told = capsys.readouterr()
    return int(left.value.code or 0), told.out, told.err


def as_json(capsys: pytest.CaptureFixture[str], *argv: str, code: int = Exit.OK) -> Any:
    """What a command wrote as JSON."""
    ended, out, err = ran(capsys, *argv, "--output", "json")
    assert ended == code, err
    return json.loads(out)


def test_history_tells_who_collected_what(lake: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Newest first, with the digest of the configuration, which changes with it."""
    first = load([lake.folder / "tailpipe.hcl"]).digest
    lake.configure(f"# another\n{HCL}")
    lake.write("b.log", lines(4, 5))
    lake.collect_one()

    told = as_json(capsys, "lake", "history", "http_log")

    assert [each["operation"] for each in told] == ["collect", "collect", "create"]
    assert [each["rows_added"] for each in told] == [2, 3, 0]
    assert told[1]["config"] == first
    assert told[0]["config"] == load([lake.folder / "tailpipe.hcl"]).digest != first
    assert len(first) == 12
    assert {each["destination"] for each in told} == {lake.lake.root}


@pytest.mark.usefixtures("lake")
def test_history_can_be_short(capsys: pytest.CaptureFixture[str]) -> None:
    """And says that there is more."""
    code, out, err = ran(capsys, "lake", "history", "http_log", "--limit", "1")

    assert code == Exit.OK
    assert len(out.splitlines()) == 2
    assert "collect" in out
    assert "--limit 0" in err


def test_a_sound_lake_ends_with_zero(lake: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """And says nothing on stdout."""
    lake.write("bad.log", "what is this\n")
    lake.collect_one()

    assert ran(capsys, "lake", "check") == (Exit.OK, "", "2 tables: sound\n")
    assert as_json(capsys, "lake", "check", "http_log.web", "--quick") == []


def test_damage_ends_with_one(lake: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A line a defect, or JSON."""
    path = next(lake.stored("http_log").glob("tp_partition=*/**/*.parquet"))
    path.unlink()

    code, out, err = ran(capsys, "lake", "check")

    assert (code, err) == (Exit.FAILED, "2 tables: 1 error\n")
    assert out.startswith(f"error: {path}: a file of 3 rows is missing; restore it from a backup")
    (told,) = as_json(capsys, "lake", "check", "--quick", code=Exit.FAILED)
    assert (told["table"], told["severity"], told["repairable"]) == ("http_log", "error", False)
    assert lake.lake.root == told["destination"]


def test_repair_mends_and_says_so(lake: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Only once it is told to; afterwards the lake is sound, and a run brings the rest back."""
    log = lake.stored("http_log") / "_delta_log"
    path = max(log.glob("*.json"))
    path.write_bytes(path.read_bytes()[:50])

    code, out, err = ran(capsys, "lake", "repair", "--dry-run")
    assert (code, "commit 1 is not whole" in out) == (Exit.FAILED, True)
    assert "2 of them would be put right" in err
    assert ran(capsys, "lake", "repair")[0] == Exit.USAGE
    assert path.exists()

    told = as_json(capsys, "lake", "repair", "--yes")

    assert told["left"] == []
    assert "commit 1 is not whole" in told["done"][0]
    assert not path.exists()
    assert ran(capsys, "lake", "check")[0] == Exit.OK
    assert lake.collect_one().rows == 3
    code, _, err = ran(capsys, "lake", "repair", "--yes")
    assert (code, err.splitlines()[-1]) == (Exit.OK, "nothing to repair")


@pytest.mark.usefixtures("lake")
@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("check", "http_lok"), 'did you mean "http_log"?'),
        (("check", "--dry-run"), "check takes no --dry-run; that is for repair"),
        (("repair", "http_log.web"), "whole tables"),
        (("history",), "needs one table"),
        (("history", "http_lok"), 'did you mean "http_log"?'),
        (("history", "http_log", "--limit", "-1"), "less than none"),
        (("history", "http_log", "--destination", "defalt"), 'did you mean "default"?'),
    ],
)
def test_what_makes_no_sense_is_refused(capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], says: str) -> None:
    """In words that say how it is written."""
    code, out, err = ran(capsys, "lake", *argv)

    assert (code, out) == (Exit.USAGE, "")
    assert says in err
