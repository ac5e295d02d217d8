"""What detections find is seen in Dagster: checks that warn and never stop a run, and an asset behind collections."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from tailpipe_assets.definitions.build import build_definitions
from tailpipe_assets.definitions.preview import SWITCH
from tailpipe_assets.pipeline import collect
from tailpipe_resources.errors import ConfigError
from tailpipe_resources.lake import local_lake
from tests.alerts.conftest import ONE, write_findings
from tests.definitions.conftest import DAYS, Run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.services.project import Project

HCL = """
collection "aws_cloudtrail_log" "production" {
  source = source.file.logs
}
detection "aws_cloudtrail_log" "stopped" {
  severity    = "high"
  title       = "Logging stopped"
  mitre       = ["TA0005:T1562.008"]
  references  = ["https://attack.mitre.org/techniques/T1562/008/"]
  asset_check = true
  where       = "event_name = 'StopLogging'"
}
detection "aws_cloudtrail_log" "deleted" {
  severity = "high"
  where    = "event_name = 'DeleteTrail'"
  exception "cleaning" {
    where  = "event_id = '9'"
    reason = "SEC-1"
  }
}
detection "aws_cloudtrail_log" "odd" {
  severity = "low"
  where    = "cast(request_parameters ->> 'size' as integer) > 5"
}
"""
SCHEDULED = """
detection "aws_cloudtrail_log" "hourly" {
  schedule    = "0 * * * *"
  asset_check = true
  sql         = "select * from aws_cloudtrail_log where tp_ingest_timestamp between $from and $to"
}
"""
OVERRIDDEN = """
detection "http_log" "lone" {
  where = "status = 500"
}
detection_override "http_log.lone" {
  asset_check = true
}
"""
OTHERWISE = """
detection_override "aws_cloudtrail_log.stopped" {
  asset_check = false
}
detection_override "aws_cloudtrail_log.odd" {
  asset_check = true
}
"""
TRAIL = dg.AssetKey(["aws_cloudtrail_log", "production"])
FOUND = dg.AssetKey(["detections", "default"])


def record(number: int, name: str, size: str = "1", *, day: int = 0) -> dict[str, object]:
    """An event."""
    when = f"{DAYS[day]:%Y-%m-%d}T10:00:00Z"
    return {"eventTime": when, "eventID": str(number), "eventName": name, "requestParameters": {"size": size}}


def write(project: Project, name: str, *records: dict[str, object]) -> None:
    """A log with these events."""
    project.write(name, json.dumps({"Records": records}))


def names(project: Project) -> set[str]:
    """The checks there are about detections."""
    graph = build_definitions(project.plans()).resolve_asset_graph()
    return {each.name for each in graph.asset_check_keys if each.name.startswith("detection")}


def told(run: Run, day: int = 0) -> list[Mapping[str, Any]]:
    """What is told of a day's findings, the latest first."""
    wanted = dg.AssetRecordsFilter(asset_key=FOUND, asset_partitions=[DAYS[day].isoformat()])
    found = run.instance.fetch_materializations(wanted, limit=9).records
    events = (each.asset_materialization for each in found)
    return [{name: plainly(value) for name, value in each.metadata.items()} for each in events if each is not None]


def plainly(value: dg.MetadataValue[Any]) -> Any:
    """The rows of a table, or the value."""
    return [each.data for each in value.records] if isinstance(value, dg.TableMetadataValue) else value.value


def look(run: Run, cursor: str | None = None) -> dg.SensorResult:
    """What the sensor says, which is then reported."""
    definitions = build_definitions(run.project.plans())
    repository = definitions.get_repository_def()
    with dg.build_sensor_context(
        run.instance, cursor=cursor, repository_def=repository, resources=dict(definitions.resources or {})
    ) as context:
        said = repository.get_sensor_def("report_findings").evaluate_tick(context)
    for each in said.asset_events:
        assert isinstance(each, dg.AssetMaterialization)
        run.instance.report_runless_asset_event(each)
    return dg.SensorResult(asset_events=said.asset_events, cursor=said.cursor)


def test_there_is_a_check_for_each_severity(run: Run) -> None:
    """And for each detection that asks for one; none where nothing is looked for."""
    assert names(run.project) == set()
    run.project.configure(HCL)
    assert names(run.project) == {"detections_high", "detections_low", "detection_stopped"}


def test_findings_are_warned_of_with_what_found_them(run: Run) -> None:
    """The run succeeds; a rule that fails is named, and nothing new passes."""
    run.project.configure(HCL)
    events = [record(1, "StopLogging"), record(2, "StopLogging"), record(3, "DeleteTrail"), record(4, "x", "large")]
    write(run.project, "a.json", *events)

    result = run(DAYS[0], keys=(TRAIL,))

    assert result.success
    high, low, own = (run.checks(TRAIL)[each] for each in ("detections_high", "detections_low", "detection_stopped"))
    assert (high.passed, high.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert (high.metadata["findings"].value, high.metadata["errors"].value) == (3, 0)
    assert high.description is not None
    assert "3 findings" in high.description
    assert "aws_cloudtrail_log.stopped" in high.description
    assert (low.passed, low.metadata["errors"].value) == (False, 1)
    assert (own.passed, own.metadata["findings"].value, own.partition) == (False, 2, DAYS[0].isoformat())
    run(DAYS[0], keys=(TRAIL,))
    assert run.checks(TRAIL)["detections_high"].passed
    assert run.checks(TRAIL)["detection_stopped"].passed


def test_a_check_shows_rows_and_what_found_most(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless rows must not be copied; the link leads to all findings."""
    run.project.configure(HCL)
    write(run.project, "a.json", record(1, "StopLogging"), record(2, "StopLogging"), record(3, "DeleteTrail"))
    run(DAYS[0], keys=(TRAIL,))

    high, own = (run.checks(TRAIL)[each].metadata for each in ("detections_high", "detection_stopped"))
    assert [each["findings"] for each in plainly(high["top detections"])] == [2, 1]
    samples = plainly(own["samples"])
    assert samples.count("aws_cloudtrail_log.stopped") == samples.count(f"| {DAYS[0]} 10:00:00") == 2
    assert "aws_cloudtrail_log.deleted" not in samples
    assert own["all findings"].value == FOUND

    monkeypatch.setenv(SWITCH, "0")
    write(run.project, "b.json", record(4, "StopLogging"))
    run(DAYS[0], keys=(TRAIL,))
    assert "samples" not in run.checks(TRAIL)["detection_stopped"].metadata
    assert "worst findings" not in told(run)[0]


def test_a_check_says_what_its_detection_is(run: Run) -> None:
    """Its title, and where it is written."""
    run.project.configure(HCL)
    graph = build_definitions(run.project.plans()).resolve_asset_graph()
    spec = graph.get_check_spec(dg.AssetCheckKey(TRAIL, "detection_stopped"))

    assert spec.description is not None
    assert "Logging stopped" in spec.description
    assert spec.metadata["ATT&CK"] == "TA0005:T1562.008"
    assert "reference 1" in spec.metadata
    assert ".hcl:" in str(spec.metadata["written at"])


def test_an_override_gives_a_check_and_takes_it(project: Project) -> None:
    """Rules that others wrote are not edited for it."""
    project.configure(f"{HCL}{OTHERWISE}")

    assert names(project) == {"detections_high", "detections_low", "detection_odd"}


def asking(table: str, name: str, more: str = "") -> str:
    """A detection that asks for a check of its own."""
    where = "status = 500" if table == "http_log" else "event_name is null"
    return f'detection "{table}" "{name}" {{\n  asset_check = true\n  where = "{where}"\n{more}}}\n'


@pytest.mark.parametrize(
    ("hcl", "said"),
    [
        (asking("http_log", "lone"), "http_log.lone: asset_check: no collection brings the rows of http_log"),
        (asking("aws_cloudtrail_log", "lone", '  partitions = ["other"]\n'), "no collection brings the rows"),
        (SCHEDULED, "aws_cloudtrail_log.hourly: asset_check: is made of the rows of a run"),
        (OVERRIDDEN, "http_log.lone: asset_check: no collection brings the rows of http_log"),
        (asking("aws_cloudtrail_log", "a-b") + asking("aws_cloudtrail_log", "a_b"), "like that of a-b at"),
    ],
)
def test_a_check_that_cannot_be_is_an_error(project: Project, hcl: str, said: str) -> None:
    """With the line that asks for it."""
    project.configure(f"{HCL}\n{hcl}")

    with pytest.raises(ConfigError, match=r"\.hcl:\d+: detection\..*asset_check") as raised:
        project.plans()
    assert said in str(raised.value)


def test_findings_are_an_asset_behind_the_collections(project: Project) -> None:
    """Alerts are behind it; where nothing is looked for there is none."""
    assert FOUND not in build_definitions(project.plans()).resolve_asset_graph().get_all_asset_keys()
    project.configure(HCL)
    node = build_definitions(project.plans()).resolve_asset_graph().get(FOUND)

    assert node.parent_keys == {TRAIL}
    assert (node.group_name, node.kinds, node.owners) == ("detections", {"parquet"}, ["team:security"])
    assert node.partitions_def is not None
    assert not node.is_materializable


def test_a_run_shows_what_it_found(run: Run) -> None:
    """Each day as it is then, with a figure for each detection; a run that finds nothing tells nothing."""
    run.project.configure(HCL)
    write(run.project, "a.json", record(1, "StopLogging"), record(9, "DeleteTrail"), record(3, "StopLogging", day=1))

    run(DAYS[0], DAYS[1], keys=(TRAIL,))
    write(run.project, "b.json", record(4, "StopLogging"))
    run(DAYS[0], DAYS[1], keys=(TRAIL,))
    run(DAYS[0], DAYS[1], keys=(TRAIL,))

    second, first = told(run)
    assert [(each["findings"], each["high"], each["low"], each["suppressed"]) for each in (first, second)] == [
        (1, 1, 0, 1),
        (2, 2, 0, 1),
    ]
    assert second["aws_cloudtrail_log.stopped"] == 2
    assert second["findings_of_run"] == 1
    assert second["worst findings"].count("| high |") == 2
    assert told(run, 1)[0]["findings_of_run"] == 2


def test_what_no_run_of_dagster_found_is_shown_as_well(run: Run) -> None:
    """Once: what runs have shown is not shown again, and neither is what the sensor has."""
    run.project.configure(HCL)
    write(run.project, "a.json", record(1, "StopLogging"))
    run(DAYS[0], keys=(TRAIL,))
    first = look(run)
    assert first.asset_events == []

    write(run.project, "b.json", record(2, "StopLogging"), record(3, "DeleteTrail", day=1))
    collect(run.project.plans(), run="follow")
    second = look(run, first.cursor)

    assert {each.partition for each in second.asset_events} == {DAYS[0].isoformat(), DAYS[1].isoformat()}
    assert [each["findings"] for each in told(run)] == [2, 1]
    assert look(run, second.cursor).asset_events == []
    assert look(run, second.cursor).cursor == second.cursor


def test_what_is_brought_in_late_is_shown_as_well(run: Run) -> None:
    """As of a run that was cut off, or whose clock was behind: when it was made says nothing of when it came."""
    run.project.configure(HCL)
    write(run.project, "a.json", record(1, "StopLogging"))
    collect(run.project.plans())
    before = look(run).cursor
    made = datetime.combine(DAYS[1], time(10), UTC)
    (lake,) = (local_lake(each.collection.destination.path) for each in run.project.plans())
    write_findings(
        lake, replace(ONE, first_seen=made, last_seen=made, created_at=datetime.now(UTC) - timedelta(days=2))
    )

    (event,) = look(run, before).asset_events

    assert event.partition == DAYS[1].isoformat()
    assert len(told(run)) == 1


def test_the_sensor_begins_with_what_is_there(run: Run) -> None:
    """Also of days long gone."""
    run.project.configure(HCL)
    old = record(1, "StopLogging") | {"eventTime": f"{DAYS[0] - timedelta(days=400):%Y-%m-%d}T10:00:00Z"}
    write(run.project, "a.json", old)
    collect(run.project.plans())

    (event,) = look(run).asset_events
    assert event.partition == (DAYS[0] - timedelta(days=400)).isoformat()
