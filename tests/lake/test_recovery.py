"""What a crash leaves is finished or discarded by the next run, wherever it happened."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.lake import Batch, commit
from tailpipe_resources.lake.commit import _intent
from tailpipe_resources.lake.delta import Change, commit_change, head, open_table
from tailpipe_resources.lake.intent import Entry
from tailpipe_resources.lake.ledger import intent_key, prune, read_intent, read_ledger, write_base, write_intent
from tailpipe_resources.lake.recovery import forget, recover
from tailpipe_resources.lake.staging import StagedFile, stage
from tailpipe_resources.model.schema import REJECTED_TABLE, Column
from tailpipe_resources.model.slot import Slot
from tests.lake.conftest import BOTH, COLUMNS, DAY, RUN

if TYPE_CHECKING:
    from tailpipe_resources.lake.delta import Added
    from tailpipe_resources.lake.intent import Intent
    from tailpipe_resources.lake.ledger import State
    from tests.lake.conftest import Workshop


def with_rejects(workshop: Workshop, location: str, *, mended: bool = False) -> Batch:
    """A batch of one artifact with three rows and two rejects."""
    rejects = workshop.stage(location, range(2), table=REJECTED_TABLE, index="t")
    file = workshop.stage(location, range(3))
    again = frozenset({location}) if mended else frozenset()
    entry = Entry(location, "1", "ok", rows=3, rejected=2)
    return Batch("t", "c", RUN, (file,), (entry,), (rejects,), replaced=again, mended=again)


def crash_before_the_commit(workshop: Workshop, state: State, batch: Batch) -> None:
    """Everything up to and with the intent."""
    _prepared(workshop, state, batch)


def crash_before_the_rejects(workshop: Workshop, state: State, batch: Batch) -> None:
    """Everything up to and with the rows' own commit."""
    intent, added = _prepared(workshop, state, batch)
    change = Change(added, (), intent.batch, stream=batch.stream, expected=state.head)
    commit_change(workshop.lake, "t", change)


def _prepared(workshop: Workshop, state: State, batch: Batch) -> tuple[Intent, tuple[Added, ...]]:
    intent = _intent(batch, state)
    write_intent(workshop.lake, workshop.lake.stream("t", "c"), intent)
    for file in batch.rejects:
        file.publish(workshop.lake)
    return intent, tuple(file.publish(workshop.lake) for file in batch.files)


def test_an_attempt_that_was_never_committed_leaves_nothing(workshop: Workshop) -> None:
    """Its intent does not count, and its files go."""
    state = workshop.state()
    crash_before_the_commit(workshop, state, with_rejects(workshop, "a"))
    assert len(workshop.parquet()) == 1

    after = workshop.state()

    assert after == state
    assert workshop.parquet() == set()
    assert workshop.parquet(REJECTED_TABLE) == set()
    assert not list(workshop.folder("t").rglob("*.tmp"))
    assert not list(workshop.folder(REJECTED_TABLE).rglob("*.tmp"))
    assert not workshop.intents()

    commit(workshop.connection, workshop.lake, after, with_rejects(workshop, "a"))

    assert workshop.counts() == {"a": 3}
    assert workshop.counts(REJECTED_TABLE) == {"a": 2}


@BOTH
def test_rejects_follow_a_commit_that_was_cut_short(workshop: Workshop) -> None:
    """Once, however often it is tried."""
    crash_before_the_rejects(workshop, workshop.state(), with_rejects(workshop, "a"))
    assert workshop.counts() == {"a": 3}
    assert workshop.counts(REJECTED_TABLE) == {}

    states = [workshop.state() for _ in range(3)]

    assert states[0] == states[2]
    assert set(states[0].known) == {"a"}
    assert workshop.counts() == {"a": 3}
    assert workshop.counts(REJECTED_TABLE) == {"a": 2}


VERSIONED = (*COLUMNS, Column("tp_source_version", "VARCHAR"), Column("tp_source_offset", "BIGINT"))


def of_two_generations(workshop: Workshop, table: str, index: str) -> StagedFile:
    """Four rows of one file: two offsets of what was in its place, and two of what is there now."""
    select = (
        f"SELECT g || o AS tp_id, TIMESTAMPTZ '{DAY} 12:00:00Z' AS tp_timestamp, 'a' AS tp_source_location, 1::BIGINT "
        "AS n, g || 'v' AS tp_source_version, o::BIGINT AS tp_source_offset "
        "FROM (VALUES ('', 0), ('', 8), ('g1:', 0), ('g1:', 8)) v(g, o)"
    )
    made = stage(workshop.connection, workshop.lake, Slot(table, "c", index, DAY), select, stream="t/c")
    assert made is not None
    return made


@BOTH
@pytest.mark.parametrize("is_cut", [False, True], ids=["whole", "cut short"])
def test_what_is_moved_goes_by_generation_and_offset(workshop: Workshop, is_cut: bool) -> None:
    """Rows with the commit; rejects follow it, be it cut short or not."""
    workshop.make("t", REJECTED_TABLE, columns=VERSIONED)
    state = workshop.state()
    rows, rejects = of_two_generations(workshop, "t", "i"), of_two_generations(workshop, REJECTED_TABLE, "t")
    batch = Batch("t", "c", RUN, (rows,), (Entry("a", "g1:v", "ok", rows=4, rejected=4),), (rejects,))
    state = commit(workshop.connection, workshop.lake, state, batch).state
    moving = Batch("t", "c", RUN, consumed=(Entry("b", "1", "ok"),), moved={"a": [(0, 8), (1, 0)]}, removed={"a": 3})
    if is_cut:
        crash_before_the_rejects(workshop, state, moving)
    else:
        assert commit(workshop.connection, workshop.lake, state, moving).replaced == 3

    after = workshop.state()

    left = "select tp_source_version, tp_source_offset from {} order by all"
    assert after.known["a"].rows == 1
    assert workshop.ask(left.format(REJECTED_TABLE), REJECTED_TABLE) == [("v", 0)]
    assert is_cut or workshop.ask(left.format("t")) == [("v", 0)]


@BOTH
def test_rejects_whose_files_are_missing_are_left_out(workshop: Workshop) -> None:
    """A restored backup may lack them: the table of rejects stays readable, and it is said once what is lost."""
    state, batch = workshop.state(), replace(with_rejects(workshop, "a"), rejects=())
    rejects = tuple(workshop.stage("a", range(n), table=REJECTED_TABLE, index="t") for n in (2, 5))
    crash_before_the_rejects(workshop, state, replace(batch, rejects=rejects))
    workshop.lake.store.remove([f"{REJECTED_TABLE}/{rejects[1].final}"])
    told: list[str] = []

    for _ in range(2):
        recover(workshop.connection, workshop.lake, "t", "c", told.append)

    assert len(told) == 2
    assert "5 of these rejects are lost" in told[1]
    assert workshop.counts() == {"a": 3}
    assert workshop.counts(REJECTED_TABLE) == {"a": 2}


@BOTH
def test_rejects_of_several_commits_follow_in_order(workshop: Workshop) -> None:
    """Also when a later one replaces those of an earlier one."""
    crash_before_the_rejects(workshop, workshop.state(), with_rejects(workshop, "a"))
    state = read_ledger(workshop.lake, workshop.lake.stream("t", "c"), _head(workshop)).state
    crash_before_the_rejects(workshop, state, with_rejects(workshop, "b"))

    again = workshop.state()
    assert workshop.counts(REJECTED_TABLE) == {"a": 2, "b": 2}

    done = commit(workshop.connection, workshop.lake, again, with_rejects(workshop, "a", mended=True))

    assert done.replaced == 3
    assert workshop.counts() == {"a": 3, "b": 3}
    assert workshop.counts(REJECTED_TABLE) == {"a": 2, "b": 2}
    assert workshop.state() == done.state


@BOTH
def test_only_the_chain_from_the_head_counts(workshop: Workshop) -> None:
    """An intent beside it, newer or older, is nobody's."""
    state = workshop.state()
    first = commit(workshop.connection, workshop.lake, state, workshop.batch("a"))
    crash_before_the_commit(workshop, first.state, workshop.batch("lost"))

    assert len(workshop.intents()) == 2
    told = read_ledger(workshop.lake, workshop.lake.stream("t", "c"), first.state.head)
    assert set(told.state.known) == {"a"}
    assert [each.batch for each in told.chain] == [first.state.head]
    assert workshop.state() == first.state
    assert workshop.counts() == {"a": 3}


def test_states_fold_to_the_latest_of_each_artifact(workshop: Workshop) -> None:
    """A broken new version does not forget that rows of the old one are held."""
    state = workshop.state()
    steps = [
        Entry("a", "1", "ok", rows=3),
        Entry("b", "1", "quarantined", reason="cut"),
        Entry("a", "2", "quarantined", reason="cut"),
        Entry("c", "1", "ok", rows=0),
        Entry("b", "1", "quarantined", rows=2, salvaged=True),
    ]
    for entry in steps:
        state = commit(workshop.connection, workshop.lake, state, Batch("t", "c", RUN, consumed=(entry,))).state

    told = workshop.state()

    assert told == state
    assert {name: (each.version, each.status, each.held, each.salvaged) for name, each in told.known.items()} == {
        "a": ("2", "quarantined", True, False),
        "b": ("1", "quarantined", True, True),
        "c": ("1", "ok", False, False),
    }


def test_an_empty_batch_is_remembered_too(workshop: Workshop) -> None:
    """Artifacts without a row are not read again."""
    batch = Batch("t", "c", RUN, consumed=(Entry("empty", "1", "ok"),))

    done = commit(workshop.connection, workshop.lake, workshop.state(), batch)

    assert workshop.state() == done.state
    assert workshop.counts() == {}


def _head(workshop: Workshop) -> int | None:
    return head(open_table(workshop.lake, "t"), "t/c")


def test_files_in_place_without_a_commit_go(workshop: Workshop) -> None:
    """Also when the crash came while they were being put there, for the intent that names them was there first."""
    state, batch = workshop.state(), with_rejects(workshop, "a")
    write_intent(workshop.lake, workshop.lake.stream("t", "c"), _intent(batch, state))
    batch.rejects[0].publish(workshop.lake)

    assert workshop.state() == state
    assert workshop.parquet() | workshop.parquet(REJECTED_TABLE) == set()


def overtaken(workshop: Workshop) -> tuple[Intent, State]:
    """An attempt of another machine, and what was committed and written down whole while it was being made."""
    state, copies = workshop.state(), workshop.stage("a", range(2))
    theirs, _ = _prepared(workshop, state, with_rejects(workshop, "theirs"))
    first = commit(workshop.connection, workshop.lake, state, replace(workshop.batch("a"), copies=(copies,)))
    second = commit(workshop.connection, workshop.lake, first.state, workshop.batch("b"))
    write_base(workshop.lake, workshop.lake.stream("t", "c"), second.state)
    return theirs, replace(second.state, depth=0)


@BOTH
def test_an_attempt_that_was_overtaken_finds_its_files(workshop: Workshop) -> None:
    """Its intent outlasts those that were committed, so that its files are taken back, by whoever made it."""
    theirs, state = overtaken(workshop)
    folder = workshop.lake.stream("t", "c")

    prune(workshop.lake, folder, state.head)

    assert len(workshop.intents()) == 3
    assert intent_key(folder, theirs.batch) in workshop.intents()
    forget(workshop.lake, "t", "c", theirs.batch, theirs)
    assert intent_key(folder, theirs.batch) not in workshop.intents()
    assert workshop.parquet(REJECTED_TABLE) == set()
    assert workshop.state() == state
    assert workshop.counts() == {"a": 3, "b": 3}


def test_an_attempt_that_was_overtaken_is_discarded_once_it_is_dead(workshop: Workshop) -> None:
    """Though what was written down whole came after it."""
    _, state = overtaken(workshop)
    prune(workshop.lake, workshop.lake.stream("t", "c"), state.head)

    assert workshop.state() == state

    assert len(workshop.intents()) == 2
    assert workshop.parquet(REJECTED_TABLE) == set()
    assert workshop.counts() == {"a": 3, "b": 3}


@BOTH
def test_what_was_committed_before_the_last_state_is_not_forgotten(workshop: Workshop) -> None:
    """Its rows stay, and the copies of rows the state knows of, whether or not its intent was removed already."""
    _, state = overtaken(workshop)
    folder = workshop.lake.stream("t", "c")
    (copies,) = state.copies
    done = read_intent(workshop.lake, folder, copies.batch)

    forget(workshop.lake, "t", "c", done.batch)
    prune(workshop.lake, folder, state.head)
    forget(workshop.lake, "t", "c", done.batch)
    forget(workshop.lake, "t", "c", done.batch, done)

    assert copies.key in workshop.lake.store.keys("t")
    assert workshop.counts() == {"a": 3, "b": 3}
