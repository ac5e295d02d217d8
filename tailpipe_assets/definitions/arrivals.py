"""Freshness: the check that says when a collection with `expect_every` has gone quiet, and the sensor behind it."""

# Dagster reads the annotations of sensors and checks while the functions are made, so they are not put off.
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg

from tailpipe_assets.definitions.looking import ARRIVALS
from tailpipe_assets.definitions.names import collection_key
from tailpipe_assets.pipeline import Plan
from tailpipe_resources.dagster_resources import LakeStore
from tailpipe_resources.errors import LakeError
from tailpipe_resources.lake.delta import head, open_table
from tailpipe_resources.lake.ledger import made_at
from tailpipe_resources.model.pace import interval_text

SECONDS = 60
AGAIN = timedelta(days=1)
"""What has not changed is told again after so long."""


@dataclass(frozen=True, slots=True)
class Silence:
    """How long a collection has been quiet."""

    last: datetime | None
    """When something new was last committed; None when nothing ever was."""

    since: datetime
    """From when its silence counts."""

    allowed: timedelta
    now: datetime

    @property
    def is_fresh(self) -> bool:
        """Whether it is not quiet for longer than it may be."""
        return self.now - self.since <= self.allowed

    def evaluation(self, key: dg.AssetKey) -> dg.AssetCheckEvaluation:
        """What Dagster is told of it."""
        silent = (self.now - self.since) // timedelta(seconds=1)
        allowed = interval_text(self.allowed)
        told: dict[str, object] = {"expected every": allowed, "silent for (s)": silent}
        if self.last is not None:
            told["last commit"] = dg.MetadataValue.timestamp(self.last)
        return dg.AssetCheckEvaluation(
            asset_key=key,
            check_name=ARRIVALS,
            passed=self.is_fresh,
            severity=dg.AssetCheckSeverity.WARN,
            metadata=told,  # type: ignore[arg-type]
            description=None
            if self.is_fresh
            else f"Nothing new for {interval_text(timedelta(seconds=silent))}; "
            f"something was expected every {allowed}. Is the source still written to, and does its schedule run?",
        )


def arrivals(plans: Sequence[Plan]) -> tuple[list[dg.AssetChecksDefinition], list[dg.SensorDefinition]]:
    """The check of every collection that names `expect_every`, and the sensor that keeps it true."""
    expecting = [each for each in plans if each.collection.pace.expect_every is not None]
    if not expecting:
        return [], []
    return [_checks(expecting)], [_sensor(expecting)]


def _checks(plans: Sequence[Plan]) -> dg.AssetChecksDefinition:
    specs = [
        dg.AssetCheckSpec(
            ARRIVALS,
            asset=collection_key(each.collection),
            description=f"Something new comes every {interval_text(_allowed(each))}; looked at every minute.",
        )
        for each in plans
    ]

    @dg.multi_asset_check(name="arrivals_of_collections", specs=specs, can_subset=True)
    def checks(context: dg.AssetCheckExecutionContext, lakes: LakeStore) -> Iterator[dg.AssetCheckResult]:
        chosen = {each.asset_key for each in context.selected_asset_check_keys}
        for each in plans:
            key = collection_key(each.collection)
            if key in chosen:
                found = silence_of(each, lakes, datetime.now(UTC)).evaluation(key)
                yield dg.AssetCheckResult(
                    asset_key=key,
                    check_name=ARRIVALS,
                    passed=found.passed,
                    severity=found.severity,
                    metadata=found.metadata,
                    description=found.description,
                )

    return checks


def _sensor(plans: Sequence[Plan]) -> dg.SensorDefinition:
    @dg.sensor(
        name="watch_arrivals",
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells which collections have gone quiet: a dead source is the first thing an attacker wants.",
    )
    def sensor(context: dg.SensorEvaluationContext, lakes: LakeStore) -> dg.SensorResult | dg.SkipReason:
        now = datetime.now(UTC)
        told: dict[str, dict[str, str]] = json.loads(context.cursor or "{}")
        events, kept = [], {}
        for each in plans:
            stream = each.collection.stream
            before = told.get(stream, {})
            try:
                found = silence_of(each, lakes, now, first=_when(before.get("first")))
            except (LakeError, OSError) as error:
                context.log.warning("%s could not be looked at: %s", stream, error)
                kept[stream] = before
                continue
            if _is_news(found, before):
                events.append(found.evaluation(collection_key(each.collection)))
                before = {**before, "fresh": str(found.is_fresh), "told": now.isoformat(timespec="seconds")}
            kept[stream] = {"first": now.isoformat(timespec="seconds"), **before}
        said = None if events else dg.SkipReason("nothing has changed")
        return dg.SensorResult(asset_events=events, cursor=json.dumps(kept), skip_reason=said)

    return sensor


def silence_of(ready: Plan, lakes: LakeStore, now: datetime, first: datetime | None = None) -> Silence:
    """How long a collection has been quiet. One that was never collected is so since it was first looked at."""
    collection = ready.collection
    batch = head(open_table(lakes.open(collection.destination), collection.table_stored), collection.stream)
    last = None if batch is None else datetime.fromtimestamp(made_at(batch), UTC)
    return Silence(last, last or first or now, _allowed(ready), now)


def _is_news(found: Silence, before: dict[str, str]) -> bool:
    told = _when(before.get("told"))
    return told is None or before.get("fresh") != str(found.is_fresh) or found.now - told >= AGAIN


def _when(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _allowed(ready: Plan) -> timedelta:
    allowed = ready.collection.pace.expect_every
    assert allowed is not None
    return allowed
