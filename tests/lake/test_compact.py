"""Compaction: fewer files, the same rows, and nobody disturbed."""

from __future__ import annotations

import os
from contextlib import ExitStack
from datetime import date
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from tailpipe_resources.lake import commit, snapshot
from tailpipe_resources.lake.compact import Compacted, compact, small_slots
from tailpipe_resources.lake.delta import Told
from tailpipe_resources.lake.local import locked
from tailpipe_resources.lake.staging import is_compacted
from tailpipe_resources.model.names import literal
from tailpipe_resources.model.schema import INSTANT, Column
from tests.lake.conftest import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tailpipe_resources.lake.compact import SlotFiles
    from tests.lake.conftest import Workshop

TOLD = Told("compact", "run")


def filled(workshop: Workshop, files: int = 4) -> None:
    """Several commits of one file each, all in the same slot."""
    state = workshop.state()
    for number in range(files):
        state = commit(workshop.connection, workshop.lake, state, workshop.batch(f"a{number}")).state


def compacted(
    workshop: Workshop, slots: Sequence[SlotFiles] | None = None, stopped: Callable[[], bool] = lambda: False
) -> Compacted:
    """Compact what needs it."""
    chosen = small_slots(workshop.lake, "t") if slots is None else slots
    return compact(workshop.connection, workshop.lake, "t", chosen, told=TOLD, stopped=stopped)


def ask(query: str) -> list[tuple[Any, ...]]:
    """What DuckDB alone says, without any view of ours."""
    with duckdb.connect() as connection:
        return connection.execute(query).fetchall()


def test_a_slot_becomes_one_file_with_the_same_rows(workshop: Workshop) -> None:
    """And the folders that plain globs read hold nothing else."""
    filled(workshop)
    before = sorted(workshop.ask("select * exclude tp_date from t"))

    done = compacted(workshop)

    assert (done.slots, done.files_before, done.files_after, done.rows) == (1, 4, 1, 12)
    assert sorted(workshop.ask("select * exclude tp_date from t")) == before
    [path] = workshop.parquet()
    assert is_compacted(path)
    glob = literal(f"{workshop.folder('t')}/*/*/*/*/*/*.parquet")
    assert ask(f"select count(*) from read_parquet({glob})") == [(12,)]


def test_what_is_compact_is_left_alone(workshop: Workshop) -> None:
    """Nothing to do means that nothing is written."""
    filled(workshop)
    compacted(workshop)
    found = snapshot(workshop.lake, "t")

    assert small_slots(workshop.lake, "t") == []
    assert compacted(workshop) == Compacted()
    assert snapshot(workshop.lake, "t") == found


def test_a_single_collected_file_is_packed_once(workshop: Workshop) -> None:
    """It is sorted and tightly packed like all others."""
    filled(workshop, files=1)

    assert compacted(workshop).slots == 1
    assert compacted(workshop).slots == 0


def test_rows_come_sorted_by_time(workshop: Workshop) -> None:
    """Whatever order they were collected in."""
    workshop.make("t", columns=[*COLUMNS])
    state = workshop.state()
    for hour in (5, 1, 3):
        file = workshop.stage("a", [hour], at=f"{hour:02}:00:00")
        state = commit(workshop.connection, workshop.lake, state, workshop.of(file)).state

    compacted(workshop)

    [path] = workshop.parquet()
    assert ask(f"select n from read_parquet({literal(path)})") == [(1,), (3,), (5,)]


def test_days_and_indexes_stay_apart(workshop: Workshop) -> None:
    """Each slot keeps its own file."""
    state = workshop.state()
    for index in "ij":
        for day in (date(2024, 2, 7), date(2024, 2, 8)):
            for number in range(2):
                file = workshop.stage(f"{index}{number}", range(2), index=index, day=day)
                state = commit(workshop.connection, workshop.lake, state, workshop.of(file)).state

    done = compacted(workshop)

    assert (done.slots, done.files_before, done.files_after) == (4, 8, 4)
    assert workshop.counts() == {"i0": 4, "i1": 4, "j0": 4, "j1": 4}


def test_large_slots_are_kept_in_several_files(workshop: Workshop) -> None:
    """In the order of time, and they are not written again for being several."""
    columns = (*COLUMNS, Column("pad", "VARCHAR"))
    workshop.make("t", columns=columns)
    select = (
        "SELECT 'r' || i AS tp_id, TIMESTAMPTZ '2024-02-07 00:00:00Z' + to_seconds(i % 86000) AS tp_timestamp, "
        "'a' AS tp_source_location, i AS n, md5(i::VARCHAR) || sha256(i::VARCHAR) AS pad FROM range({}, {}) t(i)"
    )
    state = workshop.state()
    for start in range(0, 400_000, 100_000):
        file = workshop.stage_query(select.format(start, start + 100_000))
        state = commit(workshop.connection, workshop.lake, state, workshop.of(file)).state
    slots = small_slots(workshop.lake, "t", target_bytes=10 << 20)

    done = compact(workshop.connection, workshop.lake, "t", slots, told=TOLD, target_bytes=10 << 20)

    assert 1 < done.files_after < 5
    assert workshop.counts() == {"a": 400_000}
    assert small_slots(workshop.lake, "t", target_bytes=10 << 20) == []


def test_a_column_that_older_files_lack_is_null(workshop: Workshop) -> None:
    """Files of before and after a widening become one."""
    filled(workshop, files=1)
    workshop.make("t", columns=(*COLUMNS, Column("more", "JSON"), Column("seen", INSTANT)))
    compacted(workshop)
    state = workshop.state()
    commit(workshop.connection, workshop.lake, state, workshop.batch("b"))

    compacted(workshop)

    assert workshop.counts() == {"a0": 3, "b": 3}
    assert workshop.ask("select count(more), count(seen) from t") == [(0, 0)]
    [path] = workshop.parquet()
    described = ask(f"describe select more from read_parquet({literal(path)})")
    assert described[0][1] == "VARCHAR"


def test_collecting_goes_on_meanwhile(workshop: Workshop) -> None:
    """What is committed after the slots were chosen stays beside the compacted file."""
    filled(workshop)
    slots = small_slots(workshop.lake, "t")
    state = workshop.state()
    commit(workshop.connection, workshop.lake, state, workshop.batch("late"))

    done = compacted(workshop, slots)

    assert (done.slots, done.conflicts) == (1, 0)
    assert workshop.counts() == {"a0": 3, "a1": 3, "a2": 3, "a3": 3, "late": 3}


def test_a_slot_that_another_run_rewrote_is_given_up(workshop: Workshop) -> None:
    """Two compactions of one choice double nothing and lose nothing."""
    filled(workshop)
    slots = small_slots(workshop.lake, "t")
    compacted(workshop, slots)

    done = compacted(workshop, slots)

    assert (done.slots, done.conflicts) == (0, 1)
    assert sum(workshop.counts().values()) == 12
    assert len(workshop.parquet()) == 1


def test_a_replaced_artifact_does_not_come_back(workshop: Workshop) -> None:
    """A compaction that was planned before a replacement gives that slot up."""
    filled(workshop)
    slots = small_slots(workshop.lake, "t")
    state = workshop.state()
    again = workshop.batch("a1", version="2", rows=1, replaced=frozenset({"a1"}))
    commit(workshop.connection, workshop.lake, state, again)

    compacted(workshop, slots)
    compacted(workshop)

    assert workshop.counts() == {"a0": 3, "a1": 1, "a2": 3, "a3": 3}


def test_a_reader_keeps_what_it_reads(workshop: Workshop) -> None:
    """Its files stay in place until it is done; then they go by themselves."""
    filled(workshop)
    with ExitStack() as until:
        found = snapshot(workshop.lake, "t", until)
        assert found is not None

        compacted(workshop)

        assert set(found.files) < workshop.parquet()
        assert ask(f"select count(*) from read_parquet({list(found.files)})") == [(12,)]
    state = workshop.state()
    commit(workshop.connection, workshop.lake, state, workshop.batch("b"))

    compacted(workshop)

    assert len(workshop.parquet()) == 1


def test_what_a_killed_run_staged_is_swept(workshop: Workshop) -> None:
    """But never what a living one is at work on, nor the folder of one that has just begun."""
    filled(workshop)
    staging = workshop.lake.staging("t", "compact").parent
    dead, alive, new = (staging / f"compact-{name}" for name in ("dead", "alive", "new"))
    for folder in (dead, alive, new):
        folder.mkdir(parents=True)
        (folder / "x.tmp").write_bytes(b"x")

    with locked(alive / ".lock", "it"):
        for folder in (dead, alive):
            os.utime(folder, (0, 0))
        compacted(workshop)

    assert not dead.exists()
    assert (alive / "x.tmp").exists()
    assert (new / "x.tmp").exists()


@pytest.mark.parametrize("name", ["x", "0d6a8a9e-6c3f-4a3b-9c1e-2f3a4b5c6d7e.parquet", "a=b/c"])
def test_other_files_are_not_taken_for_compacted(name: str) -> None:
    """Only a UUID of version 5 says so."""
    assert not is_compacted(name)


def test_stopping_commits_what_is_ready(workshop: Workshop, tmp_path: Path) -> None:
    """And leaves the rest for next time."""
    del tmp_path
    state = workshop.state()
    for day in range(1, 4):
        for number in range(2):
            file = workshop.stage(f"{day}-{number}", range(2), day=date(2024, 2, day))
            state = commit(workshop.connection, workshop.lake, state, workshop.of(file)).state
    answers = iter([False, True])

    done = compacted(workshop, stopped=lambda: next(answers))

    assert done.slots == 1
    assert len(small_slots(workshop.lake, "t")) == 2
    assert sum(workshop.counts().values()) == 12
