"""What detections find is seen in Dagster: one check a severity, which warns and never stops a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import dagster as dg

from tailpipe_assets.definitions.build import build_definitions
from tests.definitions.conftest import DAYS, Run

if TYPE_CHECKING:
    from tests.services.project import Project

HCL = """
collection "aws_cloudtrail_log" "production" {
  source = source.file.logs
}
detection "aws_cloudtrail_log" "stopped" {
  severity = "high"
  where    = "event_name = 'StopLogging'"
}
detection "aws_cloudtrail_log" "deleted" {
  severity = "high"
  where    = "event_name = 'DeleteTrail'"
}
detection "aws_cloudtrail_log" "odd" {
  severity = "low"
  where    = "cast(request_parameters ->> 'size' as integer) > 5"
}
"""


def record(number: int, name: str, size: str = "1") -> dict[str, object]:
    """An event of the first day."""
    when = f"{DAYS[0]:%Y-%m-%d}T10:00:00Z"
    return {"eventTime": when, "eventID": str(number), "eventName": name, "requestParameters": {"size": size}}


def names(project: Project) -> set[str]:
    """The checks there are about detections."""
    graph = build_definitions(project.plans()).resolve_asset_graph()
    return {each.name for each in graph.asset_check_keys if each.name.startswith("detections_")}


def test_there_is_a_check_for_each_severity(run: Run) -> None:
    """And none where nothing is looked for."""
    assert names(run.project) == set()
    run.project.configure(HCL)
    assert names(run.project) == {"detections_high", "detections_low"}


def test_findings_are_warned_of_with_what_found_them(run: Run) -> None:
    """The run succeeds; a rule that fails is named, and nothing new passes."""
    run.project.configure(HCL)
    key = dg.AssetKey(["aws_cloudtrail_log", "production"])
    events = [record(1, "StopLogging"), record(2, "StopLogging"), record(3, "DeleteTrail"), record(4, "x", "large")]
    run.project.write("a.json", json.dumps({"Records": events}))

    result = run(DAYS[0], keys=(key,))

    assert result.success
    high, low = (run.checks(key)[f"detections_{each}"] for each in ("high", "low"))
    assert (high.passed, high.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert (high.metadata["findings"].value, high.metadata["errors"].value) == (3, 0)
    assert high.description is not None
    assert "3 findings" in high.description
    assert "aws_cloudtrail_log.stopped" in high.description
    assert (low.passed, low.metadata["errors"].value) == (False, 1)
    run(DAYS[0], keys=(key,))
    assert run.checks(key)["detections_high"].passed
