"""Looking back with queries finds what asking them in time would have found, and keeps it only when asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.back import LookedBack, Options
from tailpipe_assets.scheduled.looking_back import look_back
from tailpipe_resources.model.finding import FINDING_TABLE
from tailpipe_resources.model.window import Window
from tests.pipeline.test_detecting import write
from tests.scheduled.test_due import BURST, BY_ROW, COLLECTION, NOON, QUARTER, asked, at

if TYPE_CHECKING:
    from tests.services.project import Project

ALWAYS = """
detection "aws_cloudtrail_log" "ever" {
  schedule  = "0 0 * * *"
  full_scan = true
  sql       = "select event_name as group_key, count(*) as n from aws_cloudtrail_log group by 1 having n >= 3"
}
"""
EVERYTHING, LOOK, SAVE = Window(), Options(), Options(save=True)
BURSTS, STOPS, EVER = "aws_cloudtrail_log.burst", "aws_cloudtrail_log.stops", "aws_cloudtrail_log.ever"


def look(project: Project, window: Window = EVERYTHING, options: Options = LOOK) -> LookedBack:
    """What the scheduled rules find in the lake."""
    plans = project.plans()
    return look_back(plans[0], plans, plans[0].scheduled, window, options)


def collected(project: Project) -> None:
    """Rows of some hours, all of which came in just now."""
    project.configure(COLLECTION)
    events = [at(minute, "Get", minute) for minute in (1, 2, 16, 17, 300)]
    write(project, "a.json", [*events, at(60, "StopLogging", 5), at(200, "Ci", 6), at(201, "Ci", 7)])
    project.collect_one()


def test_each_window_is_asked_as_if_rows_had_come_in_when_they_happened(project: Project) -> None:
    """Though the query asks when they came in. What counts over everything is shown the time that is meant."""
    collected(project)
    project.configure(COLLECTION + BURST.replace("tp_timestamp", "tp_ingest_timestamp") + BY_ROW + ALWAYS)

    found = look(project)

    assert (found.days, found.rows, found.faults, found.saved) == (1, 8, {}, 0)
    assert found.findings == {BURSTS: 1, STOPS: 1, EVER: 1}
    assert found.suppressed == {BURSTS: 1}
    assert found.samples[BURSTS][0]["last_seen"] == NOON + 2 * QUARTER
    assert look(project, Window(NOON + QUARTER, NOON + 4 * QUARTER)).findings == {BURSTS: 1, STOPS: 0, EVER: 0}
    assert project.one(f"SELECT count(*) FROM {FINDING_TABLE}") == 0


def test_what_was_saved_is_known_when_its_window_is_asked(project: Project) -> None:
    """Looking back has the ids of production, and marks what it saves."""
    collected(project)
    project.configure(COLLECTION + BURST)

    assert look(project, options=SAVE).saved == 2
    assert look(project, options=SAVE).saved == 0
    assert asked(project, 16).findings == {}
    assert project.ask(f"SELECT DISTINCT backtest FROM {FINDING_TABLE}") == [(True,)]


def test_a_query_that_fails_is_named(project: Project) -> None:
    """The others are asked all the same."""
    collected(project)
    broken = BURST.replace('"burst"', '"broken"').replace("count(*) as n", "count(*) as n, min(event_name::INTEGER)")
    project.configure(COLLECTION + broken + BY_ROW)

    found = look(project)

    assert found.findings[STOPS] == 1
    assert "Could not convert string" in found.faults["aws_cloudtrail_log.broken"]
