"""Detections that a schedule asks: every window is asked, none is lost, and asking again finds nothing new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.pipeline.compact import compact_collections
from tailpipe_assets.scheduled import DueResult, ask_due
from tailpipe_resources.model.finding import FINDING_TABLE
from tests.pipeline.test_detecting import event, write

if TYPE_CHECKING:
    from tests.services.project import Project

COLLECTION = """
collection "aws_cloudtrail_log" "production" {
  source = source.file.logs
}
"""
BURST = """
detection "aws_cloudtrail_log" "burst" {
  severity = "high"
  schedule = "*/15 * * * *"
  sql      = <<-EOT
    select event_name as group_key, count(*) as n, any_value(user_identity.arn) as actor from aws_cloudtrail_log
    where tp_timestamp >= $from and tp_timestamp < $to group by 1 having n >= 2
  EOT
  exception "ci" {
    where  = "group_key = 'Ci'"
    reason = "SEC-1"
  }
}
"""
BY_ROW = """
detection "aws_cloudtrail_log" "stops" {
  schedule = "*/15 * * * *"
  sql      = <<-EOT
    select * from aws_cloudtrail_log
    where event_name = 'StopLogging' and tp_timestamp >= $from and tp_timestamp < $to
  EOT
}
"""
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
ANN = "arn:aws:iam::1:user/ann"


def at(minutes: int, name: str, number: int) -> dict[str, Any]:
    """An event so many minutes after noon."""
    made = event(number, name)
    made["eventTime"] = (NOON + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return made


def asked(project: Project, minutes: int) -> DueResult:
    """What came of the one detection that is due so many minutes after noon."""
    (result,) = ask_due(project.plans(), now=NOON + timedelta(minutes=minutes))
    assert not result.failure, result.failure
    return result


def found(project: Project) -> list[tuple[Any, ...]]:
    """The findings, each in its newest version."""
    return project.ask(
        f"SELECT group_key, row_count, strftime(first_seen, '%H:%M'), strftime(last_seen, '%H:%M') "
        f"FROM {FINDING_TABLE} ORDER BY ALL"
    )


def test_a_clock_that_was_ahead_stops_no_detection(project: Project) -> None:
    """Once it is right again, windows are asked anew, and what was found before is not found twice."""
    project.configure(COLLECTION + BURST)
    write(project, "a.json", [at(1, "A", 1), at(2, "A", 2)])
    project.collect_one()
    assert asked(project, 16).findings == {"high": 1}
    asked(project, 40 * 24 * 60)

    write(project, "b.json", [at(31, "B", 3), at(32, "B", 4)])
    project.collect_one()

    assert asked(project, 46).findings == {"high": 1}
    assert not ask_due(project.plans(), now=NOON + timedelta(minutes=47))
    assert [key for key, *_ in found(project)] == ["A", "B"]


def test_a_window_is_asked_once_it_is_over(project: Project) -> None:
    """Once; the next one when its time has come."""
    project.configure(COLLECTION + BURST)
    write(project, "a.json", [at(1, "Get", 1), at(2, "Get", 2), at(3, "Put", 3)])
    project.collect_one()

    first = asked(project, 16)
    assert (first.detection, first.windows, first.findings) == ("aws_cloudtrail_log.burst", 1, {"high": 1})
    assert found(project) == [("Get", 2, "12:00", "12:15")]
    assert ask_due(project.plans(), now=NOON + 2 * QUARTER - timedelta(seconds=1)) == ()
    assert asked(project, 31).findings == {}
    assert found(project) == [("Get", 2, "12:00", "12:15")]


def test_what_goes_on_in_the_next_window_is_the_same_finding(project: Project) -> None:
    """It grows; a key that comes back later is another one."""
    project.configure(COLLECTION + BURST)
    events = [at(minute, "Get", minute) for minute in (1, 2, 16, 17, 18, 61, 62)]
    write(project, "a.json", events)
    project.collect_one()

    for minutes in (16, 31, 46, 76):
        ask_due(project.plans(), now=NOON + timedelta(minutes=minutes))

    assert found(project) == [("Get", 2, "13:00", "13:15"), ("Get", 3, "12:00", "12:30")]


def test_windows_that_were_missed_are_made_up_for_one_by_one(project: Project) -> None:
    """Whoever counts within a quarter of an hour does not count over three of them."""
    project.configure(COLLECTION + BURST)
    write(
        project, "a.json", [at(1, "Get", 1), at(16, "Put", 2), at(35, "Put", 3), at(46, "List", 4), at(47, "List", 5)]
    )
    project.collect_one()
    assert asked(project, 16).windows == 1

    later = asked(project, 61)

    assert (later.windows, later.findings) == (3, {"high": 1})
    assert found(project) == [("List", 2, "12:45", "13:00")]


def test_windows_of_single_rows_are_made_up_for_as_one(project: Project) -> None:
    """Each row is a finding, known by its id."""
    project.configure(COLLECTION + BY_ROW)
    write(project, "a.json", [at(minute, "StopLogging", minute) for minute in (1, 20, 40, 50)])
    project.collect_one()
    assert asked(project, 16).windows == 1

    later = asked(project, 61)

    assert (later.windows, later.findings) == (1, {"medium": 3})
    [(ids, count, actor)] = project.ask(f"SELECT list(tp_ids), count(*), any_value(actor) FROM {FINDING_TABLE}")
    assert (len(ids), count) == (4, 4)
    assert actor


@pytest.mark.parametrize("compacted", [False, True])
def test_rows_that_come_late_have_their_window_asked_again(project: Project, *, compacted: bool) -> None:
    """Also where they lie in one file with others since; the windows that nothing came of are left alone."""
    project.configure(COLLECTION + BURST)
    write(project, "a.json", [at(1, "Get", 1), at(50, "Put", 2)])
    project.collect_one()
    asked(project, 16)
    asked(project, 61)
    write(project, "b.json", [at(3, "Get", 4)])
    project.collect_one()
    if compacted:
        compact_collections(project.lake, [("aws_cloudtrail_log", "production")])

    later = asked(project, 76)

    assert later.findings == {"high": 1}
    assert later.windows == (3 if compacted else 2)
    assert found(project) == [("Get", 2, "12:00", "12:15")]
    assert asked(project, 91).windows == 1


def test_rows_of_a_commit_that_came_late_are_met_by_when_they_came_in(project: Project) -> None:
    """They were read before the window was over, and committed afterwards."""
    project.configure(
        COLLECTION + BY_ROW.replace("tp_timestamp", "tp_ingest_timestamp").replace("*/15 * * * *", "* * * * *")
    )
    write(project, "a.json", [event(1, "ListBuckets")])
    project.collect_one()
    now = datetime.now(UTC) + timedelta(minutes=2)
    ask_due(project.plans(), now=now)
    write(project, "b.json", [event(2, "StopLogging")])
    project.collect_one()

    (later,) = ask_due(project.plans(), now=now + timedelta(minutes=1))

    assert later.findings == {"medium": 1}


def test_what_an_exception_covers_is_kept_and_not_told(project: Project) -> None:
    """Its condition may name what the query gives, and what the table has."""
    project.configure(COLLECTION + BURST)
    write(project, "a.json", [at(1, "Ci", 1), at(2, "Ci", 2)])
    project.collect_one()

    assert asked(project, 16).findings == {}
    assert project.ask(f"SELECT suppressed_by, actor FROM {FINDING_TABLE}") == [('exception "ci": SEC-1', ANN)]


def test_columns_of_a_query_may_be_called_as_they_like(project: Project) -> None:
    """None of them is taken for what suppresses a finding, or for what else is made of the answer."""
    names = ("exempt", "key", "ts", "value", "number", "first", "last", "version", "facts", "u", "c", "finding_id")
    given = "".join(f", 'yes' as {each}" for each in names)
    burst = BURST.replace("count(*) as n", f"count(*) as n{given}")
    project.configure(COLLECTION + burst + BY_ROW.replace("select *", f"select *{given}"))
    write(project, "a.json", [at(1, "Get", 1), at(2, "Get", 2), at(3, "StopLogging", 3)])
    project.collect_one()

    assert [dict(each.findings) for each in ask_due(project.plans(), now=NOON + QUARTER)] == [
        {"high": 1},
        {"medium": 1},
    ]
    assert found(project) == [("Get", 2, "12:00", "12:15"), (None, 1, "12:03", "12:03")]


def test_a_rule_that_fails_stops_no_other_and_is_tried_again(project: Project) -> None:
    """Its window is not lost: it is asked once the rule is mended."""
    failing = BURST.replace('"burst"', '"broken"').replace("count(*) as n", "count(*) as n, error(event_name) as e")
    project.configure(COLLECTION + failing.replace("error(event_name)", "any_value(event_name::INTEGER)") + BURST)
    write(project, "a.json", [at(1, "Get", 1), at(2, "Get", 2)])
    project.collect_one()

    broken, good = ask_due(project.plans(), now=NOON + timedelta(minutes=16))

    assert (broken.windows, broken.failures, good.findings) == (0, 1, {"high": 1})
    assert "Could not convert string 'Get' to INT32" in broken.failure
    assert ask_due(project.plans(), now=NOON + timedelta(minutes=16, seconds=30)) == ()
    (again,) = ask_due(project.plans(), now=NOON + timedelta(minutes=18))
    assert again.failures == 2
    project.configure(COLLECTION + failing.replace("error(event_name)", "any_value(event_name)") + BURST)
    (mended,) = ask_due(project.plans(), now=NOON + timedelta(minutes=21))
    assert (mended.windows, mended.findings) == (1, {"high": 1})


def test_findings_can_be_correlated(project: Project) -> None:
    """A rule about findings sees those of every collection, and whole tables."""
    project.configure(
        COLLECTION
        + """
detection "aws_cloudtrail_log" "stopped" {
  where = "event_name = 'StopLogging'"
}
detection "aws_cloudtrail_log" "deleted" {
  where = "event_name = 'DeleteTrail'"
}
detection "tailpipe_finding" "stopped_then_deleted" {
  severity = "critical"
  schedule = "*/15 * * * *"
  lookback = "1h"
  sql      = <<-EOT
    select a.actor as group_key, a.actor, min(a.first_seen) as first_seen, max(b.last_seen) as last_seen
    from tailpipe_finding a join tailpipe_finding b on a.actor = b.actor and b.first_seen > a.first_seen
    where a.detection like '%.stopped' and b.detection like '%.deleted'
      and a.first_seen >= $from and b.first_seen < $to
    group by all
  EOT
}
"""
    )
    write(project, "a.json", [at(-10, "StopLogging", 1), at(2, "DeleteTrail", 2)])
    project.collect_one()

    assert asked(project, 16).findings == {"critical": 1}
    assert project.ask(
        "SELECT group_key, strftime(first_seen, '%H:%M'), strftime(last_seen, '%H:%M'), finding_table "
        f"FROM {FINDING_TABLE} WHERE kind = 'scheduled'"
    ) == [(ANN, "11:50", "12:02", "tailpipe_finding")]
    assert asked(project, 31).findings == {}


def test_what_is_asked_once_a_week_misses_nothing_from_one_time_to_the_next(project: Project) -> None:
    """Only ticks that went by unasked are missed; a tick exactly as long ago as windows are made up for is one."""
    project.configure(COLLECTION + BY_ROW.replace("*/15 * * * *", "0 12 * * 5"))
    write(project, "a.json", [at(-60, "StopLogging", 1)])
    project.collect_one()
    week = 7 * 24 * 60

    assert [asked(project, each).missed for each in (0, week, 2 * week + 5)] == ["", "", ""]
    assert asked(project, 4 * week - 1).gap is None
    assert asked(project, 6 * week).gap == (NOON + timedelta(weeks=3), NOON + timedelta(weeks=5))


ANY = """
detection "aws_cloudtrail_log" "stopped" {
  where = "event_name = 'StopLogging'"
}
detection "tailpipe_finding" "any" {
  severity = "critical"
  schedule = "*/15 * * * *"
  sql      = <<-EOT
    select actor as group_key, count(*) as n from tailpipe_finding where detection like '%.stopped'
      and first_seen >= $from and first_seen < $to group by all
  EOT
}
"""
OTHER = """
source "file" "web" {
  path = "web/*.log"
}
collection "http_log" "web" {
  source = source.file.web
  format = "combined"
}
"""


def critical(project: Project) -> list[tuple[Any, ...]]:
    """What was found of findings: each with when it began and ended, in its newest version."""
    return project.ask(
        "SELECT row_count, strftime(first_seen, '%H:%M'), strftime(last_seen, '%H:%M') "
        f"FROM {FINDING_TABLE} WHERE severity = 'critical' ORDER BY first_seen"
    )


def test_correlations_go_on_whichever_collection_comes_first(project: Project) -> None:
    """Also where that was never collected: windows over findings are of the lake, and so is what goes on in them."""
    project.configure(COLLECTION + OTHER + ANY)
    write(project, "a.json", [at(1, "StopLogging", 1), at(20, "StopLogging", 2), at(61, "StopLogging", 3)])
    project.collect()
    assert asked(project, 16).findings == {"critical": 1}

    project.configure(OTHER + COLLECTION + ANY)
    asked(project, 61)
    assert critical(project) == [(1, "12:00", "12:30")]
    project.configure(OTHER + COLLECTION.replace("{", "{\n  enabled = false") + ANY)
    asked(project, 76)
    assert critical(project) == [(1, "12:00", "12:30"), (1, "13:00", "13:15")]


def test_a_checkpoint_that_lies_with_a_collection_is_gone_on_from(project: Project) -> None:
    """There it lay when the first collection of a configuration had it, and the newest of several counts."""
    project.configure(COLLECTION + OTHER + ANY)
    write(project, "a.json", [at(20, "StopLogging", 1)])
    project.collect()
    asked(project, 16)
    (kept,) = (project.folder / "lake" / FINDING_TABLE / "_tailpipe" / "scheduled").glob("*.json")
    before = project.folder / "lake" / "aws_cloudtrail_log" / "_tailpipe" / "scheduled" / "production"
    before.mkdir(parents=True)
    kept.rename(before / kept.name)

    project.configure(OTHER + COLLECTION + ANY)

    assert asked(project, 46).findings == {"critical": 1}
    assert critical(project) == [(1, "12:15", "12:30")]
    assert kept.exists()


def test_nothing_is_asked_before_anything_was_collected(project: Project) -> None:
    """And no lake is made for it."""
    project.configure(COLLECTION + BURST)

    assert ask_due(project.plans(), now=NOON) == ()
    assert not (project.folder / "lake").exists()


def test_what_was_missed_for_too_long_is_told(project: Project) -> None:
    """Of a month, the last week is asked; how to ask the rest is said once."""
    project.configure(COLLECTION + BY_ROW)
    write(project, "a.json", [at(1, "StopLogging", 1), at(20 * 24 * 60, "StopLogging", 2)])
    project.collect_one()
    asked(project, 16)

    later = asked(project, 21 * 24 * 60)

    assert later.findings == {"medium": 1}
    assert later.gap == (NOON + QUARTER, NOON + timedelta(days=14))
    assert "--from 2026-11-20T12:15 --to 2026-12-04T12:00 --save" in later.missed
    assert asked(project, 21 * 24 * 60 + 15).missed == ""
