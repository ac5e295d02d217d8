"""A sound lake gives no finding; whatever is broken in it gives one that says what and where."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
from deltalake import DeltaTable

from tailpipe_resources.lake import Batch, commit
from tailpipe_resources.lake.check import check
from tailpipe_resources.lake.delta import Change, Told, active_files, commit_change, open_table
from tailpipe_resources.lake.ledger import Entry, new_batch
from tailpipe_resources.lake.repair import repair
from tailpipe_resources.model.schema import REJECTED_TABLE
from tests.lake.conftest import RUN
from tests.lake.test_recovery import crash_before_the_commit, crash_before_the_rejects, with_rejects

if TYPE_CHECKING:
    from pathlib import Path

    from tailpipe_resources.lake.findings import Finding
    from tests.lake.conftest import Workshop

DAYS_AGO = 2 * 24 * 3600


def filled(workshop: Workshop) -> None:
    """Two commits of two artifacts each."""
    state = workshop.state()
    for names in (("a", "b"), ("c", "d")):
        state = commit(workshop.connection, workshop.lake, state, workshop.batch(*names)).state


def found(workshop: Workshop, table: str = "t", *, quick: bool = False) -> tuple[Finding, ...]:
    """What checking a table finds."""
    return check(workshop.lake, table, None if quick else workshop.connection)


def only(workshop: Workshop, *, quick: bool = False) -> Finding:
    """The only finding."""
    (one,) = found(workshop, quick=quick)
    return one


def repaired(workshop: Workshop) -> list[str]:
    """What repairing says it did. Afterwards nothing is found, and all that was there is there."""
    done = list(repair(workshop.connection, workshop.lake, ["t", REJECTED_TABLE]))
    assert found(workshop) == found(workshop, REJECTED_TABLE) == ()
    return done


def a_file(workshop: Workshop) -> Path:
    """One of the files of the table."""
    table = open_table(workshop.lake, "t")
    assert table is not None
    return workshop.folder("t") / min(active_files(table))


def age(path: Path) -> None:
    """Let two days go by."""
    os.utime(path, (time.time() - DAYS_AGO,) * 2)


def test_a_sound_lake_gives_nothing(workshop: Workshop) -> None:
    """Replaced rows and rejects included."""
    filled(workshop)
    state = workshop.state()
    again = workshop.batch("a", version="2", replaced=frozenset({"a"}))
    state = commit(workshop.connection, workshop.lake, state, again).state
    commit(workshop.connection, workshop.lake, state, with_rejects(workshop, "e"))

    assert found(workshop) == found(workshop, REJECTED_TABLE) == ()
    assert found(workshop, quick=True) == ()
    assert list(repair(workshop.connection, workshop.lake, ["t", REJECTED_TABLE])) == []


@pytest.mark.parametrize("quick", [True, False])
def test_a_missing_file_is_found(workshop: Workshop, quick: bool) -> None:
    """With the rows that are lost, and how to get them back."""
    filled(workshop)
    a_file(workshop).unlink()

    told = only(workshop, quick=quick)

    assert (told.severity, told.what, told.repairable) == ("error", "a file of 3 rows is missing", False)
    assert "backup" in told.advice
    assert list(repair(workshop.connection, workshop.lake, ["t"])) == []


def test_a_file_cut_short_is_found(workshop: Workshop) -> None:
    """By its size alone."""
    filled(workshop)
    path = a_file(workshop)
    path.write_bytes(path.read_bytes()[:-10])

    assert "bytes" in only(workshop, quick=True).what
    assert only(workshop).where.endswith(path.name)


def test_a_file_with_broken_bytes_is_found_by_reading_it(workshop: Workshop) -> None:
    """Its size is right, so that only reading tells."""
    filled(workshop)
    path = a_file(workshop)
    content = path.read_bytes()
    path.write_bytes(content[:4] + bytes(300) + content[304:])

    assert found(workshop, quick=True) == ()
    assert "cannot be read" in only(workshop).what


def test_rows_that_the_log_does_not_count_are_found(workshop: Workshop) -> None:
    """A file in which other rows stand than were written, though it is as long."""
    filled(workshop)
    table = open_table(workshop.lake, "t")
    assert table is not None
    file = active_files(table)[a_file(workshop).relative_to(workshop.folder("t")).as_posix()]
    added = workshop.stage("a", range(4)).publish(workshop.lake)
    wrong = type(added)(added.path, added.size, 3, added.values, added.minimum, added.maximum)
    commit_change(workshop.lake, "t", Change((wrong,), (file,), new_batch(None), told=Told("other")))

    told = {each.what for each in found(workshop)}

    assert "it holds 4 rows, but 3 were written" in told
    assert any("but the ledger counts" in each for each in told)


def test_doubled_rows_are_found(workshop: Workshop) -> None:
    """Both that they are there twice, and that the ledger counts fewer."""
    filled(workshop)
    added = workshop.stage("a", range(3)).publish(workshop.lake)
    commit_change(workshop.lake, "t", Change((added,), (), new_batch(None), told=Told("other")))

    told = [each.what for each in found(workshop)]

    assert told == ["3 rows are there twice", "6 rows of a are there, but the ledger counts 3"]


def test_rows_that_were_deleted_on_purpose_are_no_loss(workshop: Workshop) -> None:
    """The ledger goes on counting them, so that they are not collected again."""
    filled(workshop)
    table = open_table(workshop.lake, "t")
    assert table is not None
    file = min(active_files(table).values(), key=lambda each: each.path)
    change = Change((), (file,), new_batch(None), told=Told("other"))
    commit_change(
        workshop.lake, "t", Change(change.added, change.removed, change.batch, stream="x", told=Told("delete"))
    )

    assert [each.what for each in found(workshop)] == ["a Parquet file that no version of the table shows"]


def test_a_broken_chain_is_found(workshop: Workshop) -> None:
    """An intent that is missing cannot be made up."""
    filled(workshop)
    min(workshop.stream().glob("*.json")).unlink()

    told = only(workshop, quick=True)

    assert (told.severity, told.where, told.repairable) == ("error", "t.c", False)


def test_torn_logs_are_found_and_mended(workshop: Workshop) -> None:
    """Commit, checkpoint and the file that names it."""
    filled(workshop)
    DeltaTable(str(workshop.folder("t"))).create_checkpoint()
    log = workshop.folder("t") / "_delta_log"
    for name in ("*.checkpoint.parquet", "_last_checkpoint", f"{2:020}.json"):
        path = next(log.glob(name))
        path.write_bytes(path.read_bytes()[:20])

    assert [each.severity for each in found(workshop, quick=True)[:3]] == ["error"] * 3

    assert len(repaired(workshop)) == 4
    assert workshop.counts() == {"a": 3, "b": 3}


def test_an_attempt_that_was_left_is_found_and_discarded(workshop: Workshop) -> None:
    """Unless its run is still at work."""
    filled(workshop)
    crash_before_the_commit(workshop, workshop.state(), with_rejects(workshop, "e"))

    assert only(workshop).what == "1 attempts that were never committed are left"
    with workshop.lake.lock("t", "c"):
        assert found(workshop) == ()
        done = list(repair(workshop.connection, workshop.lake, ["t"]))
        assert done == ["t.c was left alone: another run is at work on it"]

    assert "discarded" in repaired(workshop)[0]
    assert len(workshop.parquet()) == 4


def test_rejects_that_are_behind_are_found_and_brought_in(workshop: Workshop) -> None:
    """From the ledger, once."""
    filled(workshop)
    crash_before_the_rejects(workshop, workshop.state(), with_rejects(workshop, "e"))

    assert only(workshop).what == f"rejects of 1 commits are not in {REJECTED_TABLE} yet"

    assert "brought in" in repaired(workshop)[0]
    assert workshop.counts(REJECTED_TABLE) == {"e": 2}


def test_a_file_put_away_too_soon_is_put_back(workshop: Workshop) -> None:
    """As a copy of the lake that was made while files moved may have it."""
    filled(workshop)
    path = a_file(workshop)
    moved = workshop.folder("t") / "_tailpipe" / "past" / path.relative_to(workshop.folder("t"))
    moved.parent.mkdir(parents=True)
    path.rename(moved)

    assert "put away" in only(workshop).what

    assert "put back" in repaired(workshop)[0]
    assert path.exists()


def test_orphans_are_put_away_when_they_are_old(workshop: Workshop) -> None:
    """Younger ones may be about to be committed."""
    filled(workshop)
    orphan = workshop.folder("t") / workshop.stage("x", range(2)).publish(workshop.lake).path
    assert found(workshop) == ()

    age(orphan)
    assert only(workshop).what == "a Parquet file that no version of the table shows"

    assert "put away" in repaired(workshop)[0]
    assert not orphan.exists()
    assert list(workshop.folder("t").glob(f"_tailpipe/past/**/{orphan.name}"))


def test_staged_files_of_the_dead_go(workshop: Workshop) -> None:
    """A collection's lock says who is dead; of other work only time tells."""
    filled(workshop)
    mine, other = workshop.stage("x", range(2)), workshop.stage("x", range(2), stream="compacting")
    with workshop.lake.lock("t", "c"):
        assert found(workshop) == ()
    assert only(workshop).what == "staged files of a run that is gone"
    age(workshop.lake.store.scratch / other.staged)
    assert len(found(workshop)) == 2

    assert len(repaired(workshop)) == 1
    assert not (workshop.lake.store.scratch / mine.staged).exists()
    assert not (workshop.lake.store.scratch / other.staged).exists()


def test_a_table_of_a_later_version_is_told(workshop: Workshop) -> None:
    """In words, and nothing else is looked at."""
    filled(workshop)
    DeltaTable(str(workshop.folder("t"))).alter.set_table_properties(
        {"tailpipe.format": "99"}, raise_if_not_exists=False
    )

    assert "later version of Tailpipe" in only(workshop).what


def test_one_collection_can_be_checked_alone(workshop: Workshop) -> None:
    """Damage in another does not show."""
    filled(workshop)
    file = workshop.stage("o", range(3), collection="other", stream="t/other")
    commit(
        workshop.connection,
        workshop.lake,
        workshop.state().__class__(None, {}),
        Batch("t", "other", RUN, (file,), (Entry("o", "1", "ok", rows=3),)),
    )
    a_file(workshop).unlink()

    assert check(workshop.lake, "t", workshop.connection, wanted=lambda name: name == "other") == ()
    assert len(check(workshop.lake, "t", workshop.connection, wanted=lambda name: name == "c")) == 1
