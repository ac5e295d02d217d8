"""Looking back with queries finds what asking them in time would have found, and keeps it only when asked to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.back import LookedBack, Options
from tailpipe_assets.scheduled import ask_due
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


def test_what_was_saved_keeps_its_id_when_its_window_is_asked(project: Project) -> None:
    """Looking back has the ids of production, and marks what it saves; the schedule tells what it finds."""
    collected(project)
    project.configure(COLLECTION + BURST)

    assert look(project, options=SAVE).saved == 2
    assert look(project, options=SAVE).saved == 0
    kept = dict(project.ask(f"SELECT finding_id, backtest FROM {FINDING_TABLE}"))
    assert list(kept.values()) == [True, True]
    assert asked(project, 16).findings == {"high": 1}
    told = dict(project.ask(f"SELECT finding_id, backtest FROM {FINDING_TABLE}"))
    assert told.keys() == kept.keys()
    assert sorted(told.values()) == [False, True]
    assert asked(project, 31).findings == {}


def test_a_window_that_is_not_over_can_be_looked_at_without_silencing_it(project: Project) -> None:
    """Rows and keys that were saved as backtests are told, once, when the window is asked."""
    project.configure(COLLECTION + BY_ROW + BURST)
    write(project, "a.json", [at(-14, "Put", 1), at(-13, "List", 2)])
    project.collect_one()
    ask_due(project.plans(), now=NOON)
    write(project, "b.json", [at(1, "StopLogging", 3), at(2, "Get", 4), at(3, "Get", 5)])
    project.collect_one()
    assert look(project, Window(NOON, NOON + QUARTER), SAVE).saved == 2

    told = ask_due(project.plans(), now=NOON + QUARTER)

    assert {each.detection: each.findings for each in told} == {STOPS: {"medium": 1}, BURSTS: {"high": 1}}
    assert project.ask(f"SELECT detection, backtest, version FROM {FINDING_TABLE} ORDER BY ALL") == [
        (BURSTS, False, 2),
        (STOPS, False, 2),
    ]
    assert look(project, Window(NOON), SAVE).saved == 0


def test_a_finding_that_is_told_is_no_backtest_again(project: Project) -> None:
    """Looking back leaves it as it is, also where it goes on; it grows when its window is asked."""
    project.configure(COLLECTION + BURST)
    write(project, "a.json", [at(minute, "Get", minute) for minute in (1, 2, 16, 17, 18)])
    project.collect_one()
    assert asked(project, 16).findings == {"high": 1}

    assert look(project, options=SAVE).saved == 0

    newest = f"SELECT row_count, backtest, strftime(last_seen, '%H:%M') FROM {FINDING_TABLE}"
    assert project.ask(newest) == [(2, False, "12:15")]
    asked(project, 31)
    assert project.ask(newest) == [(3, False, "12:30")]


def test_windows_of_a_long_pause_are_passed_over(project: Project) -> None:
    """One row with a far-off time costs a window or two; the day that begins a pause is asked, window by window."""
    project.configure(COLLECTION + BURST.replace("*/15 * * * *", "0 */6 * * *"))
    far = at(365 * 24 * 60, "Get", 3)
    write(project, "a.json", [at(1, "Get", 1), at(2, "Get", 2), far, {**far, "eventID": "e4"}])
    project.collect_one()
    plans, ends = project.plans(), list[datetime]()

    found = look_back(
        plans[0], plans, plans[0].scheduled, EVERYTHING, LOOK, on_window=lambda _, __, end: ends.append(end)
    )

    assert found.findings == {BURSTS: 2}
    hours = [(end - NOON) / timedelta(hours=1) for end in ends]
    assert hours == [6, 12, 18, 24, 30, 36, 365 * 24 + 6]


def test_a_query_that_fails_is_named(project: Project) -> None:
    """The others are asked all the same."""
    collected(project)
    broken = BURST.replace('"burst"', '"broken"').replace("count(*) as n", "count(*) as n, min(event_name::INTEGER)")
    project.configure(COLLECTION + broken + BY_ROW)

    found = look(project)

    assert found.findings[STOPS] == 1
    assert "Could not convert string" in found.faults["aws_cloudtrail_log.broken"]
