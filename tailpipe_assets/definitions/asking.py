"""Detections that a schedule asks, under Dagster: a job that asks what is due, and the sensor that starts it."""

# Dagster reads the annotations of ops and sensors while the functions are made, so they are not put off.
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import dagster as dg

from tailpipe_assets.definitions.alerting import tell_of_asked
from tailpipe_assets.definitions.looking import LONGEST_RUN, is_under_way
from tailpipe_assets.definitions.outcome import markdown_table
from tailpipe_assets.pipeline import Plan, Resources
from tailpipe_assets.scheduled import DueResult, ask_due, due_now
from tailpipe_resources.dagster_resources import LakeStore
from tailpipe_resources.errors import LakeError
from tailpipe_resources.model.config import Config

JOB = "ask_detections"
SECONDS = 30
AGAIN = timedelta(minutes=5)
"""What was due and still is, because a collection is held by a long run, is asked again after so long."""

GRACE = timedelta(minutes=2)
"""Collections that are followed have their detections asked by the follower, unless it does not run."""


@dataclass(frozen=True, slots=True)
class AskingDefinitions:
    """What there is, where any detection is asked by a schedule."""

    jobs: list[dg.JobDefinition] = field(default_factory=list)
    sensors: list[dg.SensorDefinition] = field(default_factory=list)


def asking(plans: Sequence[Plan], config: Config | None) -> AskingDefinitions:
    """The job and its sensor."""
    mine = [each for each in plans if any(rule.detection.schedule for rule in each.scheduled)]
    if not mine:
        return AskingDefinitions()
    job = _job(plans, config)
    return AskingDefinitions([job], [_sensor(mine, job)])


def _job(plans: Sequence[Plan], config: Config | None) -> dg.JobDefinition:
    @dg.op(name="ask", description="Asks every detection whose time has come; what is asked already is not due.")
    def ask(context: dg.OpExecutionContext, lakes: LakeStore) -> None:
        asked = ask_due(plans, resources=Resources(lake=lakes.open), run=context.run_id)
        for each in asked:
            if each.failure:
                context.log.error("detection %s fails: %s", each.name, each.failure)
            if each.missed:
                context.log.warning("detection %s: %s", each.name, each.missed)
        if asked:
            context.add_output_metadata({"detections": dg.MetadataValue.md(markdown_table(list(map(_row, asked))))})
        tell_of_asked(context, config, asked)

    @dg.job(name=JOB, tags={"dagster/max_runtime": LONGEST_RUN}, description="Asks detections that have a schedule.")
    def ask_detections() -> None:
        ask()

    return ask_detections


def _row(each: DueResult) -> dict[str, str]:
    return {
        "detection": each.name,
        "windows": str(each.windows),
        "findings": ", ".join(f"{count} {severity}" for severity, count in each.findings.items()),
        "failure": each.failure,
    }


def _sensor(plans: Sequence[Plan], job: dg.JobDefinition) -> dg.SensorDefinition:
    @dg.sensor(
        name="ask_detections_when_due",
        job=job,
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Has detections that have a schedule asked when their time has come.",
    )
    def sensor(context: dg.SensorEvaluationContext, lakes: LakeStore) -> dg.SensorResult | dg.SkipReason:
        if is_under_way(context.instance, JOB):
            return dg.SkipReason("the run before this one is not done")
        now, resources = datetime.now(UTC), Resources(lake=lakes.open)
        followed = [each for each in plans if each.collection.pace.follow]
        others = [each for each in plans if not each.collection.pace.follow]
        try:
            due = (
                *due_now(others, now=now, resources=resources),
                *due_now(followed, now=now - GRACE, resources=resources),
            )
        except LakeError as error:
            return dg.SkipReason(f"the lake could not be looked at: {error}")
        if not due:
            return dg.SkipReason("no detection is due")
        key = hashlib.sha256("\n".join(due).encode()).hexdigest()
        before: dict[str, str] = json.loads(context.cursor or "{}")
        if before.get("key") == key and now - datetime.fromisoformat(before["at"]) < AGAIN:
            return dg.SkipReason("what is due was asked a short while ago, and is asked again in some minutes")
        cursor = json.dumps({"key": key, "at": now.isoformat(timespec="seconds")})
        return dg.SensorResult(run_requests=[dg.RunRequest()], cursor=cursor)

    return sensor
