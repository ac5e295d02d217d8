"""Holds stop an overwrite whichever door asks for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.pipeline import CollectOptions
from tailpipe_resources.errors import HeldError
from tailpipe_resources.model.window import Window

if TYPE_CHECKING:
    from tests.services.project import Project

OVERWRITE = CollectOptions(overwrite=True)
LINE = '10.0.0.1 - - [07/Feb/2024:12:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "curl"\n'
HCL = """
collection "http_log" "held" {
  source = source.file.logs
  format = "combined"
}
collection "http_log" "free" {
  source = source.file.logs
  format = "combined"
}
hold "case" {
  collection = "http_log.held"
  from       = "2024-02-01"
  to         = "2024-02-29"
  reason     = "case 17"
}
"""


@pytest.mark.parametrize("window", [Window(), Window(datetime(2024, 2, 29, 23, tzinfo=UTC))])
def test_the_held_collection_is_left_alone(window: Window, project: Project) -> None:
    """Its result says why; the other collection of the same source is overwritten."""
    project.write("a.log", LINE)
    project.configure(HCL)
    project.collect()

    held, free = project.collect(window=window, options=OVERWRITE)

    assert isinstance(held.failure, HeldError)
    assert 'hold "case" (' in str(held.failure)
    assert (held.rows, held.replaced) == (0, 0)
    assert (free.failure, free.rows, free.replaced) == (None, 1, 1)


def test_another_window_is_overwritten(project: Project) -> None:
    """Up to the hold's first instant, and from its end."""
    project.write("a.log", LINE.replace("07/Feb", "07/Mar"))
    project.configure(HCL)
    project.collect()

    before = project.collect(window=Window(end=datetime(2024, 2, 1, tzinfo=UTC)), options=OVERWRITE)
    after = project.collect(window=Window(datetime(2024, 3, 1, tzinfo=UTC)), options=OVERWRITE)

    assert [each.failure for each in (*before, *after)] == [None] * 4


def test_held_rows_of_a_file_that_another_window_meets_stay(project: Project) -> None:
    """A file without a date belongs to every window: its rows on held days are not replaced by what is read now."""
    project.write("a.log", LINE)
    project.configure(HCL)
    project.collect()
    project.configure(HCL.replace('format = "combined"', 'format = "combined"\n  filter = "status = 500"'))

    held, free = project.collect(window=Window(datetime(2024, 3, 1, tzinfo=UTC)), options=OVERWRITE)

    assert isinstance(held.failure, HeldError)
    assert 'hold "case" (' in str(held.failure)
    assert (free.failure, free.replaced) == (None, 1)
    assert project.ask("SELECT tp_partition, count(*) FROM http_log GROUP BY ALL") == [("held", 1)]


def test_rows_beside_held_days_are_overwritten(project: Project) -> None:
    """A hold on days of which an artifact has no rows does not keep it from being read again."""
    project.write("a.log", LINE.replace("07/Feb", "07/Mar"))
    project.configure(HCL)
    project.collect()

    held, _ = project.collect(window=Window(datetime(2024, 3, 1, tzinfo=UTC)), options=OVERWRITE)

    assert (held.failure, held.replaced) == (None, 1)
