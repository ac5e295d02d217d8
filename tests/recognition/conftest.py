"""A folder for logs, and a way to collect what is proposed for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.services.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tailpipe_assets.recognition.recognize import Recognized


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A folder for logs and a lake."""
    return Project(tmp_path)


def collected(project: Project, found: Recognized) -> dict[str, int]:
    """Rows by table, after the proposal was collected as it stands; each can be asked."""
    (project.folder / "tailpipe.hcl").write_text(
        f'destination "parquet" "default" {{\n  path = "{project.folder}/lake"\n}}\n{found.text}'
    )
    results = project.collect()
    assert [each.failure for each in results] == [None] * len(results)
    return {each.table: project.one(f"SELECT count(*) FROM {each.table}") for each in found.proposals}
