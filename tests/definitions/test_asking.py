"""Detections that have a schedule, under Dagster: a run when one is due, and none when none is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg
import pytest

from tailpipe_assets.definitions.asking import JOB
from tailpipe_assets.definitions.build import build_definitions
from tailpipe_resources.config import load
from tailpipe_resources.dagster_resources import LakeStore
from tailpipe_resources.model.finding import FINDING_TABLE
from tests.pipeline.test_detecting import event, write
from tests.services.project import Project

if TYPE_CHECKING:
    from pathlib import Path

HCL = """
collection "aws_cloudtrail_log" "production" {{
  source = source.file.logs
  {pace}
}}
detection "aws_cloudtrail_log" "stops" {{
  schedule = "0 0 1 1 *"
  sql      = <<-EOT
    select * from aws_cloudtrail_log where event_name = 'StopLogging' and $from < $to
  EOT
}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A row that the detection finds."""
    monkeypatch.setenv("TAILPIPE_HOME", str(tmp_path / "home"))
    made = Project(tmp_path)
    made.configure(HCL.format(pace=""))
    write(made, "a.json", [event(1, "StopLogging")])
    made.collect_one()
    return made


def definitions_of(project: Project) -> dg.Definitions:
    """What Dagster gets."""
    return build_definitions(project.plans(), config=load([project.folder / "tailpipe.hcl"]))


def test_what_is_due_is_asked_by_a_run(project: Project) -> None:
    """Its findings are told in the run's metadata; then nothing is due."""
    definitions = definitions_of(project)
    sensor = definitions.get_sensor_def("ask_detections_when_due")
    with dg.DagsterInstance.ephemeral() as instance:
        lakes = {"lakes": LakeStore()}
        first = sensor.evaluate_tick(dg.build_sensor_context(instance, definitions=definitions, resources=lakes))
        assert len(first.run_requests or ()) == 1
        context = dg.build_sensor_context(instance, definitions=definitions, resources=lakes, cursor=first.cursor)
        assert "a short while ago" in str(sensor.evaluate_tick(context).skip_message)

        result = definitions.resolve_job_def(JOB).execute_in_process(instance=instance)
        after = sensor.evaluate_tick(dg.build_sensor_context(instance, definitions=definitions, resources=lakes))

    assert result.success
    assert project.ask(f"SELECT detection, run_id FROM {FINDING_TABLE}") == [
        ("aws_cloudtrail_log.stops", result.run_id)
    ]
    (output,) = [each for each in result.all_node_events if each.is_successful_output]
    assert "1 medium" in str(output.step_output_data.metadata["detections"].value)
    assert after.skip_message == "no detection is due"


def test_without_a_schedule_there_is_no_job(project: Project) -> None:
    """A configuration of other rules gets neither job nor sensor."""
    project.configure('collection "aws_cloudtrail_log" "production" {\n  source = source.file.logs\n}\n')
    definitions = definitions_of(project)

    assert list(definitions.jobs or ()) == []
    assert "ask_detections_when_due" not in {each.name for each in definitions.sensors or ()}
