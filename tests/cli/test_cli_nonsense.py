"""Values nobody means, told in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.cli.collect_window import window_of
from tailpipe_assets.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

from tailpipe_resources.errors import UsageError

NOW = datetime(2024, 2, 7, tzinfo=UTC)


@pytest.mark.parametrize(("start", "end"), [(None, "9999-12-31"), ("T-99999999Y", None), ("T-99999999d", None)])
def test_times_beyond_the_calendar_are_refused(start: str | None, end: str | None) -> None:
    """A window cannot reach past the years a calendar has."""
    with pytest.raises(UsageError, match="of the calendar"):
        window_of(start, end, NOW)


def test_sql_that_is_no_text_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of SQL in another encoding is named."""
    path = tmp_path / "odd.sql"
    path.write_bytes(b"select \xff\xfe")

    with pytest.raises(SystemExit) as left:
        main(["query", str(path)])

    assert left.value.code == 2
    assert "is not UTF-8 text" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["query", "select '\udcff'"], ["query", "select $a", "--param", "a=\udcff"]])
def test_arguments_that_are_no_text_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the shell hands over."""
    with pytest.raises(SystemExit) as left:
        main(arguments)

    assert left.value.code == 2
    assert "unexpected" not in capsys.readouterr().err


def test_a_file_of_sql_may_have_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also one with spaces, where it is there."""
    (tmp_path / "tailpipe.hcl").write_text('destination "parquet" "default" {\n  path = "lake"\n}\n')
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my report.SQL").write_text("select 41 + 1 as n")

    with pytest.raises(SystemExit) as left:
        main(["query", "my report.SQL", "--output", "csv"])

    assert (left.value.code, capsys.readouterr().out) == (0, "n\n42\n")
