"""Looking before running: whether a source has something new, so that nothing runs when it has not."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from tailpipe_assets.definitions.days import days_of
from tailpipe_assets.definitions.names import collection_key
from tailpipe_assets.definitions.request import Request
from tailpipe_assets.pipeline.backlog import EVERYTHING, Backlog, backlog
from tailpipe_assets.pipeline.draining import glance
from tailpipe_assets.pipeline.notices import are_all, inbox_of
from tailpipe_assets.pipeline.reconcile import asked, due, note
from tailpipe_resources.errors import LakeError, SourceError
from tailpipe_resources.model.window import Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

    from tailpipe_assets.pipeline import Plan, Resources
    from tailpipe_resources.sources.base import Inbox

ARRIVALS = "arrivals"
"""The check of collections that name `expect_every`."""

SECONDS = 20.0
"""So long a listing may take; then a run does it, which has all the time it needs."""

UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
DONE = "tailpipe/looked"
"""The tag of a run that says when its source was looked at; what came later, a later run brings in."""

ASKED = "tailpipe/asked"
"""The tag of a run that says what was asked of its source; where that is something else, nothing was looked at yet."""

LEFT = "tailpipe/left"
"""The tag of a run that tells how many artifacts were not delivered to it; they stay in sight of later ones."""

RECENT = 100
"""Runs that are asked what they did."""

LONGEST_RUN = str(6 * 60 * 60)
"""Seconds; Dagster's run monitoring ends what takes longer."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was found, and what to do about it."""

    said: str
    """For people: why a run is started, or is not."""

    is_needed: bool
    window: Window
    """What a run is asked for."""

    days: Window
    """The days it reports, whatever it brings."""

    found: tuple[Backlog, ...] = ()


def look(plans: Sequence[Plan], window: Window, resources: Resources) -> Look:
    """Whether collections of one source have anything to collect. In doubt they have: the run says what is wrong.

    A source that is told what is new is asked for that, and listed only now and then; all that it feeds is among the
    collections then, and a run takes everything, whatever its day.
    """
    began = time.time()
    try:
        inbox = inbox_of(plans, resources) if are_all(plans) else None
        if inbox is None:
            return _by_listing(plans, window, window, resources)
        if not due(plans, resources):
            return _by_notices(plans, inbox, window, resources)
        found = _by_listing(plans, EVERYTHING, window, resources)
    except (LakeError, SourceError, OSError) as error:
        return Look(f"it could not be looked at: {error}", is_needed=True, window=window, days=window)
    if not found.is_needed:
        note(plans, began, resources)
    return found


def _by_listing(plans: Sequence[Plan], window: Window, days: Window, resources: Resources) -> Look:
    until = time.monotonic() + SECONDS
    found = backlog(plans, window, resources=resources, enough=lambda: time.monotonic() > until)
    broken = next((each.failure for each in found if each.failure is not None), None)
    if broken is not None:
        said = f"listing broke off: {broken}"
    elif any(each.artifacts for each in found):
        said = _waiting(found)
    elif not all(each.complete for each in found):
        said = f"listing takes longer than {SECONDS:.0f} s"
    else:
        listed = max(each.listed for each in found)
        said = f"nothing new: all {listed:,} artifacts listed are collected"
        return Look(said, is_needed=False, window=window, days=days)
    return Look(said, is_needed=True, window=window, days=days, found=found)


def _by_notices(plans: Sequence[Plan], inbox: Inbox, days: Window, resources: Resources) -> Look:
    glanced = glance(plans, inbox, resources)
    if any(each.artifacts for each in glanced.found):
        said = f"{_waiting(glanced.found)}, as notices say"
    elif glanced.is_more:
        said = "more notices wait than could be looked at"
    else:
        return Look("nothing new: no notice names anything else", is_needed=False, window=EVERYTHING, days=days)
    return Look(said, is_needed=True, window=EVERYTHING, days=days, found=glanced.found)


def _waiting(found: Sequence[Backlog]) -> str:
    waiting, size = max(each.artifacts for each in found), max(each.bytes for each in found)
    sized = f" of {size:,} bytes" if all(each.is_sized for each in found) else ""
    return f"{waiting:,} artifacts{sized} wait"


def window_since(looked: datetime | None) -> Window:
    """Whole days from the one that was looked at last to the end of today; everything when none was.

    Nor does a look count that a clock far ahead has dated: nobody knows when it was.
    """
    today = datetime.now(UTC).date()
    if looked is None or looked.astimezone(UTC).date() > today:
        return Window()
    return Window.of_days(looked.astimezone(UTC).date() - timedelta(days=1), today)


def job_of(name: str, plans: Sequence[Plan]) -> UnresolvedAssetJobDefinition:
    """The job that collects these. Its runs plan no checks: they make them, and tell what is new."""
    chosen = dg.AssetSelection.assets(*(collection_key(each.collection) for each in plans))
    return dg.define_asset_job(name, selection=chosen.without_checks())


def is_under_way(instance: dg.DagsterInstance, job: str) -> bool:
    """Whether a run of a job waits or works."""
    return bool(instance.get_run_ids(dg.RunsFilter(job_name=job, statuses=UNDER_WAY), limit=1))


def asked_of(plans: Sequence[Plan]) -> str:
    """What is asked of a source, and for which collections: something else once one joins, moves or wants more.

    It is too short to tell the values it was made of.
    """
    said = sorted((each.collection.stream, each.collection.destination.path, asked(each)) for each in plans)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:8]


def last_looked(instance: dg.DagsterInstance, job: str, plans: Sequence[Plan]) -> datetime | None:
    """When the last run of a job that did all it should looked at its source; None before the first of these plans."""
    wanted = dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.SUCCESS], tags={ASKED: asked_of(plans)})
    done = instance.get_runs(wanted, limit=RECENT)
    return next(
        (datetime.fromisoformat(run.tags[DONE]) for run in done if DONE in run.tags and LEFT not in run.tags), None
    )


def request_of(plans: Sequence[Plan], found: Look, *, run_key: str | None = None) -> dg.RunRequest:
    """One run for everything a look found."""
    tags = Request(found.window).tags | {
        **days_of(found.days).tags,
        "dagster/max_runtime": LONGEST_RUN,
        DONE: datetime.now(UTC).isoformat(timespec="seconds"),
        ASKED: asked_of(plans),
    }
    return dg.RunRequest(
        run_key=run_key,
        tags=tags,
        asset_selection=[collection_key(each.collection) for each in plans],
        asset_check_keys=[],
    )


def hourly_key(what: str, now: datetime) -> str:
    """The same for the same within an hour: what a run could not do is tried again once in each."""
    return f"{now:%Y-%m-%dT%H}-{hashlib.sha256(what.encode()).hexdigest()[:16]}"
