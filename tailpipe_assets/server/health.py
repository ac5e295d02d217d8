"""How Dagster is doing, as `/health` tells it: no names of logs, no messages, no secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.scheduler.instigation import InstigatorStatus
from dagster._daemon.controller import get_daemon_statuses

from tailpipe_assets.definitions.names import LOCATION

if TYPE_CHECKING:
    from pathlib import Path

    from dagster import DagsterInstance
    from dagster._core.workspace.context import WorkspaceProcessContext

_UNDER_WAY = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def health(context: WorkspaceProcessContext, state: Path) -> dict[str, Any]:
    """Everything that must be well, and whether all of it is."""
    instance = context.instance
    daemons = _daemons(instance)
    location = _location(context)
    problems = _problems(state)
    return {
        "healthy": location == "loaded" and all(daemons.values()) and problems == 0,
        "code_location": location,
        "configuration_problems": problems,
        "daemons": daemons,
        "schedules_running": _schedules(context),
        "runs": _runs(instance),
    }


def _daemons(instance: DagsterInstance) -> dict[str, bool]:
    found = get_daemon_statuses(instance, instance.get_required_daemon_types(), ignore_errors=True)
    return {name: bool(status.healthy) for name, status in sorted(found.items())}


def _location(context: WorkspaceProcessContext) -> str:
    entry = context.create_request_context().get_code_location_entries().get(LOCATION)
    if entry is None:
        return "loading"
    if entry.load_error is not None:
        return "unreachable" if entry.load_error.cls_name == DagsterUserCodeUnreachableError.__name__ else "broken"
    return "loaded" if entry.code_location is not None else "loading"


def _problems(state: Path) -> int:
    """How many problems of the changed files keep them from being used."""
    try:
        return len(json.loads(state.read_text()).get("problems", ()))
    except (OSError, ValueError):
        return 0


def _schedules(context: WorkspaceProcessContext) -> int:
    location = context.create_request_context().get_code_location_entries().get(LOCATION)
    if location is None or location.code_location is None:
        return 0
    repositories = location.code_location.get_repositories().values()
    declared = [each for repository in repositories for each in repository.get_schedules()]
    stored = {state.selector_id: state for state in context.instance.all_instigator_state()}
    now = [each.get_current_instigator_state(stored.get(each.selector_id)) for each in declared]
    return sum(state.status in {InstigatorStatus.RUNNING, InstigatorStatus.DECLARED_IN_CODE} for state in now)


def _runs(instance: DagsterInstance) -> dict[str, Any]:
    failed = instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]), limit=1)
    return {
        "queued": instance.get_runs_count(dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED])),
        "under_way": instance.get_runs_count(dg.RunsFilter(statuses=_UNDER_WAY)),
        "last_failed": _failed(failed[0]) if failed else None,
    }


def _failed(record: dg.RunRecord) -> dict[str, str]:
    return {"run": record.dagster_run.run_id, "at": record.create_timestamp.isoformat(timespec="seconds")}
