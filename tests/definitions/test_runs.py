"""Runs of this process: recorded where the web UI looks, executable again, and cleared away when their process dies."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import dagster as dg
import pytest

from tailpipe_assets.definitions.build import build_definitions
from tailpipe_assets.definitions.home import dagster_home, prepare
from tailpipe_assets.definitions.reaping import reap
from tailpipe_assets.definitions.runs import run_collect
from tailpipe_assets.pipeline import CollectOptions
from tailpipe_resources.errors import LakeError
from tailpipe_resources.model.window import Window
from tests.definitions.conftest import DAYS, TODAY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tailpipe_assets.pipeline import Plan
    from tests.services.project import Project

WEB = dg.AssetKey(["http_log", "web"])


@pytest.fixture(autouse=True)
def dagster_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`DAGSTER_HOME` is not set, and what a run sets is taken back."""
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")


@pytest.fixture
def enabled(project: Project) -> list[Plan]:
    """The collections that can be run."""
    return [each for each in project.plans() if each.collection.enabled]


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """An instance that is forgotten."""
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def test_a_run_is_recorded_with_its_origin(enabled: list[Plan], home: Path) -> None:
    """The run is found in our own `DAGSTER_HOME`, under the location and job the web UI knows, with what was asked."""
    results = run_collect(enabled, window=Window(), options=CollectOptions(overwrite=True))
    with dg.DagsterInstance.get() as stored:
        (run,) = stored.get_runs()
        days = stored.get_materialized_partitions(WEB)
    origin = run.remote_job_origin

    assert [(each.table, each.collection, each.rows) for each in results] == [
        (*each.collection.key, rows) for each, rows in zip(enabled, (6, 3, 2), strict=True)
    ]
    assert os.environ["DAGSTER_HOME"] == str(home / "dagster")
    assert run.status == dg.DagsterRunStatus.SUCCESS
    assert origin is not None
    assert (origin.location_name, origin.repository_origin.repository_name, origin.job_name) == (
        "tailpipe",
        "__repository__",
        "__ASSET_JOB",
    )
    assert run.tags["tailpipe/window"] == "open"
    assert run.tags["tailpipe/overwrite"] == "true"
    assert run.tags["tailpipe/pid"] == str(os.getpid())
    assert set(days) == {day.isoformat() for day in (*DAYS, TODAY)}


def test_a_window_of_days_is_a_range(enabled: list[Plan]) -> None:
    """`--from` and `--to` become days in Dagster, however long ago, and exact instants in a tag."""
    window = Window.of_days(DAYS[0], DAYS[1])
    results = run_collect(enabled, window=window, options=CollectOptions())
    with dg.DagsterInstance.get() as stored:
        (run,) = stored.get_runs()

    assert sorted(each.rows for each in results) == [2, 2, 3]
    assert run.tags["dagster/asset_partition_range_start"] == DAYS[0].isoformat()
    assert run.tags["dagster/asset_partition_range_end"] == DAYS[1].isoformat()
    assert run.tags["tailpipe/window"] == f"{DAYS[0]}T00:00:00+00:00/{DAYS[2]}T00:00:00+00:00"


def test_a_run_need_not_be_recorded(enabled: list[Plan], home: Path) -> None:
    """Without a record nothing is written but the lake."""
    results = run_collect(enabled, window=Window(), options=CollectOptions(), record=False)

    assert sum(each.rows for each in results) == 11
    assert not (home / "dagster").exists()


def test_collections_whose_turn_does_not_come_are_stopped(enabled: list[Plan]) -> None:
    """Once stopped, the sources that follow are not looked at; all results say so."""
    results = run_collect(enabled, window=Window(), options=CollectOptions(), stopped=lambda: True, record=False)

    assert [each.cancelled for each in results] == [True] * 3


def test_a_failure_arrives_as_ours(project: Project, enabled: list[Plan]) -> None:
    """What stopped a collection comes back as the error it was; the others have their rows."""
    (project.folder / "lake").mkdir()
    (project.folder / "lake" / "http_log").write_text("in the way")
    web, errors, prod = run_collect(enabled, window=Window(), options=CollectOptions(), record=False)

    assert isinstance(web.failure, LakeError)
    assert isinstance(errors.failure, LakeError)
    assert (prod.failure, prod.rows) == (None, 2)


def test_the_home_is_private_and_has_settings(home: Path) -> None:
    """It is made for its owner only, without telemetry; a second time nothing is written over."""
    folder = prepare()
    (folder / "dagster.yaml").write_text("# mine\n")
    prepare()

    assert folder == home / "dagster"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (folder / "dagster.yaml").read_text() == "# mine\n"


def test_a_home_of_the_users_own_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`DAGSTER_HOME` is used where it is set, and an existing one is not touched."""
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    before = set(tmp_path.iterdir())
    prepare()

    assert dagster_home() == tmp_path
    assert set(tmp_path.iterdir()) == before


def test_settings_are_accepted_by_dagster(home: Path) -> None:
    """The settings we write load."""
    prepare()
    with dg.DagsterInstance.get() as made:
        assert made.telemetry_enabled is False
        assert made.root_directory == str(home / "dagster")


def test_runs_of_dead_processes_are_reaped(project: Project, instance: dg.DagsterInstance) -> None:
    """A run of this machine whose process is gone is failed; one that lives, is elsewhere or was repeated is not."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    job = build_definitions(project.plans()).resolve_implicit_global_asset_job_def()
    here = socket.gethostname()

    def started(pid: int, host: str, parent: str | None = None) -> str:
        run = instance.create_run_for_job(
            job_def=job,
            tags={"tailpipe/pid": str(pid), "tailpipe/host": host},
            status=dg.DagsterRunStatus.STARTED,
            parent_run_id=parent,
            root_run_id=parent,
        )
        return run.run_id

    dead = started(gone.pid, here)
    others = [started(os.getpid(), here), started(gone.pid, "elsewhere"), started(gone.pid, here, parent=dead)]
    reap(instance)
    statuses = {run.run_id: run.status for run in instance.get_runs()}

    assert statuses[dead] == dg.DagsterRunStatus.FAILURE
    assert {statuses[each] for each in others} == {dg.DagsterRunStatus.STARTED}
