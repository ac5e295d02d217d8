"""Sensors that keep the house: failures are told, and runs whose process is gone do not block others."""

# Dagster reads the annotations of sensors while the functions are made, so they are not put off.
import logging
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.events import JobFailureData
from dagster._core.scheduler.instigation import InstigatorType, TickStatus
from dagster_shared.error import SerializableErrorInfo

from tailpipe_assets.alerts.health import Condition, note, tell_once
from tailpipe_assets.alerts.outbox import Outbox
from tailpipe_assets.definitions.reaping import reap
from tailpipe_resources.model.config import Config

LOG = logging.getLogger("tailpipe")
SECONDS = 60
_SENSED = timedelta(minutes=15)
_SCHEDULED = timedelta(days=8)
_ENDED = [TickStatus.SUCCESS, TickStatus.SKIPPED, TickStatus.FAILURE]


def failure_teller(config: Config | None) -> dg.SensorDefinition:
    """The sensor that tells of every run that failed, also to the notifiers of the configuration."""

    @dg.run_failure_sensor(
        name="tell_failures",
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells of every run that failed: in the log, here, and to the notifiers.",
    )
    def tell_failures(context: dg.RunFailureSensorContext) -> None:
        LOG.error(failure_line(context.dagster_run, context.failure_event))
        if config is not None and not config.alerting.is_silent:
            tell_failure(config, context.dagster_run, context.failure_event)

    return tell_failures


def tell_failure(config: Config, run: dg.DagsterRun, event: dg.DagsterEvent) -> None:
    """Note a failed run. Of collections it is told once they fail for long, of anything else at once.

    Raises:
        OutboxError: the outbox cannot be written; the sensor tries again.
    """
    line, now = failure_line(run, event), datetime.now(UTC)
    keys = {tuple(key.path) for key in run.asset_selection or ()}
    collections = keys & {each.key for each in config.collections}
    with Outbox() as outbox:
        if keys and keys == collections:
            note(outbox, [Condition("collect", ".".join(each), line, attempt=run.run_id) for each in keys], now)
        else:
            tell_once(outbox, config.alerting, Condition("run", run.run_id, line), now)


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


def sensor_watch() -> dg.SensorDefinition:
    """The sensor that watches the other sensors and schedules: of one that fails Dagster tells nobody."""

    @dg.sensor(
        name="watch_sensors",
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Notes sensors and schedules that fail, so that the notifiers are told after three times.",
    )
    def watch_sensors(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        now = datetime.now(UTC)
        found = sensor_conditions(context.instance, now)
        with Outbox() as outbox:
            note(outbox, found, now)
        failing = [each.about for each in found if each.trouble is not None]
        return dg.SkipReason(f"failing: {', '.join(failing)}" if failing else "no sensor fails")

    return watch_sensors


def sensor_conditions(instance: dg.DagsterInstance, now: datetime) -> list[Condition]:
    """How the last tick of each sensor and schedule was; what has not ticked for long is not there any more."""
    found = []
    for state in instance.all_instigator_state():
        since = now - (_SCHEDULED if state.instigator_type == InstigatorType.SCHEDULE else _SENSED)
        ticks = instance.get_ticks(
            state.instigator_origin_id, state.selector_id, after=since.timestamp(), limit=1, statuses=_ENDED
        )
        failed = next((each for each in ticks if each.status == TickStatus.FAILURE), None)
        error = None if failed is None else failed.error
        said = None if failed is None else "its tick failed"
        said = said if error is None else " ".join(_innermost(error).message.split())
        found.append(Condition("sensor", state.name, said, attempt="" if failed is None else str(failed.tick_id)))
    return found


def failure_line(run: dg.DagsterRun, event: dg.DagsterEvent) -> str:
    """What an operator reads of a run that failed."""
    names = sorted(".".join(key.path) for key in run.asset_selection or ())
    # A run that was ended from outside, such as one whose process is gone, says so in the message alone.
    said = event.event_specific_data
    error = said.error if isinstance(said, JobFailureData) else None
    reason = " ".join((_innermost(error).message if error is not None else event.message or "").split())
    return f"run {run.run_id} of {', '.join(names) or run.job_name} failed: {reason}"


def _innermost(error: SerializableErrorInfo) -> SerializableErrorInfo:
    """What broke it, not that it broke."""
    while error.cause is not None:
        error = error.cause
    return error


def keepers(config: Config | None) -> list[dg.SensorDefinition]:
    """The sensors that keep the house."""
    watch = [] if config is None or config.alerting.is_silent else [sensor_watch()]
    return [failure_teller(config), reap_dead_runs, *watch]
