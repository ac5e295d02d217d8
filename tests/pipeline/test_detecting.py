"""What the rules find in the rows of a commit is a row itself, once, whatever happens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tailpipe_assets.pipeline import CollectOptions
from tailpipe_assets.views.evidence import evidence_of, find
from tailpipe_assets.views.opened import open_config
from tailpipe_resources.config import load
from tailpipe_resources.lake.delta import head, open_table
from tailpipe_resources.model.alert import ALERT_TABLE
from tailpipe_resources.model.finding import FINDING_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.services.project import Project

RULES = """
collection "aws_cloudtrail_log" "production" {
  source = source.file.logs
}
detection "aws_cloudtrail_log" "trail_stopped" {
  severity = "high"
  where    = "event_name = 'StopLogging'"
  exception "ci" {
    where  = "user_identity.arn like '%/ci'"
    reason = "SEC-142"
  }
}
detection "aws_cloudtrail_log" "fails" {
  severity = "low"
  where    = "cast(request_parameters ->> 'size' as integer) > 5"
}
detection "aws_cloudtrail_log" "many" {
  where = "event_name = 'GetSecretValue'"
  threshold {
    group_by = ["user_identity.arn"]
    count    = 3
    window   = "1m"
  }
}
detection "aws_cloudtrail_log" "elsewhere" {
  where      = "true"
  partitions = ["other"]
}
"""


def event(number: int, name: str, *, who: str = "ann", second: int = 0, **parameters: object) -> dict[str, Any]:
    """One CloudTrail event."""
    return {
        "eventTime": f"2026-11-20T10:00:{second:02}Z",
        "eventID": f"e{number}",
        "eventName": name,
        "eventSource": "x.amazonaws.com",
        "recipientAccountId": "1",
        "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::1:user/{who}"},
        "requestParameters": parameters,
    }


def write(project: Project, name: str, events: Iterable[dict[str, Any]]) -> None:
    """A file of events."""
    project.write(name, json.dumps({"Records": list(events)}))


def findings(project: Project) -> list[tuple[Any, ...]]:
    """The newest versions of all findings."""
    return project.ask(f"SELECT detection, severity, row_count, suppressed_by FROM {FINDING_TABLE} ORDER BY ALL")


def test_a_row_that_meets_a_rule_becomes_a_finding(project: Project) -> None:
    """With its severity, and kept aside when an exception covers it."""
    project.configure(RULES)
    write(project, "a.json", [event(1, "StopLogging"), event(2, "StopLogging", who="ci"), event(3, "Other")])

    result = project.collect_one()

    assert (result.findings, result.suppressed) == ({"high": 1}, 1)
    assert findings(project) == [
        ("aws_cloudtrail_log.trail_stopped", "high", 1, 'exception "ci": SEC-142'),
        ("aws_cloudtrail_log.trail_stopped", "high", 1, None),
    ]


def test_collecting_again_finds_nothing_new(project: Project) -> None:
    """Rows that are redone have the same ids, and so do their findings."""
    project.configure(RULES)
    write(project, "a.json", [event(1, "StopLogging"), *(event(n, "GetSecretValue", second=n) for n in range(2, 6))])
    project.collect_one()
    before = project.ask(f"SELECT finding_id, version FROM {FINDING_TABLE} ORDER BY ALL")

    again = project.collect_one(options=CollectOptions(overwrite=True))

    assert (again.rows, again.findings) == (5, {})
    assert project.ask(f"SELECT finding_id, version FROM {FINDING_TABLE} ORDER BY ALL") == before


def test_a_rule_that_fails_is_named_and_the_others_go_on(project: Project) -> None:
    """It passes over the rows on which it fails, and finds the rest."""
    project.configure(RULES)
    write(project, "a.json", [event(1, "StopLogging"), event(2, "x", size="large"), event(3, "x", size="9")])

    result = project.collect_one()

    assert result.rule_faults == {"aws_cloudtrail_log.fails": '"large" is not a number'}
    assert (result.rows, result.findings) == (3, {"high": 1, "low": 1})


def test_a_threshold_counts_rows_of_earlier_runs(project: Project) -> None:
    """Its episode grows under one id."""
    project.configure(RULES)
    write(project, "a.json", [event(n, "GetSecretValue", second=n) for n in range(2)])
    assert project.collect_one().findings == {}
    write(project, "b.json", [event(2, "GetSecretValue", second=2)])
    assert project.collect_one().findings == {"medium": 1}
    write(project, "c.json", [event(3, "GetSecretValue", second=3)])
    assert project.collect_one().findings == {}

    [(version, count, ids)] = project.ask(f"SELECT version, row_count, len(tp_ids) FROM {FINDING_TABLE}")
    assert (version, count, ids) == (2, 4, 4)


def test_findings_follow_a_commit_that_was_cut_off(project: Project) -> None:
    """The next run brings them in from the rows' intent, before anything new."""
    project.configure(RULES)
    write(project, "a.json", [event(1, "StopLogging")])
    project.collect_one()
    log = project.stored(FINDING_TABLE) / "_delta_log"
    newest = max(log.glob("*.json"))
    newest.unlink()  # as if the run had died between the two commits
    assert findings(project) == []

    result = project.collect_one()

    assert any("findings of an earlier run" in note for note in result.notes)
    assert len(findings(project)) == 1
    stream = "aws_cloudtrail_log/production"
    assert head(open_table(project.lake, FINDING_TABLE), stream) == head(
        open_table(project.lake, "aws_cloudtrail_log"), stream
    )


def test_findings_are_no_logs(project: Project) -> None:
    """The view of all logs leaves them out, and a schema of the collection has them."""
    project.configure(RULES)
    write(project, "a.json", [event(1, "StopLogging")])
    project.collect_one()
    with open_config(load([project.folder / "tailpipe.hcl"])) as opened:
        asked = "SELECT (SELECT count(*) FROM all_log), (SELECT count(*) FROM production.tailpipe_finding)"
        [[row]] = opened.ask(asked).batches
    assert row == (1, 1)


def test_what_is_found_and_told_can_be_asked_for_before_there_is_any(project: Project) -> None:
    """With all of its columns, and no rows."""
    project.configure(RULES)
    for query in (
        f"SELECT finding_id, severity, tp_timestamp FROM {FINDING_TABLE}",
        f"SELECT alert_id, event, event_time, tp_partition FROM {ALERT_TABLE}",
    ):
        assert project.ask(query) == []


def test_a_time_at_the_end_of_the_calendar_hinders_nothing(project: Project) -> None:
    """As logs write it for "never": it is kept, looked at by thresholds, and folded with what the next run brings."""
    project.configure(RULES)
    last = {"eventTime": "9999-12-31T23:59:59Z"}
    write(project, "a.json", [{**event(n, "GetSecretValue"), **last} for n in range(3)])

    first = project.collect_one()
    write(project, "b.json", [{**event(n, "GetSecretValue"), **last} for n in range(2, 5)])
    second = project.collect_one()

    assert [(each.failure, each.rule_faults) for each in (first, second)] == [(None, {}), (None, {})]
    assert project.one("SELECT count(*) FROM aws_cloudtrail_log") == 5
    assert findings(project) == [("aws_cloudtrail_log.many", "medium", 5, None)]
    found = project.one(f"SELECT finding_id FROM {FINDING_TABLE}")
    with open_config(load([project.folder / "tailpipe.hcl"])) as opened:
        assert len(evidence_of(opened, find(opened, found)).rows) == 5
