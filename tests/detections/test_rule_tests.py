"""The tests within detections go the way that rows go, and say what was not as expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.plan import plan
from tailpipe_assets.pipeline.rule_tests import Tried, run_tests
from tailpipe_assets.pipeline.rules import rules_of
from tailpipe_resources.config import load
from tailpipe_resources.model.place import Problems

if TYPE_CHECKING:
    from pathlib import Path

COLLECTION = """
source "file" "logs" {
  path = "logs"
}
collection "aws_cloudtrail_log" "production" {
  source = source.file.logs
}
"""
STOPPED = """
detection "aws_cloudtrail_log" "stopped" {{
  where = "event_source = 'cloudtrail.amazonaws.com' and event_name = 'StopLogging'"
  exception "ci" {{
    where  = "user_identity.arn like '%/ci'"
    reason = "SEC-142"
  }}
  test "it" {{
    {test}
  }}
}}
"""
STOP = 'event_source = "cloudtrail.amazonaws.com", event_name = "StopLogging"'


def outcomes(folder: Path, text: str) -> list[Tried]:
    """What came of all tests of a configuration."""
    (folder / "x.hcl").write_text(COLLECTION + text)
    plans = plan(load([folder / "x.hcl"]))
    rules = rules_of(load([folder / "x.hcl"]), [each.table for each in plans], Problems()).rules
    return list(run_tests(rules, plans))


def only(folder: Path, test: str) -> Tried:
    """What came of one test of the rule about stopped trails."""
    (found,) = outcomes(folder, STOPPED.format(test=test))
    return found


def test_an_event_that_is_found_as_expected_passes(tmp_path: Path) -> None:
    """Nothing more is told of it."""
    found = only(tmp_path, f"event = {{ {STOP} }}\nexpect = true")
    assert (found.passed, found.found, found.events, found.branches) == (True, 1, (), ())


def test_a_failure_shows_the_event_and_the_false_branch(tmp_path: Path) -> None:
    """With the columns the table fills out of those the test gave."""
    found = only(
        tmp_path,
        """event = { event_source = "cloudtrail.amazonaws.com", event_name = "X", source_ip_address = "192.0.2.1" }
        expect = true""",
    )
    assert not found.passed
    assert found.events[0]["tp_source_ip"] == "192.0.2.1"
    assert [(each.is_met, "event_name" in each.condition) for each in found.branches] == [(True, False), (False, True)]


def test_exceptions_count_unless_a_test_leaves_them_out(tmp_path: Path) -> None:
    """A finding that an exception covers is none; the test says which it was."""
    event = f'event = {{ {STOP}, user_identity = {{ arn = "role/ci" }} }}'
    covered = only(tmp_path, f"{event}\nexpect = true")
    assert (covered.passed, covered.suppressed_by) == (False, ('exception "ci": SEC-142',))
    assert only(tmp_path, f"{event}\nexpect = true\nignore_exceptions = true").passed


def test_raw_is_read_by_the_tables_own_parser(tmp_path: Path) -> None:
    """As a log of the source is."""
    record = (
        '{ eventTime = "2026-11-20T10:00:00Z", eventSource = "cloudtrail.amazonaws.com", eventName = "StopLogging" }'
    )
    assert only(tmp_path, f"raw = jsonencode({record})\nexpect = true").passed
    undated = only(tmp_path, 'raw = jsonencode({ eventName = "StopLogging" })\nexpect = true')
    assert undated.problem == "raw: a record is rejected: it has no time"


def test_a_value_that_fits_no_column_is_a_failure(tmp_path: Path) -> None:
    """Also where no finding is expected: such a test would hold nothing."""
    found = only(tmp_path, 'event = { user_identity = { tipe = "Root" } }\nexpect = false')
    assert (found.passed, found.problem) == (False, 'user_identity has no field "tipe"; did you mean "type"?')
    assert only(tmp_path, 'event = { tp_timestamp = "soon" }\nexpect = false').problem
    assert only(tmp_path, 'event = { user_identity = "Root" }\nexpect = false').problem
    assert only(tmp_path, 'event = { event_name = ["x"] }\nexpect = false').problem


def test_a_threshold_is_tested_with_several_events(tmp_path: Path) -> None:
    """They happen at one instant unless they say when."""
    event = '{ event_name = "GetSecretValue", user_identity = { arn = "a" } }'
    two, three = outcomes(
        tmp_path,
        f"""
detection "aws_cloudtrail_log" "many" {{
  where = "event_name = 'GetSecretValue'"
  threshold {{
    group_by = ["user_identity.arn"]
    count    = 3
    window   = "1m"
  }}
  test "two" {{
    events = [{event}, {event}]
    expect = false
  }}
  test "three" {{
    events = [{event}, {event}, {event}]
    expect = true
  }}
}}
""",
    )
    assert (two.passed, three.passed) == (True, True)


def test_a_scheduled_query_is_asked_of_the_events(tmp_path: Path) -> None:
    """As if its table held nothing else."""
    found = outcomes(
        tmp_path,
        """
detection "aws_cloudtrail_log" "burst" {
  schedule = "*/15 * * * *"
  sql      = <<-EOT
    select event_name as group_key, count(*) as n from aws_cloudtrail_log
    where tp_ingest_timestamp >= $from and tp_ingest_timestamp < $to group by 1 having n > 1
  EOT
  test "two" {
    events = [{ event_name = "X" }, { event_name = "X", request_parameters = { a = [1, true] } }]
    expect = true
  }
  test "one" {
    event  = { event_name = "X" }
    expect = false
  }
}
""",
    )
    assert [each.passed for each in found] == [True, True]
