"""The event log as our processes write it: Dagster's own files, whole, and shared with everyone who writes them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import dagster as dg
import pytest
from sqlalchemy.exc import SQLAlchemyError

from tailpipe_assets.definitions.event_log import OPEN, EventLog
from tailpipe_assets.definitions.runs import open_instance

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = dg.AssetKey(["http_log", "web"])
DAYS = [f"2024-02-{day:02}" for day in range(1, 29)]


@pytest.fixture
def dagster_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Dagster keeps its runs."""
    monkeypatch.setenv("DAGSTER_HOME", "")
    return home / "dagster"


@pytest.fixture
def ours(dagster_folder: Path) -> Iterator[dg.DagsterInstance]:
    """The instance as a process of ours opens it."""
    assert not dagster_folder.exists()
    with open_instance(record=True) as made:
        yield made


def materialize(instance: dg.DagsterInstance, days: list[str], key: dg.AssetKey = KEY) -> bool:
    """A run of some days."""

    @dg.multi_asset(
        specs=[dg.AssetSpec(key)],
        partitions_def=dg.DailyPartitionsDefinition("2024-02-01"),
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def op() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(asset_key=key, metadata={"rows": 1})

    tags = {"dagster/asset_partition_range_start": days[0], "dagster/asset_partition_range_end": days[-1]}
    return dg.materialize([op], instance=instance, tags=tags).success


def entries(log: EventLog, run: str) -> list[dg.EventLogEntry]:
    """The events of a run."""
    return [each.event_log_entry for each in log.get_records_for_run(run).records]


def test_everyone_else_reads_what_we_wrote(ours: dg.DagsterInstance) -> None:
    """Dagster's own storage finds each day once, with its metadata, while our databases are open."""
    assert isinstance(ours.event_log_storage, EventLog)
    assert materialize(ours, DAYS)

    with dg.DagsterInstance.get() as theirs:
        assert not isinstance(theirs.event_log_storage, EventLog)
        assert theirs.get_materialized_partitions(KEY) == set(DAYS)
        found = theirs.fetch_materializations(KEY, limit=1000).records
        assert len(found) == len(DAYS)
        (run,) = theirs.get_runs()
        assert run.status == dg.DagsterRunStatus.SUCCESS
        assert theirs.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION).records


def test_two_write_at_once(ours: dg.DagsterInstance) -> None:
    """Dagster's own way and ours, each many events: all are there."""
    done: list[bool] = []
    with dg.DagsterInstance.get() as theirs:
        other = threading.Thread(target=lambda: done.append(materialize(theirs, DAYS, dg.AssetKey("other"))))
        other.start()
        done.append(materialize(ours, DAYS))
        other.join()

        assert done == [True, True]
        for key in (KEY, dg.AssetKey("other")):
            assert len(theirs.fetch_materializations(key, limit=1000).records) == len(DAYS)


def test_a_batch_goes_in_whole_or_not_at_all(ours: dg.DagsterInstance) -> None:
    """Where one of its events cannot be stored, the others are not."""
    assert materialize(ours, DAYS[:2])
    log = ours.event_log_storage
    assert isinstance(log, EventLog)
    (run,) = ours.get_runs()
    before = entries(log, run.run_id)
    broken = before[0]._replace(timestamp="never")  # type: ignore[arg-type]

    with pytest.raises((SQLAlchemyError, TypeError, ValueError, dg.DagsterError)):
        log.store_event_batch([*before, broken])

    assert len(entries(log, run.run_id)) == len(before)
    log.store_event_batch(before)
    assert len(entries(log, run.run_id)) == 2 * len(before)


def test_few_databases_stay_open_and_none_at_the_end(dagster_folder: Path) -> None:
    """However many runs there were, nothing is left beside the databases."""
    with open_instance(record=True) as made:
        for day in DAYS[: OPEN + 3]:
            assert materialize(made, [day])
        open_ones = [path for path in (dagster_folder / "history" / "runs").iterdir() if path.name.endswith("-wal")]
        assert 0 < len(open_ones) <= OPEN

    assert {path.suffix for path in (dagster_folder / "history" / "runs").iterdir()} == {".db"}


def test_the_database_of_a_run_is_small(ours: dg.DagsterInstance, dagster_folder: Path) -> None:
    """Its tables are mostly empty, and take a quarter of what they would in SQLite's usual pages."""
    assert materialize(ours, DAYS[:1])
    (run,) = ours.get_runs()
    ours.dispose()

    assert (dagster_folder / "history" / "runs" / f"{run.run_id}.db").stat().st_size < 64 * 1024


def test_a_home_with_another_storage_is_used_as_it_is(dagster_folder: Path) -> None:
    """What the user's own settings say wins."""
    dagster_folder.mkdir(parents=True)
    (dagster_folder / "dagster.yaml").write_text(
        "telemetry:\n  enabled: false\nevent_log_storage:\n  module: dagster._core.storage.event_log\n"
        f"  class: SqliteEventLogStorage\n  config:\n    base_dir: {dagster_folder}/elsewhere\n"
    )
    with open_instance(record=True) as made:
        assert not isinstance(made.event_log_storage, EventLog)
        assert materialize(made, DAYS[:1])

    assert (dagster_folder / "elsewhere" / "index.db").exists()
