"""Alerts under Dagster: the sensor delivers, the check tells what waits, and failures reach the notifiers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg
import pytest
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    SensorInstigatorData,
    TickData,
    TickStatus,
)
from dagster_shared.error import SerializableErrorInfo

from tailpipe_assets.alerts.health import note
from tailpipe_assets.alerts.outbox import Outbox
from tailpipe_assets.definitions.alerting import CHECK, WELL, evaluation, well_evaluation
from tailpipe_assets.definitions.build import build_definitions
from tailpipe_assets.definitions.keeping import sensor_conditions, tell_failure
from tailpipe_assets.definitions.names import ALERTS_KEY
from tailpipe_assets.pipeline import plan
from tests.alerts.conftest import ONE, QUICK, Desk, hcl_of
from tests.services.receiver import Answer, receiving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WEB = (
    'source "file" "logs" {{\n  path = "{}/logs"\n}}\n'
    'collection "http_log" "web" {{\n  source = source.file.logs\n  format = "combined"\n}}\n'
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A lake with a collection and one alert, and a webhook."""
    (tmp_path / "logs").mkdir()
    with receiving() as receiver:
        made = Desk(tmp_path, receiver, hcl_of(tmp_path, f"{receiver.url}/hook") + WEB.format(tmp_path))
        made.find(ONE)
        yield made


def definitions_of(desk: Desk) -> dg.Definitions:
    """What Dagster gets of the desk's configuration."""
    config = desk.config
    return build_definitions(plan(config), config=config)


def test_the_sensor_delivers_and_reports_the_check(desk: Desk) -> None:
    """The check once, and then only when it changes; alerts by themselves."""
    definitions = definitions_of(desk)
    sensor = definitions.get_sensor_def("deliver_alerts")
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance, definitions=definitions)
        first = sensor.evaluate_tick(context)
        context = dg.build_sensor_context(instance, definitions=definitions, cursor=first.cursor)
        second = sensor.evaluate_tick(context)

    assert len(desk.receiver.taken) == 1
    told, well = first.asset_events
    assert isinstance(told, dg.AssetCheckEvaluation)
    assert isinstance(well, dg.AssetCheckEvaluation)
    assert (told.asset_key, told.check_name, told.passed) == (ALERTS_KEY, CHECK, True)
    assert (well.asset_key, well.check_name, well.passed) == (ALERTS_KEY, WELL, True)
    assert (second.asset_events, second.run_requests) == ([], [])
    assert second.skip_message == "0 sent, 0 attempts failed, 0 left, 0 given up"


def test_an_alert_that_waits_fails_the_check(desk: Desk) -> None:
    """After ten minutes, with whom it waits for and why."""
    desk.receiver.answer = lambda _: Answer(500, body="out of order")
    desk.deliver()
    now = datetime.now(UTC)

    assert evaluation(now).passed
    late = evaluation(now + timedelta(minutes=11))
    assert (late.passed, late.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "webhook.soar: HTTP 500: out of order" in str(late.metadata["errors"].value)


def test_an_alert_that_was_given_up_fails_the_check(desk: Desk) -> None:
    """At once."""
    desk.receiver.answer = lambda _: Answer(500)
    desk.deliver(replace(QUICK, attempts=1))

    assert not evaluation(datetime.now(UTC)).passed


def test_a_run_delivers_what_it_found(desk: Desk) -> None:
    """It needs no sensor for that."""
    definitions = definitions_of(desk)
    with dg.DagsterInstance.ephemeral() as instance:
        job = definitions.resolve_implicit_global_asset_job_def()
        today = datetime.now(UTC).date().isoformat()
        ended = job.execute_in_process(
            instance=instance, asset_selection=[dg.AssetKey(["http_log", "web"])], partition_key=today
        )

    assert ended.success
    assert len(desk.receiver.taken) == 1


def failed_run(instance: dg.DagsterInstance, keys: set[dg.AssetKey] | None) -> tuple[dg.DagsterRun, dg.DagsterEvent]:
    """A run that failed, and the event that says so."""

    @dg.job
    def job() -> None:
        """Nothing."""

    run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    run = run._replace(asset_selection=frozenset(keys) if keys else None)
    return run, instance.report_run_failed(run, "it broke")


def test_a_failed_run_is_told(desk: Desk) -> None:
    """Of a collection once it keeps failing; of anything else at once."""
    desk.deliver()
    with dg.DagsterInstance.ephemeral() as instance:
        tell_failure(desk.config, *failed_run(instance, {dg.AssetKey(["http_log", "web"])}))
        tell_failure(desk.config, *failed_run(instance, {dg.AssetKey(["http_log", "web", "compacted"])}))
    desk.deliver()

    (told,) = [each.json for each in desk.receiver.taken if each.json["kind"] == "health"]
    assert told["detection"] == "tailpipe.run"
    assert "it broke" in told["text"]
    with Outbox() as outbox:
        assert [row["name"] for row in outbox.rows("SELECT name FROM condition")] == ["collect http_log.web"]


def test_without_alerts_nothing_is_added(desk: Desk) -> None:
    """No asset, no check and no sensor."""
    definitions = build_definitions(plan(desk.config))

    assert "deliver_alerts" not in {each.name for each in definitions.sensors or ()}


def test_a_sensor_that_fails_is_a_condition(desk: Desk) -> None:
    """Each tick counts once; after three it is told, and the check fails; a tick that goes well ends it."""
    now = datetime.now(UTC)
    with dg.instance_for_test() as instance:
        for number, is_well in enumerate((False, False, False, True)):
            ticked(instance, now + timedelta(seconds=number), is_well=is_well)
            with Outbox() as outbox:
                note(outbox, sensor_conditions(instance, now), now)
                note(outbox, sensor_conditions(instance, now), now)
                [row] = outbox.rows("SELECT failures, text FROM condition WHERE name = 'sensor watch_logs'")
            assert (row["failures"], row["text"]) == (0 if is_well else number + 1, "out of order")
            assert well_evaluation(now).passed == (number != 2)
    del desk


def ticked(instance: dg.DagsterInstance, moment: datetime, *, is_well: bool) -> None:
    """One tick of a sensor."""
    repository = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("tailpipe"), "__repository__")
    origin = RemoteInstigatorOrigin(repository, "watch_logs")
    status = InstigatorStatus.DECLARED_IN_CODE
    state = InstigatorState(origin, InstigatorType.SENSOR, status, SensorInstigatorData())
    if not instance.all_instigator_state():
        instance.add_instigator_state(state)
    instance.create_tick(
        TickData(
            instigator_origin_id=state.instigator_origin_id,
            instigator_name="watch_logs",
            instigator_type=InstigatorType.SENSOR,
            status=TickStatus.SKIPPED if is_well else TickStatus.FAILURE,
            timestamp=moment.timestamp(),
            selector_id=state.selector_id,
            error=None if is_well else SerializableErrorInfo("out of order", [], "Error"),
        )
    )
