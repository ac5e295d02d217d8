"""Sensors that keep the house: failures are told, and runs whose process is gone do not block others."""

import logging

import dagster as dg
from dagster._core.events import JobFailureData

from tailpipe_assets.definitions.reaping import reap

LOG = logging.getLogger("tailpipe")
SECONDS = 60


@dg.run_failure_sensor(
    name="tell_failures",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells of every run that failed, in the log and here.",
)
def tell_failures(context: dg.RunFailureSensorContext) -> None:
    """Say in one line which run failed, of what, and why."""
    LOG.error(failure_line(context.dagster_run, context.failure_event))


@dg.sensor(
    name="reap_dead_runs",
    minimum_interval_seconds=SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Ends runs of the command line whose process is gone, so that nothing waits for them.",
)
def reap_dead_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Tell Dagster of runs that were started on this machine and whose process is gone."""
    gone = reap(context.instance)
    return dg.SkipReason(f"{gone} runs ended" if gone else "no run is dead")


def failure_line(run: dg.DagsterRun, event: dg.DagsterEvent) -> str:
    """What an operator reads of a run that failed."""
    names = sorted(".".join(key.path) for key in run.asset_selection or ())
    # A run that was ended from outside, such as one whose process is gone, says so in the message alone.
    said = event.event_specific_data
    error = said.error if isinstance(said, JobFailureData) else None
    while error is not None and error.cause is not None:
        error = error.cause
    reason = " ".join((error.message if error is not None else event.message or "").split())
    return f"run {run.run_id} of {', '.join(names) or run.job_name} failed: {reason}"


KEEPERS = [tell_failures, reap_dead_runs]
