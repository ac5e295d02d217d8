"""The project of `tailpipe_assets.testing`, and real logs where they are at hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tailpipe_assets.testing.project import Project

__all__ = ["Project", "shared_data"]

# Read before any test takes the variables of the environment away.
_REAL = Path(os.environ.get("TAILPIPE_TEST_DATA") or Path(__file__).parents[3] / "shared" / "data")


def shared_data(folder: str) -> Path:
    """Real logs, kept beside the repository; the test is skipped where they are absent."""
    if not (_REAL / folder).is_dir():
        pytest.skip(f"no real logs at {_REAL / folder}; set TAILPIPE_TEST_DATA to where they are")
    return _REAL / folder
