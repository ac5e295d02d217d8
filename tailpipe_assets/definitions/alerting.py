"""Alerts under Dagster: a sensor that delivers what is due, and the check that says when one waits too long."""

# Dagster reads the annotations of sensors and checks while the functions are made, so they are not put off.
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import dagster as dg

from tailpipe_assets.alerts import Delivered, Manner, after_collect
from tailpipe_assets.alerts.health import is_told
from tailpipe_assets.alerts.heartbeat import LATE
from tailpipe_assets.alerts.outbox import Outbox
from tailpipe_assets.definitions.names import ALERTS_KEY
from tailpipe_assets.definitions.specs import OWNERS
from tailpipe_assets.scheduled import DueResult
from tailpipe_resources.errors import OutboxError
from tailpipe_resources.model.config import Config
from tailpipe_resources.model.results import CollectResult

SECONDS = 30
BUDGET_SECONDS = 20.0
"""A sensor is given a minute."""

AFTER_RUN = Manner(budget=5.0)
"""A run waits no longer for receivers."""

CHECK = "delivered_in_time"
WELL = "nothing_is_wrong"
AGAIN = timedelta(days=1)
"""What has not changed is told again after so long."""


@dataclass(frozen=True, slots=True)
class AlertDefinitions:
    """What there is of alerts, where anybody is to be told of anything."""

    assets: list[dg.AssetSpec] = field(default_factory=list)
    checks: list[dg.AssetChecksDefinition] = field(default_factory=list)
    sensors: list[dg.SensorDefinition] = field(default_factory=list)


def alert_definitions(config: Config | None, findings: Sequence[dg.AssetKey]) -> AlertDefinitions:
    """The asset that stands for alerts, its check, and the sensor that delivers.

    Args:
        config: whom to tell of what.
        findings: the assets of what alerts are made of.
    """
    if config is None or config.alerting.is_silent:
        return AlertDefinitions()
    spec = dg.AssetSpec(
        ALERTS_KEY,
        deps=findings,
        group_name="alerts",
        description="Whom alerts were told to, and who acknowledged or closed them: `tailpipe alert list` shows them.",
        kinds={"parquet"},
        owners=OWNERS,
        tags={"tailpipe/role": "alerts"},
    )
    in_time = f"No alert waits to be told for more than {LATE}; none was given up."
    well = "Collections, detections, sensors, disks and lakes are well, and no source has gone quiet."
    checks = [_check(CHECK, evaluation, in_time), _check(WELL, well_evaluation, well)]
    return AlertDefinitions([spec], checks, [_sensor(config)])


def _check(
    name: str, evaluate: Callable[[datetime], dg.AssetCheckEvaluation], description: str
) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=ALERTS_KEY, name=name, description=description)
    def check() -> dg.AssetCheckResult:
        found = evaluate(datetime.now(UTC))
        return dg.AssetCheckResult(
            passed=found.passed, severity=found.severity, metadata=found.metadata, description=found.description
        )

    return check


def _sensor(config: Config) -> dg.SensorDefinition:
    @dg.sensor(
        name="deliver_alerts",
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells the notifiers of what is due, watches over Tailpipe itself, and sends the heartbeat.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        told = after_collect(config, manner=Manner(budget=BUDGET_SECONDS))
        for trouble in told.troubles:
            context.log.error(trouble)
        now = datetime.now(UTC)
        try:
            found = [evaluation(now), well_evaluation(now)]
        except OutboxError as error:
            raise dg.Failure(str(error)) from error
        before: dict[str, dict[str, str]] = json.loads(context.cursor or "{}")
        news = [each for each in found if _is_news(each, before.get(each.check_name, {}), now)]
        if not news:
            return dg.SensorResult(skip_reason=_said(told), cursor=context.cursor)
        kept = {
            each.check_name: {"passed": str(each.passed), "told": now.isoformat(timespec="seconds")} for each in news
        }
        return dg.SensorResult(asset_events=news, cursor=json.dumps({**before, **kept}))

    return sensor


def tell_after(context: dg.AssetExecutionContext, config: Config | None, results: Sequence[CollectResult]) -> None:
    """Note how collections are, and deliver what is due after a run, for a moment; the sensor goes on with the rest."""
    if config is None:
        return
    for trouble in after_collect(config, results, run=context.run.run_id, manner=AFTER_RUN).troubles:
        context.log.warning(trouble)


def tell_of_asked(context: dg.OpExecutionContext, config: Config | None, asked: Sequence[DueResult]) -> None:
    """Note how detections are that were asked, and deliver what is due."""
    if config is None or not asked:
        return
    for trouble in after_collect(config, asked=asked, run=context.run_id, manner=AFTER_RUN).troubles:
        context.log.warning(trouble)


def evaluation(now: datetime) -> dg.AssetCheckEvaluation:
    """Whether alerts are told in time.

    Raises:
        OutboxError: the outbox cannot be read.
    """
    with Outbox() as outbox:
        waiting, dead = outbox.all("pending", "folded"), outbox.all("dead")
    oldest = max((now.timestamp() - each.created for each in waiting), default=0.0)
    errors = sorted({f"{each.notifier}: {each.error}" for each in (*waiting, *dead) if each.error})
    passed = oldest <= LATE.total_seconds() and not dead
    return dg.AssetCheckEvaluation(
        asset_key=ALERTS_KEY,
        check_name=CHECK,
        passed=passed,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={
            "waiting": len(waiting),
            "given up": len(dead),
            "oldest waits for (s)": round(oldest),
            **({"errors": dg.MetadataValue.md("\n".join(f"- {each}" for each in errors))} if errors else {}),
        },
        description=None if passed else "Somebody is not told of alerts. tailpipe alert status says whom, and why.",
    )


def well_evaluation(now: datetime) -> dg.AssetCheckEvaluation:
    """Whether anything is wrong with Tailpipe itself, and has been for long enough to be told.

    Raises:
        OutboxError: the outbox cannot be read.
    """
    with Outbox() as outbox:
        rows = outbox.wrong()
    wrong = [row for row in rows if is_told(row["failures"], row["since"], now, is_certain=bool(row["is_certain"]))]
    shown = "\n".join(f"- **{row['name']}**: {row['text']}" for row in rows)
    return dg.AssetCheckEvaluation(
        asset_key=ALERTS_KEY,
        check_name=WELL,
        passed=not wrong,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"wrong": len(wrong), **({"conditions": dg.MetadataValue.md(shown)} if rows else {})},
        description=None if not wrong else "Something is wrong with Tailpipe itself. tailpipe status says what.",
    )


def _is_news(found: dg.AssetCheckEvaluation, before: dict[str, str], now: datetime) -> bool:
    told = before.get("told")
    return told is None or before.get("passed") != str(found.passed) or now - datetime.fromisoformat(told) >= AGAIN


def _said(told: Delivered) -> str:
    if told.troubles:
        return "; ".join(told.troubles)
    return f"{told.sent} sent, {told.failed} attempts failed, {told.left} left, {told.dead} given up"
