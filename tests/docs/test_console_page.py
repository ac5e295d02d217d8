"""The page of the console."""

from __future__ import annotations

from pathlib import Path

from tailpipe_assets.console.meta import COMMANDS

PAGE = (Path(__file__).parents[2] / "docs" / "console.md").read_text(encoding="utf-8")


def test_every_command_has_its_line() -> None:
    """With what it takes."""
    for command in COMMANDS:
        written = f"{command.name} {command.takes}".rstrip().replace("|", r"\|")
        assert f"`{written}`" in PAGE
