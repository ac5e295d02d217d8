"""What waits to be collected, told without fetching anything."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.pipeline.backlog import Backlog, backlog
from tailpipe_resources.errors import SourceError
from tailpipe_resources.model.window import Window
from tests.services.project import Project

if TYPE_CHECKING:
    from pathlib import Path

HCL = """
source "file" "dated" {{
  path        = "{logs}"
  file_layout = "web-%{{YEAR:year}}%{{MONTHNUM:month}}%{{MONTHDAY:day}}.log"
}}
collection "http_log" "all" {{
  source = source.file.dated
  format = "combined"
}}
collection "http_log" "late" {{
  source = source.file.dated
  format = "combined"
  start  = "2024-02-08"
}}
"""
LINE = '10.0.0.1 - - [{day:02}/Feb/2024:12:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "curl"\n'


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two collections over three days of logs."""
    made = Project(tmp_path)
    for day in (7, 8, 9):
        made.write(f"web-202402{day:02}.log", LINE.format(day=day))
    made.configure(HCL.format(logs=made.logs))
    return made


def waiting(project: Project, window: Window | None = None) -> dict[str, Backlog]:
    """The backlog of each collection."""
    found = backlog(project.plans(), Window() if window is None else window)
    return {each.collection: each for each in found}


def test_all_there_is_waits_before_the_first_run(project: Project) -> None:
    """Artifacts, bytes and the newest time are told, from a collection's own start on."""
    found = waiting(project)

    size = len(LINE.format(day=7))
    newest = datetime(2024, 2, 9, tzinfo=UTC)
    days = frozenset(date(2024, 2, day) for day in (7, 8, 9))
    late = days - {date(2024, 2, 7)}
    assert found["all"] == Backlog("http_log", "all", 3, 3, 3 * size, days, newest)
    assert found["late"] == Backlog("http_log", "late", 2, 2, 2 * size, late, newest)


def test_nothing_waits_after_a_run(project: Project) -> None:
    """What was collected is listed and does not wait; a new file and a changed one do."""
    project.collect()
    before = waiting(project)
    project.write("web-20240210.log", LINE.format(day=10))
    project.write("web-20240209.log", LINE.format(day=9) * 2)
    after = waiting(project)

    assert {name: each.artifacts for name, each in before.items()} == {"all": 0, "late": 0}
    assert {name: each.artifacts for name, each in after.items()} == {"all": 2, "late": 2}


def test_a_window_reaches_back_as_far_as_collecting(project: Project) -> None:
    """Late artifacts within the look-back of two days count."""
    found = waiting(project, Window.of_days(date(2024, 2, 10), date(2024, 2, 10)))

    assert found["all"].listed == 2


def test_the_backlog_is_what_a_run_reads(project: Project) -> None:
    """A run after a look reads exactly what waited."""
    found = waiting(project)
    results = {each.collection: each for each in project.collect()}

    assert {name: each.artifacts for name, each in results.items()} == {
        name: each.artifacts for name, each in found.items()
    }


def test_a_look_can_end_early(project: Project) -> None:
    """Once it is enough the rest is not listed, and the answer says so."""
    (first, _) = backlog(project.plans(), enough=lambda: True)

    assert (first.listed, first.complete) == (1, False)


def test_a_listing_that_breaks_off_is_told(project: Project) -> None:
    """The failure is part of the answer, so that a run can say it properly."""
    plans = project.plans()
    for path in project.logs.iterdir():
        path.unlink()
    project.logs.rmdir()
    (first, _) = backlog(plans)

    assert isinstance(first.failure, SourceError)
    assert not first.complete
