"""Runs of the command line whose process is gone. Nobody but us can know, and others would wait for them."""

from __future__ import annotations

import os
import socket

import dagster as dg

_PID = "tailpipe/pid"
_HOST = "tailpipe/host"
_UNDER_WAY = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def whose() -> dict[str, str]:
    """The tags of a run that works in this process."""
    return {_PID: str(os.getpid()), _HOST: socket.gethostname()}


def reap(instance: dg.DagsterInstance) -> int:
    """Tell Dagster of runs that were started on this machine and whose process is gone; how many there were."""
    ours = dg.RunsFilter(statuses=_UNDER_WAY, tags={_HOST: socket.gethostname()})
    # A run executed again from the web UI has its parent's tags.
    dead = [
        run
        for run in instance.get_runs(ours)
        if run.parent_run_id is None and not _is_alive(int(run.tags.get(_PID, "0")))
    ]
    for run in dead:
        instance.report_run_failed(run, "The process of this run is gone. What it committed stays.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return len(dead)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0
