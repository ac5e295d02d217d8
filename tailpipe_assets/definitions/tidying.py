"""The sensor that has days compacted once they are over, or hold many small files."""

# Dagster reads the annotations of sensors while the functions are made, so they are not put off.
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import dagster as dg

from tailpipe_assets.definitions.days import Days
from tailpipe_assets.definitions.looking import LONGEST_RUN, UNDER_WAY, hourly_key
from tailpipe_assets.definitions.names import compaction_key
from tailpipe_assets.pipeline import Plan
from tailpipe_resources.dagster_resources import LakeStore
from tailpipe_resources.errors import LakeError
from tailpipe_resources.lake.compact import SlotFiles, small_slots

JOB = "compact"
SECONDS = 300
MOST_FILES = 32
"""A day that is not over is compacted when one of its index values has more small files than this."""

SETTLED = timedelta(hours=1)
"""A day is over so long after midnight, UTC, when the last of its logs should have come."""

GAP = 7
"""Days that one run may pass over between two that need it."""


def tidying(plans: Sequence[Plan]) -> list[dg.SensorDefinition]:
    """The sensor, where any collection is to be compacted by itself."""
    wanting = [each for each in plans if each.collection.pace.compact]
    if not wanting:
        return []
    job = dg.define_asset_job(
        JOB, selection=dg.AssetSelection.assets(*(compaction_key(each.collection) for each in wanting))
    )

    @dg.sensor(
        name="compact_when_due",
        job=job,
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            f"Has days compacted an hour after they are over, or when an index value has more than {MOST_FILES} small "
            "files. `compact = false` keeps a collection out of it."
        ),
    )
    def sensor(context: dg.SensorEvaluationContext, lakes: LakeStore) -> dg.SensorResult | dg.SkipReason:
        busy = {
            key
            for run in context.instance.get_runs(dg.RunsFilter(job_name=JOB, statuses=UNDER_WAY))
            for key in run.asset_selection or ()
        }
        idle = [each for each in wanting if compaction_key(each.collection) not in busy]
        requests = [request for each in idle for request in _requests(each, lakes, context)]
        return dg.SensorResult(run_requests=requests) if requests else dg.SkipReason("no day has many small files")

    return [sensor]


def _requests(ready: Plan, lakes: LakeStore, context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest]:
    collection, now = ready.collection, datetime.now(UTC)
    try:
        slots = small_slots(lakes.open(collection.destination), collection.table_stored, collection=collection.name)
    except (LakeError, OSError) as error:
        context.log.warning("%s could not be looked at: %s", ".".join(collection.key), error)
        return
    due = [each for each in slots if is_due(each, now)]
    if not due:
        return
    first, last = first_stretch([each.slot.day for each in due])
    within = [each for each in due if first <= each.slot.day <= last]
    yield dg.RunRequest(
        run_key=_run_key(ready, within, now),
        asset_selection=[compaction_key(collection)],
        tags={**Days(first, last).tags, "dagster/max_runtime": LONGEST_RUN},
    )


def is_due(slot: SlotFiles, now: datetime) -> bool:
    """Whether a slot that compaction would change is worth it now."""
    is_over = slot.slot.day < (now - SETTLED).date()
    return is_over or len(slot.files) > MOST_FILES


def first_stretch(days: Sequence[date]) -> tuple[date, date]:
    """The ends of the first days that lie close together.

    Args:
        days: at least one, in order.
    """
    last = days[0]
    for day in days:
        if (day - last).days > GAP:
            break
        last = day
    return days[0], last


def _run_key(ready: Plan, slots: Sequence[SlotFiles], now: datetime) -> str:
    paths = "\n".join(sorted(each.path for slot in slots for each in slot.files))
    return f"{ready.collection.stream}-{hourly_key(paths, now)}"
