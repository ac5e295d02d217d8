"""Replacing the rows of some artifacts: these go, all others stay, and readers see one moment of it."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tailpipe_resources.lake import Batch, commit, snapshot
from tailpipe_resources.lake.cleanup import put_away
from tailpipe_resources.lake.compact import compact, small_slots
from tailpipe_resources.lake.delta import Told, open_table
from tailpipe_resources.lake.intent import Entry, Intent
from tailpipe_resources.lake.ledger import new_batch
from tailpipe_resources.lake.replace import Replacement, RowsOf, files_of, rows_by_location, without
from tailpipe_resources.lake.staging import stage
from tailpipe_resources.lake.steps import Step, apply
from tailpipe_resources.model.slot import Slot
from tests.lake.conftest import BOTH, RUN

if TYPE_CHECKING:
    from deltalake import DeltaTable

    from tests.lake.conftest import Workshop

OTHER = date(2024, 2, 8)
NO_LOCATION = (
    "SELECT 'x' AS tp_id, TIMESTAMPTZ '2024-02-07 12:00:00Z' AS tp_timestamp, NULL::VARCHAR AS tp_source_location, "
    "1::BIGINT AS n"
)


def mixed(workshop: Workshop) -> Batch:
    """Rows of `a` and `b` in one file, of `a` alone in a second, of `b` alone in a third."""
    select = (
        "SELECT 'x' AS tp_id, TIMESTAMPTZ '2024-02-07 12:00:00Z' AS tp_timestamp, l AS tp_source_location, "
        "n::BIGINT AS n FROM (VALUES ('a', 1), ('b', 2), ('a', 3), ('it''s', 4)) v(l, n)"
    )
    both = stage(workshop.connection, workshop.lake, Slot("t", "c", "i", date(2024, 2, 7)), select, stream="t/c")
    assert both is not None
    alone = workshop.stage("a", range(10), day=OTHER)
    other = workshop.stage("b", range(20), index="j")
    return Batch("t", "c", RUN, (both, alone, other), tuple(Entry(each, "1", "ok", rows=9) for each in "ab"))


def again(workshop: Workshop, *locations: str) -> Batch:
    """The artifacts anew, a row each."""
    files = tuple(workshop.stage(each, [99]) for each in locations)
    entries = tuple(Entry(each, "2", "ok", rows=1) for each in locations)
    return Batch("t", "c", RUN, files, entries, replaced=frozenset(locations))


@BOTH
def test_rows_of_an_artifact_go_wherever_they_lie(workshop: Workshop) -> None:
    """A file it has to itself goes, one it shares is written anew, others are not touched."""
    state = workshop.state()
    first = commit(workshop.connection, workshop.lake, state, mixed(workshop))
    before = workshop.parquet()

    second = commit(workshop.connection, workshop.lake, first.state, again(workshop, "a"))

    assert second.replaced == 12
    assert workshop.counts() == {"a": 1, "b": 21, "it's": 1}
    assert sorted(workshop.ask("select tp_source_location, n from t where tp_index = 'i'")) == [
        ("a", 99),
        ("b", 2),
        ("it's", 4),
    ]
    found = snapshot(workshop.lake, "t")
    assert found is not None
    assert set(found.files) not in (before, set())
    superseded = before - set(found.files) if workshop.lake.store.is_remote else set()
    assert workshop.parquet() == set(found.files) | superseded


@BOTH
def test_several_go_at_once(workshop: Workshop) -> None:
    """Names with quotes among them."""
    first = commit(workshop.connection, workshop.lake, workshop.state(), mixed(workshop))

    second = commit(workshop.connection, workshop.lake, first.state, again(workshop, "a", "b", "it's"))

    assert second.replaced == 34
    assert workshop.counts() == {"a": 1, "b": 1, "it's": 1}


def test_a_reader_of_the_version_before_keeps_its_files(workshop: Workshop) -> None:
    """What it reads stays in place while it reads, and is moved away once it is done."""
    first = commit(workshop.connection, workshop.lake, workshop.state(), mixed(workshop))
    with ExitStack() as until:
        reading = snapshot(workshop.lake, "t", until)
        assert reading is not None
        commit(workshop.connection, workshop.lake, first.state, again(workshop, "a"))

        assert all(Path(each).exists() for each in reading.files)

    put_away(workshop.lake, "t")
    assert workshop.parquet() == set(snapshot_files(workshop))


def test_a_compaction_leaves_the_files_that_are_being_planned_on(workshop: Workshop) -> None:
    """They can be read to the end; the plan is made anew, and then none of them stays in place."""
    state = workshop.state()
    for name in "abcd":
        state = commit(workshop.connection, workshop.lake, state, workshop.batch(name)).state
    slots = list(small_slots(workshop.lake, "t"))
    rows_of = RowsOf(frozenset("a"), "t/c", "c")

    def plan(table: DeltaTable) -> Replacement:
        while slots:
            compact(workshop.connection, workshop.lake, "t", [slots.pop()], told=Told("compact"))
        return without(workshop.connection, workshop.lake, table, name="t", rows_of=rows_of)

    intent = Intent("t/c", new_batch(state.head), state.head, "run", (), ())
    gone = apply(workshop.lake, "t", plan, Step(intent, (), state.head, RUN))

    assert gone.rows == 3
    assert workshop.counts() == {"b": 3, "c": 3, "d": 3}
    put_away(workshop.lake, "t")
    assert workshop.parquet() == set(snapshot_files(workshop))


def snapshot_files(workshop: Workshop) -> tuple[str, ...]:
    """The files that count."""
    found = snapshot(workshop.lake, "t")
    assert found is not None
    return found.files


@BOTH
def test_another_collection_keeps_its_rows_of_the_same_artifact(workshop: Workshop) -> None:
    """Collections of one table do not replace each other's rows."""
    file = workshop.stage("a", range(5), collection="other", stream="t/other")
    commit(
        workshop.connection,
        workshop.lake,
        workshop.state(),
        Batch("t", "other", RUN, (file,), (Entry("a", "1", "ok", rows=5),)),
    )
    first = commit(workshop.connection, workshop.lake, workshop.state(), workshop.batch("a"))

    second = commit(workshop.connection, workshop.lake, first.state, again(workshop, "a"))

    assert second.replaced == 3
    assert sorted(workshop.ask("select tp_partition, count(*) from t group by all")) == [("c", 1), ("other", 5)]


def test_what_is_not_there_is_replaced_by_nothing(workshop: Workshop) -> None:
    """Replacing an artifact without rows takes nothing out."""
    first = commit(workshop.connection, workshop.lake, workshop.state(), workshop.batch("a"))

    second = commit(workshop.connection, workshop.lake, first.state, again(workshop, "new"))

    assert second.replaced == 0
    assert workshop.counts() == {"a": 3, "new": 1}


ODD = ("it's", 'a "b"', "back\\slash", "two\nlines", "ünï/日本/🦉", "2024-02-07 x+00", "", "%41")


@BOTH
def test_only_files_that_may_hold_the_rows_are_opened(workshop: Workshop) -> None:
    """The bounds in the log tell which; where a file has none it is opened, for it may."""
    state, files = workshop.state(), [workshop.stage(each, range(2)) for each in ODD]
    long, unnamed = workshop.stage("l" * 300, [1]), workshop.stage_query(NO_LOCATION)
    commit(workshop.connection, workshop.lake, state, workshop.of(*files, long, unnamed))
    table = open_table(workshop.lake, "t")
    assert table is not None

    for each, file in zip(ODD, files, strict=True):
        rows_of = RowsOf(frozenset({each}), "t/c", "c")
        found = files_of(table, rows_of).keys()
        assert file.final in found
        assert found - {file.final} == {long.final, unnamed.final}
        assert rows_by_location(workshop.connection, workshop.lake, table, "t", rows_of) == {each: 2}
    assert files_of(table, RowsOf(frozenset({"nowhere"}), "t/c", "c")).keys() == {long.final, unnamed.final}
    assert files_of(table, RowsOf(frozenset(ODD), "t/other", "other")) == {}


def test_bounds_outlast_a_checkpoint_and_a_compaction(workshop: Workshop) -> None:
    """A file of many artifacts is opened for each of them, and for those that lie between."""
    state, files = workshop.state(), [workshop.stage(each, range(2)) for each in "bdf"]
    commit(workshop.connection, workshop.lake, state, workshop.of(*files))
    compact(workshop.connection, workshop.lake, "t", small_slots(workshop.lake, "t"), told=Told("compact"))
    before = open_table(workshop.lake, "t")
    assert before is not None
    before.create_checkpoint()
    table = open_table(workshop.lake, "t")
    assert table is not None

    found = {each: len(files_of(table, RowsOf(frozenset(each), "t/c", "c"))) for each in "abcdfg"}

    assert found == {"a": 0, "b": 1, "c": 1, "d": 1, "f": 1, "g": 0}
