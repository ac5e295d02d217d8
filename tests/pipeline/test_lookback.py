"""Looking back: what arrives after its day was collected is found by the runs of the next days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.pipeline import CollectOptions
from tailpipe_resources.model.window import Window

if TYPE_CHECKING:
    from tests.services.project import Project

DAYS = """
source "file" "days" {
  path        = "LOGS"
  file_layout = `%{YEAR:year}-%{MONTHNUM:month}-%{MONTHDAY:day}%{DATA}.log`
}

collection "custom" "c" {
  source     = source.file.days
  table_name = "t"
  format     = `(?P<time>\\S+) (?P<n>\\S+)`
  MORE
}
"""
OVERWRITE = CollectOptions(overwrite=True)


def configure(project: Project, more: str = "") -> None:
    """A file a day; what is said of looking back."""
    project.configure(DAYS.replace("LOGS", str(project.logs)).replace("MORE", more))


def write(project: Project, day: int, name: str = "") -> None:
    """A file dated a day, with one line of that day."""
    project.write(f"2024-02-{day:02}{name}.log", f"2024-02-{day:02}T12:00:00Z {name or 'first'}\n")


def window(day: int) -> Window:
    """One day."""
    return Window.of_days(date(2024, 2, day), date(2024, 2, day))


def days(project: Project, day: int, options: CollectOptions | None = None) -> dict[int, int]:
    """Rows by day of the month that collecting one day brings in."""
    (result,) = project.collect(window=window(day), options=options or CollectOptions())
    assert result.failure is None
    return {each.day: rows for each, rows in result.days.items()}


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ("", {10, 9, 8}),
        ('lookback = "36h"', {10, 9, 8}),
        ('lookback = "24h"', {10, 9}),
        ('lookback = "1W"', {10, 9, 8, 7, 4, 3}),
        ('lookback = "0"', {10}),
        ("lookback = 0", {10}),
        ('lookback = "1W"\n  start = "2024-02-08"', {10, 9, 8}),
    ],
)
def test_what_was_never_seen_is_found_as_far_as_the_lookback_reaches(
    project: Project, more: str, found: set[int]
) -> None:
    """Its rows go to the day they happened; nothing of later days comes, nor from before the collection's start."""
    configure(project, more)
    for day in (1, 2, 3, 4, 7, 8, 9, 10, 11):
        write(project, day)

    assert days(project, 10) == dict.fromkeys(found, 1)


def test_what_arrives_late_comes_in_with_the_next_day(project: Project) -> None:
    """Once, and without what is there being read again."""
    configure(project)
    write(project, 8)
    write(project, 9)
    assert days(project, 9) == {8: 1, 9: 1}
    write(project, 8, "late")
    write(project, 10)

    (result,) = project.collect(window=window(10))

    assert {each.day: rows for each, rows in result.days.items()} == {8: 1, 10: 1}
    assert (result.artifacts, result.skipped, result.replaced) == (2, 2, 0)
    assert days(project, 10) == {}
    assert project.one("select count(*) from t") == 4


def test_overwriting_replaces_the_window_and_nothing_before_it(project: Project) -> None:
    """Neither is anything earlier read again, nor is what came late."""
    configure(project)
    for day in (8, 9, 10):
        write(project, day)
    days(project, 10)
    write(project, 9, "late")

    (result,) = project.collect(window=window(10), options=OVERWRITE)

    assert (result.artifacts, result.rows, result.replaced) == (1, 1, 1)
    assert project.one("select count(*) from t") == 3


def test_a_window_without_a_start_is_what_it_was() -> None:
    """There is nothing before it."""
    end = Window(end=datetime(2024, 2, 7, tzinfo=UTC))

    assert end.earlier(timedelta(days=2)) == end
    assert window(7).earlier(timedelta(days=10_000_000 // 10)).start is None
