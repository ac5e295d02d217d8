"""An alert that no detection can raise is warned of, with the name that was probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_assets.alerts.health import ADDRESSES
from tailpipe_assets.detections.routed import unmatched
from tailpipe_assets.pipeline.plan import planned
from tailpipe_resources.config import load

if TYPE_CHECKING:
    from tests.services.project import Project

HCL = """
detection "aws_cloudtrail_log" "trail_stopped" {{
  severity = "high"
  where    = "event_name = 'StopLogging'"
}}
detection "aws_cloudtrail_log" "only_a_signal" {{
  severity = "critical"
  where    = "event_name = 'DeleteTrail'"
  alert    = false
}}
notifier "stdout" "here" {{}}
alert "some" {{
  {said}
  notify = [notifier.stdout.here]
}}
"""


def warnings(project: Project, said: str) -> list[str]:
    """What is said of an `alert` block, without its place."""
    project.configure(HCL.format(said=said))
    config = load([project.folder / "tailpipe.hcl"])
    found = unmatched(config.alerting.routes, planned(config).rules.rules, ADDRESSES)
    return [each.partition(": ")[2] for each in found]


def test_an_alert_that_some_detection_meets_is_good(project: Project) -> None:
    """By any of its patterns; what is wrong with Tailpipe itself counts too."""
    assert warnings(project, 'min_severity = "high"') == []
    assert warnings(project, 'detections = ["aws_cloudtrail_log.*"]') == []
    assert warnings(project, 'detections = ["tailpipe.disk"]') == []


def test_a_name_that_is_none_is_told_with_the_nearest(project: Project) -> None:
    """A signal is no alert: it is none of those that could be meant."""
    (told,) = warnings(project, 'detections = ["aws_cloudtrail_log.trail_stoped"]')
    assert told == (
        'alert "some": "aws_cloudtrail_log.trail_stoped" matches no detection; '
        'did you mean "aws_cloudtrail_log.trail_stopped"?'
    )
    (told,) = warnings(project, 'detections = ["aws_cloudtrail_log.only_a_signal", "*.trail_stopped"]')
    assert told.startswith('alert "some": "aws_cloudtrail_log.only_a_signal" matches no detection')


def test_a_severity_that_none_reaches_is_told(project: Project) -> None:
    """With the highest there is."""
    assert warnings(project, 'min_severity = "critical"') == [
        'alert "some": min_severity: critical is met by no detection it names; the most severe of them is high'
    ]
