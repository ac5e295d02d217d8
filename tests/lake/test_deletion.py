"""Taking rows out on purpose: they go in one commit, for good, and the ledger goes with them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.errors import BusyError
from tailpipe_resources.lake import Batch, commit, snapshot
from tailpipe_resources.lake.cleanup import put_away
from tailpipe_resources.lake.delete import Deleted, Deletion, _intent, delete
from tailpipe_resources.lake.delta import Change, Removed, Told, active_files, commit_change, open_table
from tailpipe_resources.lake.intent import Entry
from tailpipe_resources.lake.ledger import batches, new_batch, write_intent
from tailpipe_resources.lake.recovery import recover
from tailpipe_resources.lake.steps import Step, apply
from tailpipe_resources.lake.taken import Taken
from tailpipe_resources.model.schema import REJECTED_TABLE
from tests.lake.conftest import DAY, RUN

if TYPE_CHECKING:
    from deltalake import DeltaTable

    from tailpipe_resources.lake.ledger import State
    from tailpipe_resources.lake.replace import Replacement
    from tests.lake.conftest import Workshop

OTHER = date(2024, 2, 8)
TOLD = Told("delete", "run")
OF_DAY = Deletion("t", "c", TOLD, frozenset({DAY}))
ALL = Deletion("t", "c", TOLD)


def fill(workshop: Workshop) -> None:
    """`a` on two days with rejects on one, `b` on the second day, and another collection's `a`."""
    state, others = workshop.state(), recovered(workshop, "other")
    files = (
        workshop.stage("a", range(3)),
        workshop.stage("a", range(4), day=OTHER, index="j"),
        workshop.stage("b", range(5), day=OTHER),
    )
    rejects = workshop.stage("a", range(2), table=REJECTED_TABLE, index="t")
    entries = (Entry("a", "1", "ok", rows=7, rejected=2), Entry("b", "1", "ok", rows=5))
    commit(workshop.connection, workshop.lake, state, Batch("t", "c", RUN, files, entries, (rejects,)))
    other = workshop.stage("a", range(6), collection="other", stream="t/other")
    apart = Batch("t", "other", RUN, (other,), (Entry("a", "1", "ok", rows=6),))
    commit(workshop.connection, workshop.lake, others, apart)


def recovered(workshop: Workshop, collection: str) -> State:
    """The ledger of a collection of `t`."""
    return recover(workshop.connection, workshop.lake, "t", collection)


def rows(workshop: Workshop) -> dict[tuple[str, date], int]:
    """Rows by collection and day."""
    found = workshop.ask("select tp_partition, tp_date, count(*) from t group by all")
    return {(collection, day): count for collection, day, count in found}


def stored(workshop: Workshop, table: str = "t") -> set[str]:
    """All Parquet files of a table, wherever they lie."""
    return {str(each) for each in workshop.folder(table).rglob("*.parquet")}


def take_out(workshop: Workshop, deletion: Deletion) -> Deleted:
    """Delete."""
    return delete(workshop.connection, workshop.lake, deletion)


def test_a_day_goes_whole_and_in_one_commit(workshop: Workshop) -> None:
    """Its rows and rejects are gone; other days and collections have theirs."""
    fill(workshop)
    before = open_table(workshop.lake, "t")
    assert before is not None

    gone = take_out(workshop, OF_DAY)

    after = open_table(workshop.lake, "t")
    assert after is not None
    assert (gone.files, gone.rows, gone.rejected, set(gone.days)) == (1, 3, 2, {DAY})
    assert rows(workshop) == {("c", OTHER): 9, ("other", DAY): 6}
    assert workshop.counts(REJECTED_TABLE) == {}
    assert after.version() == before.version() + 1


def test_what_was_deleted_stays_collected(workshop: Workshop) -> None:
    """The ledger knows each artifact, its version, and the rows that are left of it."""
    fill(workshop)

    take_out(workshop, OF_DAY)

    known = workshop.state().known
    assert {location: (each.version, each.rows) for location, each in known.items()} == {"a": ("1", 4), "b": ("1", 5)}


def test_deleting_everything_forgets_what_was_collected(workshop: Workshop) -> None:
    """The ledger begins anew, and the stream takes commits as before."""
    fill(workshop)

    take_out(workshop, ALL)

    state = workshop.state()
    assert state.known == {}
    assert rows(workshop) == {("other", DAY): 6}
    assert list(batches(workshop.lake, workshop.lake.stream("t", "c"))) == [state.head]
    commit(workshop.connection, workshop.lake, state, workshop.batch("a"))
    assert rows(workshop) == {("c", DAY): 3, ("other", DAY): 6}
    assert workshop.state().known["a"].rows == 3


def test_a_collection_without_rows_is_forgotten_too(workshop: Workshop) -> None:
    """Days were deleted one by one; deleting the rest of nothing begins the ledger anew."""
    fill(workshop)
    take_out(workshop, Deletion("t", "c", TOLD, frozenset({DAY, OTHER})))
    assert workshop.state().known["a"].rows == 0

    assert take_out(workshop, ALL).rows == 0

    assert workshop.state().known == {}


def test_nothing_to_delete_commits_nothing(workshop: Workshop) -> None:
    """A day without rows, twice the same day, and a table that is not there."""
    fill(workshop)
    take_out(workshop, OF_DAY)
    before = snapshot(workshop.lake, "t")

    assert take_out(workshop, OF_DAY) == Deleted()
    assert take_out(workshop, Deletion("t", "c", TOLD, frozenset({date(1999, 1, 1)}))) == Deleted()
    assert take_out(workshop, Deletion("absent", "c", TOLD)) == Deleted()

    assert snapshot(workshop.lake, "t") == before


@pytest.mark.parametrize("deletion", [OF_DAY, ALL])
def test_deleted_rows_cannot_be_read_as_of_an_earlier_time(deletion: Deletion, workshop: Workshop) -> None:
    """Files that earlier replacements kept for such queries go as well, those of other days stay."""
    state = commit(workshop.connection, workshop.lake, workshop.state(), workshop.batch("a")).state
    others = recovered(workshop, "other")
    far = workshop.stage("a", range(9), collection="other", stream="t/other")
    apart = Batch("t", "other", RUN, (far,), (Entry("a", "1", "ok", rows=9),))
    others = commit(workshop.connection, workshop.lake, others, apart).state
    batch = workshop.batch("a", version="2", replaced=frozenset({"a"}))
    commit(workshop.connection, workshop.lake, state, batch)
    again = workshop.stage("a", range(2), collection="other", stream="t/other")
    anew = Batch("t", "other", RUN, (again,), (Entry("a", "2", "ok", rows=2),), replaced=frozenset({"a"}))
    commit(workshop.connection, workshop.lake, others, anew)
    assert len(stored(workshop)) == 4

    take_out(workshop, deletion)

    assert {Path(each).name for each in stored(workshop)} == {Path(file.final).name for file in (far, again)}


def test_a_reader_keeps_what_it_reads(workshop: Workshop) -> None:
    """Its files stay until it is done; then nothing of them is left."""
    fill(workshop)
    with ExitStack() as until:
        reading = snapshot(workshop.lake, "t", until)
        assert reading is not None
        take_out(workshop, ALL)
        workshop.state()

        assert all(Path(each).exists() for each in reading.files)

    put_away(workshop.lake, "t")
    assert [each for each in stored(workshop) if "tp_partition=c/" in each] == []


def test_a_running_collection_is_waited_for(workshop: Workshop) -> None:
    """Its lock is respected, in words, and nothing is touched."""
    fill(workshop)

    with workshop.lake.lock("t", "c"), pytest.raises(BusyError, match=r"another run is at work on t\.c"):
        take_out(workshop, ALL)

    assert rows(workshop)["c", OTHER] == 9


@pytest.mark.parametrize("deletion", [OF_DAY, ALL])
def test_a_rewrite_meanwhile_is_planned_again(deletion: Deletion, workshop: Workshop) -> None:
    """A compaction that commits between looking and deleting does not save a row."""
    fill(workshop)
    state = workshop.state()
    intent = _intent(workshop.connection, workshop.lake, deletion, state)
    write_intent(workshop.lake, workshop.lake.stream("t", "c"), intent)
    taken = Taken("c", deletion.days)
    looks: list[int] = []

    def looked(table: DeltaTable) -> Replacement:
        found = taken.out_of(table)
        if not looks:
            rewrite(workshop, found.removed)
        looks.append(found.rows)
        return found

    apply(workshop.lake, "t", looked, Step(intent, (), state.head, TOLD))

    assert len(looks) == 2
    assert len(set(looks)) == 1
    assert ("c", DAY) not in rows(workshop)


def rewrite(workshop: Workshop, files: tuple[Removed, ...]) -> None:
    """Do what a compaction does: the rows of each artifact's file in a new one."""
    known = {"a": 3} if len(files) == 1 else {"a": 3, "b": 5}
    slots = {"a": DAY, "b": OTHER}
    added = tuple(
        workshop.stage(each, range(count), day=slots[each], stream="compact").publish(workshop.lake)
        for each, count in known.items()
    )
    going = tuple(each for each in files if each.values["tp_index"] == "i")
    commit_change(workshop.lake, "t", Change(added, going, new_batch(None), data_change=False))


@pytest.mark.parametrize("deletion", [OF_DAY, ALL])
def test_a_deletion_that_was_interrupted_is_finished(deletion: Deletion, workshop: Workshop) -> None:
    """A crash right after its commit leaves rejects and files; the next run takes away these and nothing else."""
    fill(workshop)
    state = workshop.state()
    intent = _intent(workshop.connection, workshop.lake, deletion, state)
    write_intent(workshop.lake, workshop.lake.stream("t", "c"), intent)
    table = open_table(workshop.lake, "t")
    assert table is not None
    removed = Taken("c", deletion.days).files(table)
    change = Change((), removed, intent.batch, stream="t/c", expected=state.head, told=TOLD)
    commit_change(workshop.lake, "t", change)

    after = workshop.state()

    assert workshop.counts(REJECTED_TABLE) == {}
    assert after.known.keys() == (set() if deletion.days is None else {"a", "b"})
    assert stored(workshop) == active(workshop)
    assert workshop.state() == after


def active(workshop: Workshop) -> set[str]:
    """The files of `t` that count."""
    table = open_table(workshop.lake, "t")
    assert table is not None
    return {str(workshop.folder("t") / path) for path in active_files(table)}


def test_a_deletion_that_never_committed_did_nothing(workshop: Workshop) -> None:
    """Its intent is discarded by the next run."""
    fill(workshop)
    state = workshop.state()
    intent = _intent(workshop.connection, workshop.lake, ALL, state)
    write_intent(workshop.lake, workshop.lake.stream("t", "c"), intent)

    assert workshop.state() == state
    assert rows(workshop) == {("c", DAY): 3, ("c", OTHER): 9, ("other", DAY): 6}
    assert not Path(workshop.stream() / f"{intent.batch:020}.json").exists()


def test_rejects_of_a_later_collection_stay(workshop: Workshop) -> None:
    """An interrupted deletion takes the rejects there were, not those that follow."""
    fill(workshop)
    take_out(workshop, OF_DAY)
    state = workshop.state()
    rejects = workshop.stage("b", range(2), table=REJECTED_TABLE, index="t")
    entries = (Entry("b", "2", "ok", rows=5, rejected=2),)
    commit(workshop.connection, workshop.lake, state, Batch("t", "c", RUN, (), entries, (rejects,)))

    workshop.state()

    assert workshop.counts(REJECTED_TABLE) == {"b": 2}


def test_many_commits_later_the_ledger_still_tells_the_rows_left(workshop: Workshop) -> None:
    """What a deletion took is in the state that is written down whole."""
    fill(workshop)
    take_out(workshop, OF_DAY)
    state = workshop.state()
    for number in range(70):
        entries = (Entry(f"n{number}", "1", "ok"),)
        state = commit(workshop.connection, workshop.lake, state, Batch("t", "c", RUN, (), entries)).state

    known = workshop.state().known
    assert (known["a"].rows, known["b"].rows, len(known)) == (4, 5, 72)


@pytest.mark.parametrize("kept", [0, 30])
def test_a_torn_commit_does_not_stop_a_deletion(workshop: Workshop, kept: int) -> None:
    """It is mended first, as collecting does."""
    state = workshop.state()
    for name in "ab":
        state = commit(workshop.connection, workshop.lake, state, workshop.batch(name)).state
    last = max((workshop.folder("t") / "_delta_log").glob("*.json"))
    last.write_bytes(last.read_bytes()[:kept])

    done = delete(workshop.connection, workshop.lake, Deletion("t", "c", Told("delete")))

    assert done.rows == 3
    assert workshop.counts() == {}


@pytest.mark.parametrize(
    ("removed", "older", "left"),
    [
        ({}, {"a": 4}, (3, 0)),
        ({"a": 2}, {"a": 1}, (1, 3)),
        ({"a": 7}, {}, (0, 0)),
        ({"a": 5}, {}, (0, 2)),
        ({}, {"a": 9}, (0, 0)),
    ],
)
def test_rows_that_go_are_counted_where_they_were(
    removed: dict[str, int], older: dict[str, int], left: tuple[int, int], workshop: Workshop
) -> None:
    """Of what a file holds now, and of what it held before it was begun afresh; never below nothing."""
    afresh = Entry("a", "g1:1", "ok", rows=3, how="afresh")
    state = workshop.state()
    for entry in (Entry("a", "1", "ok", rows=4), afresh):
        batch = Batch("t", "c", RUN, (workshop.stage("a", range(entry.rows)),), (entry,))
        state = commit(workshop.connection, workshop.lake, state, batch).state
    intent = replace(_intent(workshop.connection, workshop.lake, ALL, state), restart=False, previous=state.head)

    known = state.after(replace(intent, removed=removed, removed_older=older)).known["a"]

    assert (known.rows, known.older) == left
