"""The rules that tools can check: imports between rooms, style, types, and what a cheap command loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
HEAVY = {"boto3", "dagster", "deltalake", "duckdb", "hcl2", "pyarrow"}
PROBE = """
import sys
from tailpipe_assets.cli.main import main
try:
    main()
finally:
    print(*{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        pytest.param([BIN / "lint-imports", "--no-logo"], id="imports"),
        pytest.param([sys.executable, "-m", "ruff", "check", "."], id="style"),
        pytest.param([sys.executable, "-m", "ruff", "format", "--check", "."], id="layout"),
        pytest.param([sys.executable, "-m", "mypy"], id="types"),
    ],
)
def test_tools_find_nothing_to_say(command: list[str]) -> None:
    """Rooms import only rooms below them, code looks the same everywhere, and types hold."""
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.mark.parametrize("command", ["--version", "--help", "query --help", "collect --help"])
def test_asking_about_the_tool_is_cheap(command: str, tmp_path: Path) -> None:
    """Nothing heavy is imported to answer a question about the tool itself."""
    assert _modules_after(command, tmp_path) & HEAVY == set()


@pytest.mark.parametrize("command", ["table list", "source list", "format list"])
def test_listings_do_without_dagster(command: str, tmp_path: Path) -> None:
    """Listing what is installed starts neither Dagster nor an AWS client."""
    assert _modules_after(command, tmp_path) & {"dagster", "boto3"} == set()


def _modules_after(command: str, folder: Path) -> set[str]:
    finished = subprocess.run(
        [sys.executable, "-c", PROBE, *command.split()], cwd=folder, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return set(finished.stderr.splitlines()[-1].split())
