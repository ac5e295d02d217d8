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


@pytest.mark.usefixtures("lake")
@pytest.mark.parametrize(
    ("argv", "says"),
    [
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
