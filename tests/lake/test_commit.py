"""Commits: all of a batch or nothing of it, once, and remembered in the same moment."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.errors import BusyError, CommitConflictError, LakeDamagedError
from tailpipe_resources.lake import Batch, Lake, commit, snapshot
from tailpipe_resources.lake.cleanup import STALE_SECONDS, commit_superseding
from tailpipe_resources.lake.delta import Change, active_files, commit_change, head, open_table
from tailpipe_resources.lake.intent import Entry
from tailpipe_resources.lake.ledger import intent_key, new_batch
from tailpipe_resources.lake.local import LocalStore, locked
from tailpipe_resources.lake.recovery import forget
from tailpipe_resources.lake.schema import delta_schema
from tailpipe_resources.lake.table import ensure_table
from tailpipe_resources.model.schema import Column
from tailpipe_resources.query.engine import connect
from tests.lake.conftest import BOTH, COLUMNS, RUN

if TYPE_CHECKING:
    from tests.lake.conftest import Workshop


@BOTH
def test_nothing_is_seen_before_the_commit(workshop: Workshop) -> None:
    """Staged files are out of every reader's sight, plain patterns included."""
    state = workshop.state()
    batch = workshop.batch("a")

    assert workshop.counts() == {}
    assert workshop.parquet() == set()

    commit(workshop.connection, workshop.lake, state, batch)

    assert workshop.counts() == {"a": 3}


@BOTH
def test_a_commit_shows_rows_and_remembers_artifacts(workshop: Workshop) -> None:
    """Both at once; the next state builds on it."""
    state = workshop.state()
    first = commit(workshop.connection, workshop.lake, state, workshop.batch("a", "b"))
    second = commit(workshop.connection, workshop.lake, first.state, workshop.batch("c"))

    assert workshop.counts() == {"a": 3, "b": 3, "c": 3}
    assert workshop.state() == second.state
    assert set(second.state.known) == {"a", "b", "c"}
    assert len(workshop.parquet()) == 3


@BOTH
def test_a_stale_head_is_refused(workshop: Workshop) -> None:
    """Whoever planned on an older state gets nothing in, and leaves nothing behind."""
    state = workshop.state()
    ours, theirs = workshop.batch("a"), workshop.batch("b")
    commit(workshop.connection, workshop.lake, state, ours)

    with pytest.raises(CommitConflictError):
        commit(workshop.connection, workshop.lake, state, theirs)

    assert workshop.counts() == {"a": 3}
    assert len(workshop.parquet()) == 1
    assert set(workshop.state().known) == {"a"}
    assert len(workshop.intents()) == 1


@BOTH
def test_of_two_at_once_exactly_one_wins(workshop: Workshop) -> None:
    """Eight committers race from one state; the losers' files are gone."""
    state = workshop.state()
    batches = [workshop.batch(f"a{n}") for n in range(8)]
    outcomes: list[str] = []
    start = threading.Barrier(len(batches))

    def race(batch: Batch) -> None:
        with connect(threads=1) as connection:
            start.wait()
            try:
                commit(connection, workshop.lake, state, batch)
                outcomes.append("won")
            except CommitConflictError:
                outcomes.append("lost")

    threads = [threading.Thread(target=race, args=(batch,)) for batch in batches]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(outcomes) == ["lost"] * 7 + ["won"]
    assert sum(workshop.counts().values()) == 3
    assert len(workshop.parquet()) == 1
    assert workshop.state().known.keys() == workshop.counts().keys()


@BOTH
def test_streams_do_not_disturb_each_other(workshop: Workshop) -> None:
    """Collections of one table commit at the same time; all of them get through."""
    batches = []
    for n in range(6):
        file = workshop.stage("a", range(3), collection=f"c{n}", stream=f"t/c{n}")
        batches.append(Batch("t", f"c{n}", RUN, files=(file,), consumed=(Entry("a", "1", "ok", rows=3),)))
    failures: list[Exception] = []
    start = threading.Barrier(len(batches))
    state = workshop.state()

    def run(batch: Batch) -> None:
        with connect(threads=1) as connection:
            start.wait()
            try:
                commit(connection, workshop.lake, state, batch)
            except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
                failures.append(error)

    threads = [threading.Thread(target=run, args=(batch,)) for batch in batches]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert failures == []
    assert workshop.ask("select tp_partition, count(*) from t group by all order by all") == [
        (f"c{n}", 3) for n in range(6)
    ]


@BOTH
def test_a_file_can_be_removed_once(workshop: Workshop) -> None:
    """A rewrite planned on a file that is gone meanwhile is refused, though the stream's head still fits."""
    state = workshop.state()
    done = commit(workshop.connection, workshop.lake, state, workshop.batch("a"))
    table = open_table(workshop.lake, "t")
    assert table is not None
    gone = tuple(active_files(table).values())
    first, second = new_batch(None), new_batch(None)
    commit_change(workshop.lake, "t", Change((), gone, first, stream="compact/1"))

    with pytest.raises(CommitConflictError, match="rewritten meanwhile"):
        commit_change(workshop.lake, "t", Change((), gone, second, stream="compact/2"))

    assert workshop.counts() == {}
    assert head(open_table(workshop.lake, "t"), "t/c") == done.state.head
    assert head(open_table(workshop.lake, "t"), "compact/2") is None


@BOTH
def test_committing_the_same_change_again_does_nothing(workshop: Workshop) -> None:
    """An answer that was lost on the way does no harm."""
    file = workshop.stage("a", range(3)).publish(workshop.lake)
    change = Change((file,), (), new_batch(None), stream="t/c")

    commit_change(workshop.lake, "t", change)
    commit_change(workshop.lake, "t", change)

    assert workshop.counts() == {"a": 3}


def test_a_lock_is_held_by_one(workshop: Workshop) -> None:
    """And is free again once it is let go."""
    lock = workshop.stream() / ".lock"

    with locked(lock, "t.c"), pytest.raises(BusyError, match=r"t\.c"), locked(lock, "t.c"):
        pass
    with locked(lock, "t.c"):
        pass


@pytest.mark.parametrize("content", [b"", b"{", b'{"version": 2}'])
def test_a_ledger_that_cannot_be_read_stops_everything(workshop: Workshop, content: bytes) -> None:
    """Collecting everything again would double it."""
    state = workshop.state()
    done = commit(workshop.connection, workshop.lake, state, workshop.batch("a"))
    assert done.state.head is not None
    path = workshop.lake.store.scratch / intent_key(workshop.lake.stream("t", "c"), done.state.head)
    path.write_bytes(content)

    with pytest.raises(LakeDamagedError, match=str(done.state.head)):
        workshop.state()


def test_ids_of_batches_grow() -> None:
    """Even where the clock went back."""
    later = new_batch(None) + (1 << 40)

    assert new_batch(later) > later
    assert new_batch(None) != new_batch(None)


def test_a_commit_is_known_after_others_went_on_from_it(workshop: Workshop) -> None:
    """A store may lose its answer to a commit; who asks again is told that it was made, and not to plan again."""
    lake, state = workshop.lake, workshop.state()
    mine = Change(tuple(file.publish(lake) for file in workshop.batch("a", "b").files), (), 1 << 20, stream="t/c")
    commit_change(lake, "t", mine)
    theirs = workshop.batch("c", replaced=frozenset("a"))
    commit(workshop.connection, lake, replace(state, head=mine.batch), theirs)

    version = commit_change(lake, "t", mine)

    assert version == 2
    assert workshop.counts() == {"b": 3, "c": 3}


def test_a_rewrite_is_known_after_others_rewrote_a_part(workshop: Workshop) -> None:
    """One file that is left of it tells."""
    lake, connection = workshop.lake, workshop.connection
    state = commit(connection, lake, workshop.state(), workshop.batch("a", "b")).state
    table = open_table(lake, "t")
    assert table is not None
    before = tuple(active_files(table).values())
    mine = Change(tuple(file.publish(lake) for file in workshop.batch("a", "b").files), before, new_batch(None))
    commit_change(lake, "t", mine)
    commit(connection, lake, state, workshop.batch("a", version="2", rows=1, replaced=frozenset("a")))

    commit_change(lake, "t", mine)

    assert workshop.counts() == {"a": 1, "b": 3}


def test_what_was_committed_is_not_forgotten(workshop: Workshop) -> None:
    """Whoever takes a commit for lost keeps its intent, without which the ledger could not be read."""
    done = commit(workshop.connection, workshop.lake, workshop.state(), workshop.batch("a"))
    assert done.state.head is not None

    forget(workshop.lake, "t", "c", done.state.head)

    assert workshop.state() == done.state
    assert workshop.counts() == {"a": 3}


def test_a_commit_that_was_prepared_too_long_ago_is_not_made(workshop: Workshop) -> None:
    """Others may have taken its run for dead, and removed its files."""
    file = workshop.stage("a", range(3)).publish(workshop.lake)
    long_ago = int((time.time() - STALE_SECONDS - 60) * 1000) << 20

    with pytest.raises(CommitConflictError, match="prepared too long ago"):
        commit_superseding(workshop.lake, "t", Change((file,), (), long_ago))

    assert workshop.counts() == {}


def test_a_commit_whose_checkpoint_failed_is_on_the_disk(workshop: Workshop) -> None:
    """It was made, though what came after it failed; what it rests on is waited for all the same."""
    state, synced = workshop.state(), Synced(workshop.lake)
    log = workshop.folder("t") / "_delta_log"
    for number in range(99):
        (log / f"{99:020}.checkpoint.parquet").mkdir(exist_ok=True)
        state = commit(workshop.connection, synced.lake, state, Batch("t", "c", RUN, consumed=entries(number))).state

    assert (log / f"{99:020}.json").exists()
    assert 99 in synced.versions


def test_tables_widened_at_the_same_time_get_all_columns(workshop: Workshop) -> None:
    """Collections that start together after an upgrade do not stop each other."""
    wanted = [Column(f"x{number}", "VARCHAR") for number in range(6)]

    def widen(column: Column) -> None:
        with connect(threads=1) as connection:
            ensure_table(workshop.lake, "t", (*COLUMNS, column), delta_schema(connection, (*COLUMNS, column)))

    with ThreadPoolExecutor(len(wanted)) as pool:
        list(pool.map(widen, wanted))

    found = snapshot(workshop.lake, "t")
    assert found is not None
    assert {each.name for each in found.columns} >= {each.name for each in wanted}


def entries(number: int) -> tuple[Entry, ...]:
    """One artifact without rows."""
    return (Entry(f"a{number}", "1", "ok"),)


class Synced(LocalStore):
    """A store that tells which commits were waited for."""

    def __init__(self, lake: Lake) -> None:
        super().__init__(lake.root)
        self.versions: set[int] = set()
        self.lake = Lake(self)

    def settle(self, table: str, version: int) -> None:
        """The same, noted."""
        if table == "t":
            self.versions.add(version)
        super().settle(table, version)
