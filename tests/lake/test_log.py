"""What a table's log tells, as long as it does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tailpipe_resources.lake import local_lake
from tailpipe_resources.lake.log import MOST_READ, days_added
from tailpipe_resources.model.finding import FINDING_TABLE
from tests.alerts.conftest import NOW, found, write_findings

if TYPE_CHECKING:
    from pathlib import Path


def test_the_days_of_what_came_are_told_while_the_log_knows_them(tmp_path: Path) -> None:
    """Of the commits that are asked for; of commits that left the log, or are too many, nothing is told."""
    lake = local_lake(tmp_path / "lake")
    earlier = NOW - timedelta(days=3)
    write_findings(lake, found(1))
    write_findings(lake, found(2, first_seen=earlier, last_seen=earlier))
    today = found(1).first_seen.date()

    assert days_added(lake, FINDING_TABLE, 0, 2) == frozenset({today, earlier.date()})
    assert days_added(lake, FINDING_TABLE, 1, 2) == frozenset({earlier.date()})
    assert days_added(lake, FINDING_TABLE, 2, 2) == frozenset()
    assert days_added(lake, FINDING_TABLE, 3, 2) is None
    assert days_added(lake, FINDING_TABLE, 0, MOST_READ + 1) is None
    (tmp_path / "lake" / FINDING_TABLE / "_delta_log" / f"{1:020}.json").unlink()
    assert days_added(lake, FINDING_TABLE, 0, 2) is None
