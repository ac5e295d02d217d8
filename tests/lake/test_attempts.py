"""A kill between putting a rewritten file in its place and its commit leaves no file to plain globs."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.errors import BusyError, CommitConflictError, LakeError
from tailpipe_resources.lake import commit, snapshot
from tailpipe_resources.lake.attempts import attempt, attempted, sweep_attempts
from tailpipe_resources.lake.check import check
from tailpipe_resources.lake.cleanup import ABANDONED_SECONDS, STALE_SECONDS, commit_superseding
from tailpipe_resources.lake.compact import compact, small_slots
from tailpipe_resources.lake.delete import Deletion, delete
from tailpipe_resources.lake.delta import Change, Told, active_files, open_table
from tailpipe_resources.lake.ledger import new_batch
from tailpipe_resources.lake.reindex import reindex
from tailpipe_resources.lake.repair import repair
from tests.lake.conftest import BOTH, DAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailpipe_resources.lake.staging import StagedFile
    from tests.lake.conftest import Workshop


class Killed(BaseException):
    """The process ends here."""


def collected(workshop: Workshop) -> None:
    """Three rows each of two artifacts, in a file each."""
    commit(workshop.connection, workshop.lake, workshop.state(), workshop.batch("a", "b"))


def anew(workshop: Workshop) -> StagedFile:
    """What is in the table, in one staged file."""
    found = snapshot(workshop.lake, "t")
    assert found is not None
    return workshop.stage_query(f"SELECT * FROM read_parquet({list(found.files)}, hive_partitioning = false)")


def cut_off(workshop: Workshop, *, committed: bool = False, published: bool = True, batch: int | None = None) -> str:
    """A rewrite of all there is, ended before its note is removed. Returns the new file's address."""
    number, staged = new_batch(None) if batch is None else batch, anew(workshop)
    table = open_table(workshop.lake, "t")
    assert table is not None
    with suppress(Killed), attempt(workshop.lake, "t", number, [staged.final]):
        if published:
            staged.publish(workshop.lake)
        if committed:
            removed = tuple(active_files(table).values())
            commit_superseding(workshop.lake, "t", Change((staged.added,), removed, number, data_change=False))
        raise Killed
    return workshop.lake.store.address(f"t/{staged.final}")


def put_in_place(workshop: Workshop, staged: StagedFile, failure: LakeError) -> None:
    """An attempt that fails before its commit."""
    with attempt(workshop.lake, "t", new_batch(None), [staged.final]):
        staged.publish(workshop.lake)
        raise failure


def notes(workshop: Workshop) -> list[str]:
    """What lies where attempts are noted."""
    return workshop.lake.store.keys("t/_tailpipe/attempts")


RUNS: dict[str, Callable[[Workshop], object]] = {
    "collect": lambda shop: shop.state(),
    "compact": lambda shop: compact(shop.connection, shop.lake, "t", [], told=Told("compact")),
    "delete": lambda shop: delete(shop.connection, shop.lake, Deletion("t", "c", Told("delete"), frozenset())),
    "reindex": lambda shop: reindex(shop.connection, shop.lake, "t", "none", None, told=Told("reindex")),
    "repair": lambda shop: list(repair(shop.connection, shop.lake, ["t"])),
}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
@pytest.mark.parametrize("published", [False, True])
def test_the_next_run_removes_what_was_not_committed(
    run: Callable[[Workshop], object], published: bool, workshop: Workshop
) -> None:
    """At once, whichever it is, and nothing else."""
    collected(workshop)
    there = workshop.parquet()
    cut_off(workshop, published=published)
    assert len(workshop.parquet()) == len(there) + published

    run(workshop)

    assert workshop.parquet() == there
    assert notes(workshop) == []
    assert workshop.counts() == {"a": 3, "b": 3}


@BOTH
@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
def test_what_was_committed_stays(run: Callable[[Workshop], object], workshop: Workshop) -> None:
    """Though the note was not removed."""
    collected(workshop)
    made = cut_off(workshop, committed=True, batch=new_batch(None))

    run(workshop)

    assert made in workshop.parquet()
    assert workshop.counts() == {"a": 3, "b": 3}


def test_it_is_told(workshop: Workshop) -> None:
    """By checking, and by the run that does it."""
    collected(workshop)
    made = cut_off(workshop)

    (defect,) = check(workshop.lake, "t")
    assert (defect.severity, defect.repairable) == ("warning", True)
    assert made.endswith(defect.where)
    (told,) = repair(workshop.connection, workshop.lake, ["t"])

    assert told == "t: files that an earlier run had written anew and not committed were removed"
    assert list(repair(workshop.connection, workshop.lake, ["t"])) == []


def test_what_was_committed_and_rewritten_since_stays_for_its_readers(workshop: Workshop) -> None:
    """The log shows the file no more, and the note that it was superseded tells that it once did."""
    collected(workshop)
    state, again = workshop.state(), workshop.batch("a", "b", version="2", replaced=frozenset({"a", "b"}))
    made = cut_off(workshop, committed=True)
    with ExitStack() as reading:
        snapshot(workshop.lake, "t", reading)
        commit(workshop.connection, workshop.lake, state, again)

        assert sweep_attempts(workshop.lake, "t") == 0

        assert Path(made).exists()
        assert notes(workshop) == []
    workshop.state()
    assert not Path(made).exists()


def test_an_attempt_under_way_is_left_alone(workshop: Workshop) -> None:
    """Whoever comes by, its lock says so; its files are nobody's orphans."""
    collected(workshop)
    staged = anew(workshop)
    with attempt(workshop.lake, "t", new_batch(None), [staged.final]):
        staged.publish(workshop.lake)
        for run in RUNS.values():
            with suppress(BusyError):
                run(workshop)

        assert len(workshop.parquet()) == 3
        assert attempted(workshop.lake, "t", over=False) == {staged.final}
        assert check(workshop.lake, "t") == ()


def test_a_lock_without_a_note_is_swept(workshop: Workshop) -> None:
    """A kill may come before the note is written, or while it is."""
    folder = workshop.folder("t") / "_tailpipe" / "attempts"
    folder.mkdir(parents=True)
    (folder / "00000000000000000001-x.lock").touch()
    (folder / ".00000000000000000002-y.json.17.tmp").touch()
    (folder / "notes.txt").touch()

    assert sweep_attempts(workshop.lake, "t") == 0
    assert [each.name for each in folder.iterdir()] == ["notes.txt"]


@pytest.mark.service
@pytest.mark.parametrize("workshop", ["s3"], indirect=True)
def test_across_machines_only_an_old_attempt_is_over(workshop: Workshop) -> None:
    """Until then whoever made it may still commit; an older one is refused, long before its files go."""
    collected(workshop)
    there = workshop.parquet()
    made = cut_off(workshop)
    workshop.state()
    assert workshop.parquet() == {*there, made}

    old = cut_off(workshop, batch=int((time.time() - ABANDONED_SECONDS - 1) * 1000) << 20)
    workshop.state()

    assert workshop.parquet() == {*there, made}
    assert old not in workshop.parquet()
    assert len(notes(workshop)) == 1
    stale = int((time.time() - STALE_SECONDS - 1) * 1000) << 20
    with pytest.raises(CommitConflictError, match="prepared too long ago"):
        cut_off(workshop, committed=True, batch=stale)
    assert len(workshop.parquet()) == 3


@BOTH
def test_a_refused_attempt_takes_its_files_back(workshop: Workshop) -> None:
    """And its note."""
    collected(workshop)
    there, staged = workshop.parquet(), anew(workshop)
    with pytest.raises(CommitConflictError):
        put_in_place(workshop, staged, CommitConflictError())

    assert workshop.parquet() == there
    assert notes(workshop) == []


def test_an_attempt_that_failed_leaves_its_note(workshop: Workshop) -> None:
    """What became of its commit is not known then; the next run finds out."""
    collected(workshop)
    there, staged = workshop.parquet(), anew(workshop)
    with pytest.raises(LakeError):
        put_in_place(workshop, staged, LakeError())
    assert len(notes(workshop)) == 1

    workshop.state()

    assert workshop.parquet() == there
    assert notes(workshop) == []


def test_nothing_is_left_where_all_goes_well(workshop: Workshop) -> None:
    """Neither by replacing and compacting, nor by reindexing."""
    state = workshop.state()
    mixed = workshop.stage_query(
        f"SELECT l || n AS tp_id, TIMESTAMPTZ '{DAY} 12:00:00Z' AS tp_timestamp, l AS tp_source_location, "
        "n::BIGINT AS n FROM (VALUES ('a', 1), ('b', 2)) v(l, n)"
    )
    state = commit(workshop.connection, workshop.lake, state, workshop.of(mixed)).state
    again = workshop.batch("a", version="2", replaced=frozenset({"a"}))
    commit(workshop.connection, workshop.lake, state, again)
    compact(workshop.connection, workshop.lake, "t", small_slots(workshop.lake, "t"), told=Told("compact"))
    reindex(workshop.connection, workshop.lake, "t", "c", "tp_source_location", told=Told("reindex"))

    assert notes(workshop) == []
    assert workshop.counts() == {"a": 3, "b": 1}
