"""Sources that ask an API, in Dagster: observed, watched and run by the day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg
import pytest

from tailpipe_assets.definitions.build import build_definitions
from tests.definitions.test_automation import evaluate
from tests.pipeline.test_api_days import SLACK, TABLE, event
from tests.services.audit_api import AuditApi, serving_audit
from tests.services.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.definitions.conftest import Run

pytestmark = pytest.mark.service
AUDIT = dg.AssetKey(["audit", "all"])


@pytest.fixture
def api() -> Iterator[AuditApi]:
    """An API with an event of yesterday and one of today."""
    now = datetime.now(UTC)
    with serving_audit() as served:
        served.add(event(1, now - timedelta(days=1)), event(2, now))
        yield served


@pytest.fixture
def project(tmp_path: Path, api: AuditApi) -> Project:
    """One collection, which watches its source."""
    made = Project(tmp_path)
    start = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
    text = (SLACK + TABLE).format(url=api.url, kind="slack")
    made.configure(text.replace('start  = "2026-11-20"', f'start = "{start}"\n  watch = true'))
    return made


def test_a_day_is_run(run: Run, api: AuditApi) -> None:
    """The days of a run are reported, those without events too."""
    today = datetime.now(UTC).date()
    result = run(today - timedelta(days=2), today, keys=(AUDIT,))

    assert result.success
    assert run.days(AUDIT) == {(today - timedelta(days=back)).isoformat() for back in range(3)}
    assert run.project.one("select count(*) from audit") == 2
    assert api.asked


def test_a_refusal_fails_the_run_at_once(run: Run, api: AuditApi) -> None:
    """It is not tried again, and shows no token."""
    api.token = "another"
    today = datetime.now(UTC).date()
    result = run(today, keys=(AUDIT,))

    (failed,) = [each for each in result.all_events if each.is_step_failure]
    assert not result.success
    assert "access denied" in str(failed.step_failure_data)
    assert "xoxp-loopback" not in str(failed.step_failure_data)


def test_the_source_is_observed(project: Project) -> None:
    """What waits is counted in days. How many bytes that will be nobody knows, and nothing is said of it."""
    with dg.DagsterInstance.ephemeral() as instance:
        job = build_definitions(project.plans()).resolve_implicit_global_asset_job_def()
        subset = job.get_subset(asset_selection={dg.AssetKey(["source", "slack", "audit"])})
        (seen,) = subset.execute_in_process(instance=instance).get_asset_observation_events()

    told = seen.asset_observation_data.asset_observation.metadata
    assert (told["artifacts"].value, told["backlog artifacts"].value) == (4, 4)
    assert "backlog bytes" not in told
    assert "| audit.all | 4 | unknown |" in str(told["waiting"].value)


def test_a_watcher_asks_for_a_run_whenever_something_is_new(project: Project, api: AuditApi) -> None:
    """Also twice within an hour, and not when nothing is."""
    with dg.DagsterInstance.ephemeral() as instance:
        first = evaluate(build_definitions(project.plans()), "watch_slack_audit", instance)
        api.add(event(3, datetime.now(UTC)))
        second = evaluate(build_definitions(project.plans()), "watch_slack_audit", instance)
        again = evaluate(build_definitions(project.plans()), "watch_slack_audit", instance)
        project.collect()
        nothing = evaluate(build_definitions(project.plans()), "watch_slack_audit", instance)

    keys = [each.run_requests[0].run_key for each in (first, second, again) if each.run_requests]
    assert (keys[0] != keys[1], keys[1] == keys[2]) == (True, True)
    assert nothing.run_requests == []
