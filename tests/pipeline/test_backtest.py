"""Looking back finds what would have been found as the rows came in, and keeps it only when asked to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.back import LookedBack, Options
from tailpipe_assets.pipeline.backtest import look_back
from tailpipe_assets.pipeline.rules import rules_of
from tailpipe_resources.config import load
from tailpipe_resources.model.finding import FINDING_TABLE
from tailpipe_resources.model.place import Problems
from tailpipe_resources.model.window import Window
from tests.pipeline.test_detecting import event, write

if TYPE_CHECKING:
    from tests.services.project import Project

COLLECTION = """
collection "aws_cloudtrail_log" "production" {
  source = source.file.logs
}
"""
RULES = """
detection "aws_cloudtrail_log" "trail_stopped" {
  where = "event_name = 'StopLogging'"
  exception "ci" {
    where  = "user_identity.arn like '%/ci'"
    reason = "SEC-142"
  }
}
detection "aws_cloudtrail_log" "many" {
  where = "event_name = 'GetSecretValue'"
  threshold {
    group_by = ["user_identity.arn"]
    count    = 4
    window   = "10m"
  }
}
"""
STOPPED, MANY = "aws_cloudtrail_log.trail_stopped", "aws_cloudtrail_log.many"
EVERYTHING, LOOK, SAVE = Window(), Options(), Options(save=True)


def look(project: Project, window: Window = EVERYTHING, options: Options = LOOK) -> LookedBack:
    """What the rules find in the lake."""
    (ready,) = project.plans()
    rules = rules_of(load([project.folder / "tailpipe.hcl"]), [ready.table], Problems()).rules
    return look_back(ready, rules, window, options)


def collected(project: Project) -> None:
    """Rows of two days in the lake, without any rule yet; a burst goes on over midnight."""
    project.configure(COLLECTION)
    burst = [event(n, "GetSecretValue") for n in range(10, 16)]
    for number, each in enumerate(burst):
        each["eventTime"] = f"2026-11-20T23:5{number + 7}:00Z" if number < 3 else f"2026-11-21T00:0{number - 3}:00Z"
    write(project, "a.json", [event(1, "StopLogging"), event(2, "StopLogging", who="ci"), *burst])
    project.collect_one()
    project.configure(COLLECTION + RULES)


def findings(project: Project) -> list[tuple[object, ...]]:
    """What is kept."""
    return project.ask(f"SELECT detection, row_count, backtest FROM {FINDING_TABLE} ORDER BY ALL")


def test_rows_that_came_before_the_rule_are_found(project: Project) -> None:
    """Over several days as if they were one, and nothing is kept."""
    collected(project)

    found = look(project)

    assert (found.days, found.rows, found.faults, found.saved) == (2, 8, {}, 0)
    assert (found.findings, found.suppressed) == ({STOPPED: 1, MANY: 1}, {STOPPED: 1})
    (sample,) = found.samples[MANY]
    assert (sample["row_count"], sample["last_seen"]) == (6, datetime(2026, 11, 21, 0, 2, tzinfo=UTC))
    assert findings(project) == []


def test_only_rows_of_the_window_are_asked(project: Project) -> None:
    """By their own time, not by the day of their file."""
    collected(project)
    start = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert look(project, Window(start, None)).findings == {STOPPED: 0, MANY: 1}
    assert look(project, Window(None, start)).findings == {STOPPED: 1, MANY: 0}


def test_what_is_saved_is_marked_and_saved_once(project: Project) -> None:
    """Looking back again finds the same and keeps nothing new; collecting goes on as ever."""
    collected(project)

    assert look(project, options=SAVE).saved == 3
    kept = findings(project)
    assert kept == [(MANY, 6, True), (STOPPED, 1, True), (STOPPED, 1, True)]
    assert look(project, options=SAVE).saved == 0
    assert findings(project) == kept
    write(project, "b.json", [event(3, "StopLogging")])
    assert project.collect_one().findings == {"medium": 1}
    assert len(findings(project)) == 4


def test_rows_that_come_in_anew_are_told_whatever_looking_back_had_saved(project: Project) -> None:
    """Under the ids of what was saved, so nothing is there twice."""
    collected(project)
    assert look(project, options=SAVE).saved == 3
    write(project, "a.json", [event(1, "StopLogging"), event(4, "Other")])

    again = project.collect_one()

    assert (again.findings, again.by_detection) == ({"medium": 1}, {STOPPED: 1})
    stopped = [each for each in findings(project) if each[0] == STOPPED]
    assert stopped == [(STOPPED, 1, False), (STOPPED, 1, True)]


def test_what_was_found_at_ingest_is_not_saved_again(project: Project) -> None:
    """A rule finds the same under the same ids, whenever it is asked."""
    project.configure(COLLECTION + RULES)
    write(project, "a.json", [event(1, "StopLogging")])
    project.collect_one()
    assert look(project, options=SAVE).saved == 0
    assert look(project).findings == {STOPPED: 1, MANY: 0}
    assert findings(project) == [(STOPPED, 1, False)]


def test_nothing_is_found_where_nothing_was_collected(project: Project) -> None:
    """A collection without a lake is no mistake."""
    project.configure(COLLECTION + RULES)
    assert look(project).findings == {STOPPED: 0, MANY: 0}


def test_findings_are_told_when_that_is_asked(project: Project) -> None:
    """They are kept like those of ingest."""
    collected(project)
    look(project, options=Options(save=True, notify=True))
    assert {backtest for _, _, backtest in findings(project)} == {False}
