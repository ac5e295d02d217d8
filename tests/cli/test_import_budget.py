"""A question about the tool itself is answered without waking what collects and queries."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = {"dagster", "boto3", "botocore", "duckdb", "pyarrow", "deltalake", "prompt_toolkit", "pygments"}
PROBE = """
import sys
from tailpipe_assets.cli.main import main
try:
    main(sys.argv[1:])
finally:
    print("loaded", *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "command",
    [
        "--help",
        "--version",
        "help query",
        "query --help",
        "source --help",
        "config --help",
        "lake --help",
        "source list",
        "table list",
    ],
)
def test_nothing_heavy_is_loaded(command: str, tmp_path: Path) -> None:
    """Neither Dagster nor an AWS client nor a database is imported."""
    finished = subprocess.run(
        [sys.executable, "-c", PROBE, *command.split()], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert finished.returncode == 0, finished.stderr
    assert set(finished.stderr.splitlines()[-1].split()) & HEAVY == set()
