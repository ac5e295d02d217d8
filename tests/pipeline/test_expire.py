"""Retention: whole days go once they are past it, held ones stay, and nothing is collected twice for it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.pipeline.expire import Expiry, expire, expiries
from tailpipe_assets.pipeline.stock import stock
from tailpipe_resources.config import load
from tailpipe_resources.lake.delta import open_table
from tailpipe_resources.model.retention import Retention

if TYPE_CHECKING:
    from tests.services.project import Project

NOW = datetime(2024, 2, 10, 12, tzinfo=UTC)
COLLECTION = """
collection "http_log" "{name}" {{
  source = source.file.logs
  format = "combined"
  {more}
}}
"""
HOLD = """
hold "case" {
  collection = "http_log.web"
  from       = "2024-02-06"
  to         = "2024-02-06"
  reason     = "case 17"
}
"""


@pytest.fixture
def logs(project: Project) -> Project:
    """Logs of five days, two lines a day in one file."""
    lines = [
        f'10.0.0.1 - - [{day:02}/Feb/2024:{hour}:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "curl"\n'
        for day in range(5, 10)
        for hour in ("00", "23")
    ]
    project.write("a.log", "".join(lines))
    return project


def collect(project: Project, text: str) -> None:
    """Collect with this configuration."""
    project.configure(text)
    project.collect()


def due(project: Project, older_than: Retention | None = None) -> tuple[Expiry, ...]:
    """What is past its time."""
    config = load([project.folder / "tailpipe.hcl"])
    return expiries(stock(config), config, NOW, older_than=older_than)


def days(project: Project, collection: str = "web") -> list[int]:
    """The days with rows."""
    query = f"SELECT DISTINCT tp_day FROM http_log WHERE tp_partition = '{collection}' ORDER BY 1"
    return [day for (day,) in project.ask(query)]


def test_days_go_once_their_last_instant_is_old_enough(logs: Project) -> None:
    """In one commit; a day that is partly young stays whole."""
    collect(logs, COLLECTION.format(name="web", more='retention = "3d"'))
    before = open_table(logs.lake, "http_log")
    (expiry,) = due(logs)

    gone = expire(expiry)

    after = open_table(logs.lake, "http_log")
    assert before is not None
    assert after is not None
    assert after.version() == before.version() + 1
    assert (gone.rows, set(gone.days)) == (4, {date(2024, 2, 5), date(2024, 2, 6)})
    assert days(logs) == [7, 8, 9]
    assert due(logs) == ()


def test_what_went_stays_collected(logs: Project) -> None:
    """The next run has nothing to read."""
    collect(logs, COLLECTION.format(name="web", more='retention = "3d"'))
    expire(due(logs)[0])

    again = logs.collect_one()

    assert (again.artifacts, again.skipped, again.rows) == (0, 1, 0)
    assert days(logs) == [7, 8, 9]


def test_held_days_stay(logs: Project) -> None:
    """Days before and after them go; the hold is named."""
    collect(logs, COLLECTION.format(name="web", more='retention = "2d"') + HOLD)

    (expiry,) = due(logs)
    expire(expiry)

    assert [each.name for each in expiry.holds] == ["case"]
    assert expiry.held == (date(2024, 2, 6),)
    assert days(logs) == [6, 8, 9]


def test_nothing_is_committed_where_all_is_held(logs: Project) -> None:
    """The days are still named."""
    collect(logs, COLLECTION.format(name="web", more='retention = "3d"') + HOLD.replace("from ", "# from "))
    before = open_table(logs.lake, "http_log")

    (expiry,) = due(logs)
    gone = expire(expiry)

    after = open_table(logs.lake, "http_log")
    assert (expiry.days, len(expiry.held), gone.rows) == ((), 2, 0)
    assert before is not None
    assert after is not None
    assert after.version() == before.version()


def test_a_collection_wins_over_its_destination(logs: Project) -> None:
    """And an age asked for wins over both; without any of them rows stay for ever."""
    text = COLLECTION.format(name="web", more='retention = "4d"') + COLLECTION.format(name="other", more="")
    collect(logs, text)
    assert [each.stock.name for each in due(logs)] == ["http_log.web"]

    hcl = logs.folder / "tailpipe.hcl"
    hcl.write_text(hcl.read_text().replace('/lake"\n', '/lake"\n  retention = "2d"\n'))

    assert [(each.stock.name, str(each.retention), len(each.days)) for each in due(logs)] == [
        ("http_log.other", "2d", 3),
        ("http_log.web", "4d", 1),
    ]
    assert {len(each.days) for each in due(logs, Retention(1, "d"))} == {4}


def test_a_collection_that_is_no_longer_configured(logs: Project) -> None:
    """Its destination's retention lets it go; where destinations of one path disagree, rows are kept for longer."""
    collect(logs, COLLECTION.format(name="web", more=""))
    destination = f'destination "parquet" "default" {{\n  path = "{logs.lake.root}"\n  retention = "2d"\n}}\n'
    hcl = logs.folder / "tailpipe.hcl"

    hcl.write_text(destination)
    (one,) = due(logs)
    hcl.write_text(destination + destination.replace('"default"', '"b"').replace("2d", "3d"))
    (two,) = due(logs)
    hcl.write_text(destination + f'destination "parquet" "b" {{\n  path = "{logs.lake.root}"\n}}\n')

    assert (str(one.retention), str(two.retention), due(logs)) == ("2d", "3d", ())


def test_rejects_go_by_the_day_they_were_met(logs: Project) -> None:
    """They are rows of their own days."""
    logs.write("b.log", "broken\n")
    collect(logs, COLLECTION.format(name="web", more=""))
    config = load([logs.folder / "tailpipe.hcl"])
    later = datetime(2999, 1, 1, tzinfo=UTC)

    (expiry,) = expiries(stock(config), config, later, older_than=Retention(1, "Y"))
    gone = expire(expiry)

    assert (gone.rows, gone.rejected) == (10, 1)
    assert logs.one("SELECT count(*) FROM tailpipe_rejected") == 0


def test_rejects_may_go_sooner_than_rows(logs: Project) -> None:
    """Rows stay, folded copies and all, and nothing is collected twice; a hold keeps rejects too."""
    logs.write("b.log", "broken\n")
    text = COLLECTION.format(name="web", more='rejected_retention = "7d"')
    collect(logs, text)
    later, path = datetime(2999, 1, 1, tzinfo=UTC), logs.folder / "tailpipe.hcl"
    held = COLLECTION.format(name="web", more='rejected_retention = "7d"') + HOLD.replace("2024-02-06", "2024-02-01", 1)
    held = held.replace('to         = "2024-02-06"', "")

    logs.configure(held)
    (kept,) = expiries(stock(load([path])), load([path]), later)
    logs.configure(text)
    (expiry,) = expiries(stock(load([path])), load([path]), later)
    gone = expire(expiry)

    assert (kept.days, len(kept.held)) == ((), 1)
    assert expiry.rows_stay
    assert (gone.rows, gone.files, gone.rejected, gone.days) == (0, 0, 1, frozenset())
    assert days(logs) == [5, 6, 7, 8, 9]
    assert logs.one("SELECT count(*) FROM tailpipe_rejected") == 0
    assert expiries(stock(load([path])), load([path]), later) == ()
    assert [each.rows for each in logs.collect()] == [0]
