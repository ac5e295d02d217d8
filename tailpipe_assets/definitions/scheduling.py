"""Schedules: one for all collections of a source that run at the same times."""

# Dagster reads the annotations of schedules while the functions are made, so they are not put off.
import hashlib
from collections import Counter
from collections.abc import Sequence

import dagster as dg

from tailpipe_assets.definitions.looking import is_under_way, job_of, last_looked, look, request_of, window_since
from tailpipe_assets.definitions.names import unique_names
from tailpipe_assets.pipeline import Plan, Resources
from tailpipe_resources.dagster_resources import DuckDBEngine, LakeStore, SourceAccess


def schedules(plans: Sequence[Plan]) -> list[dg.ScheduleDefinition]:
    """A schedule for each source and time that enabled collections name."""
    groups: dict[tuple[str, str], list[Plan]] = {}
    for each in plans:
        if each.collection.pace.cron is not None:
            groups.setdefault((each.collection.source.address, each.collection.pace.cron), []).append(each)
    times = Counter(address for address, _ in groups)
    names = unique_names(times)
    return [
        _schedule(_name(names[address], cron, alone=times[address] == 1), cron, those)
        for (address, cron), those in groups.items()
    ]


def _name(source: str, cron: str, *, alone: bool) -> str:
    """After the source; where it has several schedules, each has a short hash behind it."""
    name = f"collect_{source.removeprefix('source_')}"
    return name if alone else f"{name}_{hashlib.sha256(cron.encode()).hexdigest()[:6]}"


def _schedule(name: str, cron: str, plans: Sequence[Plan]) -> dg.ScheduleDefinition:
    job = job_of(f"{name}_job", plans)

    @dg.schedule(
        name=name,
        job=job,
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=_description(plans),
    )
    def schedule(
        context: dg.ScheduleEvaluationContext, sources: SourceAccess, lakes: LakeStore, duckdb: DuckDBEngine
    ) -> dg.RunRequest | dg.SkipReason:
        if is_under_way(context.instance, job.name):
            return dg.SkipReason("the run before this one is not done")
        resources = Resources(source=sources.open, lake=lakes.open, engine=duckdb.connect)
        found = look(plans, window_since(last_looked(context.instance, job.name, plans)), resources)
        if not found.is_needed:
            return dg.SkipReason(found.said)
        context.log.info(found.said)
        return request_of(plans, found)

    return schedule


def _description(plans: Sequence[Plan]) -> str:
    names = ", ".join(".".join(each.collection.key) for each in plans)
    return f"Collects {names} from {plans[0].collection.source.address}, when it has something new."
