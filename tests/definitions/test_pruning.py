"""Old runs are forgotten, and nothing of what the UI shows of each day is."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from tailpipe_assets.definitions.days import daily
from tailpipe_assets.definitions.home import prepare
from tailpipe_assets.definitions.pruning import prune_runs

WEB = dg.AssetKey(["http_log", "web"])
CHECK = dg.AssetCheckKey(WEB, "fresh")
DAYS = [f"2025-01-{day:02}" for day in range(1, 4)]


@dg.multi_asset(
    specs=[dg.AssetSpec(WEB, skippable=True)],
    check_specs=[dg.AssetCheckSpec("fresh", asset=WEB)],
    partitions_def=daily(datetime(2025, 1, 1, tzinfo=UTC).date()),
    can_subset=True,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def collect(context: dg.AssetExecutionContext) -> Iterator[Any]:
    """Stands for a collection: figures that differ from run to run, an observation and a check."""
    yield dg.AssetObservation(["source", "file", "logs"], metadata={"seen": context.run.run_id})
    yield dg.AssetCheckResult(passed=True, asset_key=WEB, check_name="fresh", metadata={"run": context.run.run_id})
    yield dg.MaterializeResult(WEB, metadata={"rows": len(context.partition_keys), "run": context.run.run_id})


@pytest.fixture
def instance(monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """Days that were collected three times each, once in a range."""
    monkeypatch.setenv("DAGSTER_HOME", "")
    prepare()
    with dg.DagsterInstance.get() as made:
        run(made, DAYS[0], DAYS[-1])
        for day in (*DAYS[:2], *DAYS[:2]):
            run(made, day, day)
        yield made


def run(instance: dg.DagsterInstance, first: str, last: str) -> None:
    """Collect days."""
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    assert dg.materialize([collect], instance=instance, tags=tags, run_config=quiet).success


def shown(instance: dg.DagsterInstance) -> dict[str, Any]:
    """What the UI shows of the assets."""
    ids = instance.get_latest_storage_id_by_partition(WEB, dg.DagsterEventType.ASSET_MATERIALIZATION)
    wanted = dg.AssetRecordsFilter(WEB, storage_ids=list(ids.values()))
    check = instance.get_latest_asset_check_evaluation_record(CHECK)
    return {
        "days": instance.get_materialized_partitions(WEB),
        "each": {
            (each.partition_key, each.timestamp, str(each.asset_materialization))
            for each in instance.fetch_materializations(wanted, limit=100).records
        },
        "last": str(instance.get_latest_materialization_event(WEB)),
        "observed": [
            str(each) for each in instance.fetch_observations(dg.AssetKey(["source", "file", "logs"]), 1).records
        ],
        "check": check and (check.status, check.run_id, str(check.event)),
    }


def size(folder: Path) -> int:
    """Bytes of the event log."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


@pytest.mark.slow
def test_old_runs_go_and_what_is_known_of_each_day_stays(instance: dg.DagsterInstance, home: Path) -> None:
    """Runs whose days were all collected again are gone with their files; days, figures and times are as before."""
    before, bytes_before = shown(instance), size(home / "dagster")
    pruned = prune_runs(instance, datetime.now(UTC))
    after = shown(instance)
    again = prune_runs(instance, datetime.now(UTC))

    assert after == before
    assert after["days"] == set(DAYS)
    assert (pruned.deleted, pruned.needed) == (2, 3)
    assert (again.deleted, again.needed) == (0, 3)
    assert len(instance.get_runs()) == 3
    assert size(home / "dagster") < bytes_before * 0.85
    assert len(list((home / "dagster" / "history" / "runs").glob("*-*.db"))) == 3


@pytest.mark.slow
def test_a_pass_is_bounded_and_may_be_broken_off(instance: dg.DagsterInstance) -> None:
    """Young runs stay; each pass goes on where the last one stopped, also amid a run."""
    before = shown(instance)
    long_ago = prune_runs(instance, datetime(2025, 1, 1, tzinfo=UTC))
    amid = instance.get_run_records(limit=2, ascending=True)[1].dagster_run.run_id
    instance.event_log_storage.delete_events(amid)
    passes = [prune_runs(instance, datetime.now(UTC), most=1) for _ in range(3)]

    assert long_ago.deleted == 0
    assert [each.deleted for each in passes] == [1, 1, 0]
    assert [each.is_done for each in passes] == [False, True, True]
    assert instance.get_run_by_id(amid) is None
    assert shown(instance) == before


@pytest.mark.slow
def test_runs_are_bounded_however_young(instance: dg.DagsterInstance) -> None:
    """What is not among the youngest runs goes, with what checks found in it; the last result of each check stays."""
    before = shown(instance)
    long_ago = datetime(2025, 1, 1, tzinfo=UTC)
    first = prune_runs(instance, long_ago, keep=3)
    kept = {each.run_id for each in instance.get_runs()}
    checked = instance.event_log_storage.get_asset_check_execution_history(CHECK, limit=99)

    assert (first.deleted, first.needed, first.is_done) == (1, 1, True)
    assert {each.run_id for each in checked} == kept
    assert shown(instance) == before


def test_runs_under_way_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that has not ended is deleted, however old."""
    monkeypatch.setenv("DAGSTER_HOME", "")
    prepare()
    with dg.DagsterInstance.get() as instance:
        job = dg.Definitions([collect]).resolve_implicit_global_asset_job_def()
        instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
        time.sleep(1.1)

        assert prune_runs(instance, datetime.now(UTC)).deleted == 0
        assert len(instance.get_runs()) == 1
