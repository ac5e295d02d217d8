"""The page about the first hour: typed in that order, each of its commands does what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tailpipe_assets.cli.main import main

PAGE = (Path(__file__).parents[2] / "docs" / "first_hour.md").read_text()


def test_the_first_hour_can_be_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From a log to its answer, every command ends well, and nothing was rejected."""
    monkeypatch.chdir(tmp_path)
    log = re.search(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert log is not None
    (tmp_path / "doors.csv").write_text(log[1])
    commands = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]

    said = {}
    for command in commands:
        with pytest.raises(SystemExit) as left:
            main(shlex.split(command)[1:])
        assert left.value.code in {0, None}, command
        said[command] = capsys.readouterr()

    answers = [said[command].out for command in commands if " query " in command]
    assert re.search(r"front\s+2", answers[0])
    assert "bob" not in answers[1]
