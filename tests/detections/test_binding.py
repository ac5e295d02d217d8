"""Everything wrong with a rule is found before a row is read, all at once, and said with its place."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tailpipe_assets.detections.expressions import branches, fields_of
from tailpipe_assets.pipeline.plan import plan
from tailpipe_assets.pipeline.rules import rules_of
from tailpipe_resources.config import load
from tailpipe_resources.model.finding import Severity
from tailpipe_resources.model.place import Problems
from tailpipe_resources.query.engine import isolated

if TYPE_CHECKING:
    import pytest

    from tailpipe_assets.detections.rules import Bound

GOLDEN = Path(__file__).parent / "golden"
COLLECTION = """
source "file" "logs" {
  path = "logs"
}
collection "aws_cloudtrail_log" "production" {
  source = source.file.logs
}
"""


def bound(folder: Path, text: str) -> Bound:
    """The rules of a configuration in which nothing is wrong."""
    (folder / "x.hcl").write_text(COLLECTION + text)
    config = load([folder / "x.hcl"])
    problems = Problems()
    found = rules_of(config, [each.table for each in plan(config)], problems)
    problems.raise_any()
    return found


def test_everything_wrong_is_said_at_once_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The golden file has the message of each mistake there is a message for."""
    monkeypatch.chdir(GOLDEN)
    problems = Problems()
    plan(load(["wrong.hcl"], problems=problems), problems=problems)
    said = "".join(f"{each}\n" for each in sorted(problems, key=lambda each: (each.line, each.message)))
    assert said == (GOLDEN / "wrong.txt").read_text()


def test_a_rule_keeps_what_its_block_says(tmp_path: Path) -> None:
    """Every part of a detection arrives in the rule."""
    (rule,) = bound(
        tmp_path,
        """
detection "aws_cloudtrail_log" "reads" {
  title     = "Many secrets read"
  severity  = "high"
  mitre     = ["TA0006:T1555"]
  tags      = { team = "sec" }
  where     = "event_name = 'GetSecretValue'"
  threshold {
    group_by = ["user_identity.arn"]
    distinct = "request_parameters ->> 'secretId'"
    min      = 5
    window   = "10m"
  }
  exception "backup" {
    where   = "user_identity.arn like '%backup%'"
    reason  = "nightly"
    expires = "2027-01-31"
  }
}
suppression "aws_cloudtrail_log" "pentest" {
  detections = ["re*"]
  where      = "tp_source_ip = '198.51.100.7'"
  reason     = "PT-9"
}
""",
    ).rules
    detection, threshold = rule.detection, rule.detection.threshold
    assert (detection.kind, detection.severity, detection.tags) == ("threshold", Severity.HIGH, ("team:sec",))
    assert threshold is not None
    assert (threshold.window.total_seconds(), threshold.least) == (600, 5)
    assert rule.dedupe_by == ("user_identity.arn",)
    assert [each.name for each in rule.acting(datetime(2027, 1, 31, 23, tzinfo=UTC))] == ["backup", "pentest"]
    assert [each.name for each in rule.acting(datetime(2027, 2, 1, tzinfo=UTC))] == ["pentest"]


def test_an_override_wins_over_the_block(tmp_path: Path) -> None:
    """Severity and whether it is looked for can be said elsewhere."""
    (rule,) = bound(
        tmp_path,
        """
detection "aws_cloudtrail_log" "reads" {
  where = "read_only"
}
detection_override "aws_cloudtrail_log.reads" {
  severity    = "low"
  enabled     = false
  asset_check = true
}
""",
    ).rules
    found = rule.detection
    assert (found.severity, found.enabled, found.asset_check, found.alert) == (Severity.LOW, False, True, True)
    assert found.place_of("asset_check").line == found.place.line + 3


def test_exemptions_warn_when_they_end_or_mean_nothing(tmp_path: Path) -> None:
    """An exception that is over, and a suppression of no detection, are warnings and no mistakes."""
    found = bound(
        tmp_path,
        """
detection "aws_cloudtrail_log" "reads" {
  where = "read_only"
  exception "old" {
    where   = "read_only"
    reason  = "once"
    expires = "2020-01-01"
  }
}
suppression "aws_cloudtrail_log" "pentest" {
  detections = ["rads"]
  where      = "read_only"
  reason     = "PT-9"
}
""",
    )
    old, unused = found.warnings
    assert 'exception "old": has expired' in old
    assert unused.endswith("suppression.aws_cloudtrail_log.pentest: matches no detection")


def test_a_condition_is_taken_apart_at_its_ands() -> None:
    """Only an `and` at the top counts."""
    with isolated() as connection:
        assert branches(connection, "a = 1 and (b or c) and not d") == ("(a = 1)", "(b OR c)", "(NOT d)")
        assert branches(connection, "a or b") == ("a or b",)


def test_the_fields_of_a_struct_are_told_from_its_type() -> None:
    """Nested types and quoted names are kept whole."""
    found = fields_of('STRUCT(a VARCHAR, "b c" STRUCT(x DECIMAL(4,1), y VARCHAR), d INTEGER[])')
    assert found == {"a": "VARCHAR", "b c": "STRUCT(x DECIMAL(4,1), y VARCHAR)", "d": "INTEGER[]"}
