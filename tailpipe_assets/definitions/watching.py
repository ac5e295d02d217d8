"""Sensors that watch sources for new artifacts, for collections with `watch = true`."""

# Dagster reads the annotations of sensors while the functions are made, so they are not put off.
from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg

from tailpipe_assets.definitions.looking import (
    Look,
    asked_of,
    hourly_key,
    is_under_way,
    job_of,
    look,
    request_of,
    window_since,
)
from tailpipe_assets.definitions.names import unique_names
from tailpipe_assets.pipeline import Plan, Resources
from tailpipe_assets.pipeline.listing import by_source
from tailpipe_resources.dagster_resources import DuckDBEngine, LakeStore, SourceAccess

SECONDS = 30
"""Between two looks at a source whose listing is a request that may cost money."""

SECONDS_HERE = 4
"""The same for files of this machine: Dagster's daemon asks every five seconds whose time has come."""


def watchers(plans: Sequence[Plan]) -> list[dg.SensorDefinition]:
    """A sensor for each source with collections that watch it."""
    groups = by_source(each for each in plans if each.collection.pace.watch)
    names = unique_names(f"watch_{address.removeprefix('source.')}" for address in groups)
    return [_watcher(names[f"watch_{address.removeprefix('source.')}"], those) for address, those in groups.items()]


def _watcher(name: str, plans: Sequence[Plan]) -> dg.SensorDefinition:
    job = job_of(f"{name}_job", plans)
    source = plans[0].collection.source

    @dg.sensor(
        name=name,
        job=job,
        minimum_interval_seconds=SECONDS_HERE if source.type == "file" else SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Looks for new artifacts in {source.address}, and has them collected.",
    )
    def sensor(
        context: dg.SensorEvaluationContext, sources: SourceAccess, lakes: LakeStore, duckdb: DuckDBEngine
    ) -> dg.SensorResult | dg.SkipReason:
        if is_under_way(context.instance, job.name):
            return dg.SkipReason("the run before this one is not done")
        since = _looked(context.cursor, asked_of(plans))
        now = datetime.now(UTC)
        found = look(plans, window_since(since), Resources(source=sources.open, lake=lakes.open, engine=duckdb.connect))
        if found.is_needed:
            return dg.SensorResult(run_requests=[request_of(plans, found, run_key=_run_key(found, now))])
        # All before this moment is collected: next time only what is dated since then is looked at.
        return dg.SensorResult(skip_reason=found.said, cursor=f"{now.isoformat(timespec='seconds')} {asked_of(plans)}")

    return sensor


def _looked(cursor: str | None, asked: str) -> datetime | None:
    """When all was collected that is asked for now; None where that is not known."""
    when, _, what = (cursor or "").partition(" ")
    return datetime.fromisoformat(when) if what == asked else None


def _run_key(found: Look, now: datetime) -> str:
    return hourly_key(
        repr(
            [
                (each.table, each.collection, each.artifacts, each.bytes, each.newest, each.changes)
                for each in found.found
            ]
        ),
        now,
    )
