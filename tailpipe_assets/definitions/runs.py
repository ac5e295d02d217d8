"""Runs of the assets in this process, recorded so that the web UI shows them and can execute them again.

Every import of something private to Dagster is here, and in `event_log`. A run without an origin would be missing from
the page of its job, fire no sensor, and could not be executed again
(https://github.com/dagster-io/dagster/issues/19458).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import dagster as dg
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

from tailpipe_assets.definitions import event_log
from tailpipe_assets.definitions.build import build_definitions
from tailpipe_assets.definitions.collecting import Listener
from tailpipe_assets.definitions.days import USUAL, days_of, today
from tailpipe_assets.definitions.home import prepare
from tailpipe_assets.definitions.names import LOCATION, collection_key
from tailpipe_assets.definitions.reaping import reap, whose
from tailpipe_assets.definitions.request import Request
from tailpipe_resources.errors import LakeError
from tailpipe_resources.model.results import CollectResult, OnEvent, ignore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dagster import DagsterInstance, JobDefinition, JobExecutionResult
    from dagster_shared.error import SerializableErrorInfo

    from tailpipe_assets.pipeline import CollectOptions, Plan
    from tailpipe_resources.model.window import Window

JOB = "__ASSET_JOB"
_REPOSITORY = "__repository__"
_ORIGIN = RemoteJobOrigin(RemoteRepositoryOrigin(RegisteredCodeLocationOrigin(LOCATION), _REPOSITORY), JOB)
_QUIET = {
    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    # Who started the run is there to start it again.
    "execution": {"config": {"retries": {"disabled": {}}}},
}


def run_collect(
    plans: Sequence[Plan],
    *,
    window: Window,
    options: CollectOptions,
    on_event: OnEvent = ignore,
    stopped: Callable[[], bool] = lambda: False,
    record: bool = True,
) -> tuple[CollectResult, ...]:
    """Collect in one Dagster run of this process.

    Signals stay the caller's when it is called from another thread than the main one; Dagster takes them otherwise.

    Args:
        plans: enabled collections.
        window: which artifacts, by their time.
        options: how to treat artifacts that were met before or are broken.
        on_event: told of progress.
        stopped: asked from time to time; once true, what is staged is committed and the run ends.
        record: whether the run is kept in `DAGSTER_HOME`, and shown by the web UI.

    Returns:
        One result a plan, in the plans' order.
    """
    listener = Listener(on_event, stopped)
    days = days_of(window)
    definitions = build_definitions(plans, listener=listener, first=min(days.first, today() - USUAL))
    tags = Request(window, options).tags | days.tags
    with open_instance(record=record) as instance:
        reap(instance)
        ended = _execute(definitions.resolve_implicit_global_asset_job_def(), plans, tags, instance)
    found = {(each.table, each.collection): each for each in listener.results}
    return tuple(found.get(each.collection.key) or _missing(each, ended, stopped=stopped()) for each in plans)


def open_instance(*, record: bool) -> DagsterInstance:
    """Where runs are recorded: Dagster's home, made when it is not there, or nowhere.

    Raises:
        LakeError: it cannot be used.
    """
    if not record:
        return dg.DagsterInstance.ephemeral()
    folder = prepare()
    try:
        ref = event_log.instance_ref(folder)
        if ref.event_storage_data is not None and ref.event_storage_data.class_name == event_log.EventLog.__name__:
            os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", str(event_log.BATCH_SIZE))
        return dg.DagsterInstance.from_ref(ref)
    except (OSError, dg.DagsterError) as error:
        raise LakeError(f"Dagster cannot use its home {folder}: {error}") from error


def _execute(
    job: JobDefinition, plans: Sequence[Plan], tags: Mapping[str, str], instance: DagsterInstance
) -> JobExecutionResult:
    keys = {collection_key(each.collection) for each in plans}
    run = instance.create_run_for_job(
        job_def=job.get_subset(asset_selection=keys),
        asset_selection=keys,
        run_config=_QUIET,
        tags={
            **tags,
            "tailpipe/cli": "collect",
            **whose(),
            "dagster/max_retries": "0",
        },
        remote_job_origin=_ORIGIN,
    )
    return execute_run(InMemoryJob(job), run, instance)


def _missing(ready: Plan, ended: JobExecutionResult, *, stopped: bool) -> CollectResult:
    """The result of a collection whose turn did not come, or whose op broke."""
    if stopped:
        return CollectResult(*ready.collection.key, cancelled=True)
    broken = [event.step_failure_data.error for event in ended.all_events if event.is_step_failure]
    reason = next((_reason(error) for error in broken if error is not None), "it did not start")
    return CollectResult(*ready.collection.key, failure=LakeError(f"the run {ended.run_id} broke: {reason}"))


def _reason(error: SerializableErrorInfo) -> str:
    """What broke an op, not that it broke."""
    while error.cause is not None:
        error = error.cause
    return error.message.strip()
