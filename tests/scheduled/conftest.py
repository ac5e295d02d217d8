"""What the tests of scheduled detections share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.services.project import Project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A configuration that is still to be written."""
    return Project(tmp_path)
