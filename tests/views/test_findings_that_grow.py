"""A finding that earlier rows join has a newer version at another time: no view shows two of it, or the old one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.views.notebook import open_lake
from tailpipe_assets.views.refreshing import refresh_views
from tailpipe_resources.config import load
from tailpipe_resources.config.outline import Outline
from tests.services.project import Project
from tests.views.conftest import reopened

if TYPE_CHECKING:
    from pathlib import Path

HCL = """
collection "http_log" "web" {
  source = source.file.logs
  format = "combined"
}
detection "http_log" "burst" {
  where = "status >= 500"
  threshold {
    group_by = ["remote_addr"]
    count    = 3
    window   = "10m"
  }
}
view "copied" {
  accelerated = true
}
"""
LINE = '10.0.0.1 - - [{}/Feb/2024:{} +0000] "GET / HTTP/1.1" 500 1 "-" "x"\n'
NEWEST = [(2, 6)]


@pytest.fixture
def grown(tmp_path: Path) -> Project:
    """A finding of the 8th that a copy knows, and that began on the 7th when more lines had come."""
    project = Project(tmp_path)
    project.configure(HCL)
    project.write("a.log", "".join(LINE.format("08", f"00:0{minute}:00") for minute in (2, 3, 4)))
    project.collect_one()
    config = load([project.folder / "tailpipe.hcl"])
    assert [each.result for each in refresh_views(Outline.of(config), lambda: config)] == ["refreshed"]
    project.write("b.log", "".join(LINE.format("07", f"23:5{minute}:00") for minute in (7, 8, 9)))
    project.collect_one()
    return project


def test_a_copy_shows_the_newest_version_alone(grown: Project) -> None:
    """As the view itself does."""
    with reopened(grown) as opened:
        for table in ("tailpipe_finding", "copied.tailpipe_finding"):
            rows = [row for batch in opened.ask(f"SELECT version, row_count FROM {table}").batches for row in batch]
            assert rows == NEWEST, table


def test_a_window_leaves_out_what_is_outside_now(grown: Project) -> None:
    """A version that lay inside of it once does not count."""
    for start, expected in (("2024-02-07", NEWEST), ("2024-02-08", [])):
        with open_lake(str(grown.folder / "tailpipe.hcl"), start=start) as lake:
            assert lake.sql("SELECT version, row_count FROM tailpipe_finding").fetchall() == expected
