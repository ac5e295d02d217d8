"""Asking what tables held earlier, from the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.query_moment import moment_of
from tailpipe_resources.errors import UsageError
from tailpipe_resources.lake.history import history
from tests.cli.test_cli_lake import HCL, lines, ran
from tests.services.project import Project

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2024, 2, 10, 12, tzinfo=UTC)
COUNT = "select count(*) from http_log"


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A collection that brought 3 rows, and then 2 more."""
    made = Project(tmp_path)
    made.configure(HCL)
    for name, numbers in (("a.log", (1, 2, 3)), ("b.log", (4, 5))):
        made.write(name, lines(*numbers))
        made.collect_one()
    monkeypatch.chdir(tmp_path)
    return made


def count(capsys: pytest.CaptureFixture[str], *flags: str) -> int:
    """The rows a query sees."""
    code, out, err = ran(capsys, "query", COUNT, "--output", "csv", "--no-header", *flags)
    assert code == Exit.OK, err
    return int(out)


def test_tables_are_shown_as_they_were(lake: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """At a time, in a version, and before they were there."""
    first = history(lake.lake, "http_log")[1].time

    assert count(capsys) == 5
    assert count(capsys, "--as-of", "http_log@1") == 3
    assert count(capsys, "--as-of", first.isoformat()) == 3
    assert count(capsys, "--as-of", "T-1d") == 0
    assert count(capsys, "--as-of", "T-1d", "--as-of", "http_log@2") == 5
    assert "http_log had no rows then" in ran(capsys, "query", COUNT, "--as-of", "T-1d")[2]


def test_a_table_that_cannot_be_shown_stops_only_who_asks_for_it(
    lake: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """And says how far back it goes."""
    folder = lake.stored("http_log") / "_delta_log"
    first = history(lake.lake, "http_log")[1].time
    (folder / f"{0:020}.json").unlink()
    (folder / f"{1:020}.json").unlink()
    flags = ("--as-of", first.isoformat())

    code, _, err = ran(capsys, "query", COUNT, *flags)

    assert code == Exit.FAILED
    assert "no longer kept" in err
    assert ran(capsys, "query", "select count(*) from tailpipe_rejected", *flags)[0] == Exit.OK


@pytest.mark.usefixtures("lake")
@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["http_lok@1"], 'did you mean "http_log"?'),
        (["http_log@x"], "write TABLE@VERSION"),
        (["http_log@1", "http_log@2"], "twice"),
        (["T-1d", "T-2d"], "one time"),
        (["yesterday"], "is not a time"),
        (["2999-01-01"], "is in the future"),
    ],
)
def test_what_makes_no_sense_is_refused(capsys: pytest.CaptureFixture[str], given: list[str], says: str) -> None:
    """Before anything is asked."""
    code, out, err = ran(capsys, "query", COUNT, *(flag for each in given for flag in ("--as-of", each)))

    assert (code, out) == (Exit.USAGE, "")
    assert says in err


def test_times_are_read_as_everywhere() -> None:
    """In UTC, absolute or relative to now."""
    assert moment_of(["T-2H"], NOW).of("t") == NOW - timedelta(hours=2)
    assert moment_of(["2024-02-07"], NOW).of("t") == datetime(2024, 2, 7, tzinfo=UTC)
    assert moment_of([], NOW).of("t") is None
    with pytest.raises(UsageError, match="future"):
        moment_of(["2024-02-11"], NOW)
