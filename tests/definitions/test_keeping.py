"""What an operator is told of runs that failed."""

from __future__ import annotations

import dagster as dg
import pytest

from tailpipe_assets.definitions.keeping import failure_line


@dg.op
def breaking() -> None:
    """Fail for a reason."""
    raise dg.Failure("the disk\nis full")


@dg.job
def job() -> None:
    """One op."""
    breaking()


def failure(instance: dg.DagsterInstance, run: str) -> dg.DagsterEvent:
    """The event that says that a run failed."""
    events = [each.dagster_event for each in instance.all_logs(run) if each.dagster_event is not None]
    (found,) = [each for each in events if each.event_type == dg.DagsterEventType.RUN_FAILURE]
    return found


def test_a_failure_is_one_line_with_its_run() -> None:
    """The run, what it was of, and why, without line breaks."""
    with dg.DagsterInstance.ephemeral() as instance:
        ended = job.execute_in_process(instance=instance, raise_on_error=False)
        run = instance.get_run_by_id(ended.run_id)
        assert run is not None
        line = failure_line(run, failure(instance, ended.run_id))

    assert line.startswith(f"run {ended.run_id} of job failed: ")
    assert "\n" not in line


@pytest.mark.parametrize("why", ["The process of this run is gone.", "killed"])
def test_a_run_ended_from_outside_is_told_too(why: str) -> None:
    """A run whose process is gone has no error of its own; the line says who ended it."""
    with dg.DagsterInstance.ephemeral() as instance:
        run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
        instance.report_run_failed(run, why)
        line = failure_line(run, failure(instance, run.run_id))

    assert line == f"run {run.run_id} of job failed: {why}"
