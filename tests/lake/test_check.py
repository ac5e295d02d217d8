"""A sound lake gives no defect; whatever is broken in it gives one that says what and where."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from tailpipe_assets.pipeline import CollectOptions
from tailpipe_assets.pipeline.compact import compact_collections
from tailpipe_resources.lake import Batch, commit, tables
from tailpipe_resources.lake.check import check
from tailpipe_resources.lake.delete import Deletion, _intent, delete
from tailpipe_resources.lake.delta import Change, Told, active_files, commit_change, open_table
from tailpipe_resources.lake.intent import Entry
from tailpipe_resources.lake.ledger import new_batch, write_intent
from tailpipe_resources.lake.repair import repair
from tailpipe_resources.lake.taken import Taken
from tailpipe_resources.model.schema import REJECTED_TABLE
from tailpipe_resources.query.engine import connect
from tests.lake.conftest import DAY, RUN
from tests.lake.test_recovery import crash_before_the_commit, crash_before_the_rejects, with_rejects
from tests.services.project import Project

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from tailpipe_resources.lake.defects import Defect
    from tests.lake.conftest import Workshop

DAYS_AGO = 2 * 24 * 3600


def filled(workshop: Workshop) -> None:
    """Two commits of two artifacts each."""
    state = workshop.state()
    for names in (("a", "b"), ("c", "d")):
        state = commit(workshop.connection, workshop.lake, state, workshop.batch(*names)).state


def found(workshop: Workshop, table: str = "t", *, quick: bool = False) -> tuple[Defect, ...]:
    """What checking a table finds."""
    return check(workshop.lake, table, None if quick else workshop.connection)


def only(workshop: Workshop, *, quick: bool = False) -> Defect:
    """The only defect."""
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

    assert told == ["3 rows too many, there twice", "6 rows of a, but the ledger counts 3"]


@pytest.mark.parametrize("days", [frozenset({DAY}), None])
def test_rows_that_were_deleted_on_purpose_are_no_loss(workshop: Workshop, days: frozenset[date] | None) -> None:
    """Whole days or everything: data and ledger change together."""
    filled(workshop)
    commit(workshop.connection, workshop.lake, workshop.state(), with_rejects(workshop, "e"))

    delete(workshop.connection, workshop.lake, Deletion("t", "c", Told("delete"), days))

    assert workshop.counts() == {}
    assert found(workshop) == found(workshop, REJECTED_TABLE) == ()


def test_a_file_whose_note_was_lost_is_put_away(workshop: Workshop) -> None:
    """A run that dies right after its commit leaves what the commit took out."""
    filled(workshop)
    table = open_table(workshop.lake, "t")
    assert table is not None
    file = min(active_files(table).values(), key=lambda each: each.path)
    added = workshop.stage("a", range(3)).publish(workshop.lake)
    long_ago = int((time.time() - DAYS_AGO) * 1000) << 20
    commit_change(workshop.lake, "t", Change((added,), (file,), long_ago, told=Told("other")))

    told = [each.what for each in found(workshop, quick=True)]
    assert told == ["a Parquet file that no version of the table shows"]
    done = list(repair(workshop.connection, workshop.lake, ["t"]))

    assert done == ["t: put away 1 file that no version shows"]
    assert found(workshop, quick=True) == ()


def test_rows_that_are_gone_are_missed(workshop: Workshop) -> None:
    """Whatever the commit that took them calls itself."""
    filled(workshop)
    table = open_table(workshop.lake, "t")
    assert table is not None
    file = min(active_files(table).values(), key=lambda each: each.path)
    commit_change(workshop.lake, "t", Change((), (file,), new_batch(None), stream="x", told=Told("delete")))

    assert any("0 rows of " in each.what and "the ledger counts 3" in each.what for each in found(workshop))


@pytest.mark.parametrize("days", [None, frozenset({DAY})])
def test_a_deletion_that_was_interrupted_is_repaired(days: frozenset[date] | None, workshop: Workshop) -> None:
    """The next run, or a repair, finishes it."""
    commit(workshop.connection, workshop.lake, workshop.state(), with_rejects(workshop, "a"))
    crash_in_a_deletion(workshop, days)

    assert {each.severity for each in found(workshop)} == {"warning"}
    repaired(workshop)
    assert workshop.counts(REJECTED_TABLE) == {}


def crash_in_a_deletion(workshop: Workshop, days: frozenset[date] | None) -> None:
    """Right after its commit."""
    state, table = workshop.state(), open_table(workshop.lake, "t")
    assert table is not None
    deletion = Deletion("t", "c", Told("delete"), days)
    intent = _intent(workshop.connection, workshop.lake, deletion, state)
    write_intent(workshop.lake, workshop.lake.stream("t", "c"), intent)
    removed = Taken("c", days).files(table)
    commit_change(workshop.lake, "t", Change((), removed, intent.batch, stream="t/c", expected=state.head))


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

    assert only(workshop).what == "left by a run that was cut off: 1 attempt that never counted"
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

    assert only(workshop).what == f"rejects of 1 commit are not in {REJECTED_TABLE} yet"

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


def test_a_note_that_is_just_being_written_disturbs_nobody(workshop: Workshop) -> None:
    """A check beside it reads only whole notes."""
    filled(workshop)
    age(workshop.folder("t") / workshop.stage("x", range(2)).publish(workshop.lake).path)
    half = workshop.folder("t") / "_tailpipe" / "superseded" / "waiting" / ".note.json.1.tmp"
    half.parent.mkdir(parents=True, exist_ok=True)
    half.touch()

    assert only(workshop).what == "a Parquet file that no version of the table shows"


def test_rows_of_no_artifact_are_told(workshop: Workshop) -> None:
    """Another program may have added some; no ledger counts them."""
    filled(workshop)
    appended(workshop, {"tp_partition": "c", "tp_index": "i", "tp_year": 2024, "tp_month": 2, "tp_day": 7})

    told = [each.what for each in found(workshop)]

    assert "1 row of no artifact, but the ledger counts 0" in told


def test_a_file_in_the_folder_of_no_day_is_told(workshop: Workshop) -> None:
    """Another program may have left out a value of the path; what else is checked goes on."""
    filled(workshop)
    appended(workshop, {"tp_partition": "c", "tp_index": "i", "tp_year": 2024, "tp_month": 2, "tp_day": None})

    defect = only(workshop)

    assert (defect.severity, defect.what) == ("error", "its folders say another slot than the log")
    assert "tp_day=__HIVE_DEFAULT_PARTITION__" in defect.where


def appended(workshop: Workshop, values: Mapping[str, object]) -> None:
    """Let another program add a row that has these values and no others."""
    table = DeltaTable(workshop.folder("t"))
    row: dict[str, object] = dict.fromkeys(each.name for each in table.schema().fields)
    write_deltalake(
        table, pa.Table.from_pylist([{**row, **values}], pa.schema(table.schema().to_arrow())), mode="append"
    )


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
    age((workshop.lake.store.scratch / other.staged).parent)
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


@pytest.mark.slow
def test_a_lake_can_be_checked_while_it_is_written(tmp_path: Path) -> None:
    """Collecting, replacing, compacting and deleting go on, and nothing is found that is not so."""
    project = Project(tmp_path)
    project.configure('collection "http_log" "web" {\n  source = source.file.logs\n  format = "combined"\n}\n')

    def work() -> None:
        for number in range(12):
            line = f'10.0.0.1 - - [07/Feb/2024:13:00:00 +0000] "GET /{number} HTTP/1.1" 200 5 "-" "x"\n'
            project.write(f"{number}.log", line + f"no {number}\n")
            project.collect_one(options=CollectOptions(overwrite=number % 2 == 0))
            if number % 3 == 0:
                compact_collections(project.lake, [("http_log", "web")])
        with connect(threads=1) as connection:
            delete(connection, project.lake, Deletion("http_log", "web", Told("delete")))

    told: list[Defect] = []
    with ThreadPoolExecutor(max_workers=1) as pool, connect(threads=1) as connection:
        working = pool.submit(work)
        while not working.done():
            for name in tables(project.lake):
                told += check(project.lake, name, connection)
        working.result()

    assert told == []
