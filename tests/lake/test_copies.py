"""Copies of events that are kept aside become fewer: a file a day, without those of artifacts that were read anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tailpipe_resources.lake import Batch, commit
from tailpipe_resources.lake.copies import aside, rows_of
from tailpipe_resources.lake.intent import Entry
from tailpipe_resources.lake.ledger import BASE_EVERY, read_ledger
from tests.lake.conftest import BOTH, DAY, RUN

if TYPE_CHECKING:
    from datetime import date

    from tailpipe_resources.lake.ledger import State
    from tests.lake.conftest import Workshop


def folded(workshop: Workshop, state: State, location: str, rows: int = 2, *, day: date = DAY) -> State:
    """The state once an artifact was collected all of whose rows were folded."""
    copies = aside(workshop.lake, workshop.stage(location, range(rows), day=day), "c")
    batch = Batch("t", "c", RUN, consumed=(Entry(location, "1", "ok", folded=rows),), copies=(copies,))
    return commit(workshop.connection, workshop.lake, state, batch).state


def about_to_be_written_down(state: State) -> State:
    """The state so many intents on that the next commit writes it down whole."""
    return replace(state, depth=BASE_EVERY - 1)


def kept(workshop: Workshop, state: State) -> list[tuple[str, int]]:
    """Artifacts and how many copies of each are kept, in the order they lie in."""
    source = rows_of(workshop.lake.store.address(each.key) for each in state.copies)
    return workshop.connection.execute(
        f"SELECT tp_source_location, count(*) FROM {source} GROUP BY ALL ORDER BY min(file_row_number)"
    ).fetchall()


def there(workshop: Workshop) -> list[str]:
    """The files of copies."""
    return workshop.lake.store.keys(workshop.lake.copies("t", "c"))


@BOTH
def test_copies_of_a_day_are_merged_when_the_state_is_written_down(workshop: Workshop) -> None:
    """In the order they came; what they were merged from goes, and the ledger says the same to everybody."""
    state = workshop.state()
    for location in "cab":
        state = folded(workshop, state, location)
    other = folded(workshop, state, "z", day=DAY + timedelta(days=1))

    after = folded(workshop, about_to_be_written_down(other), "d", 5)

    assert len(after.copies) == 2
    assert kept(workshop, replace(after, copies=after.copies[:1])) == [("c", 2), ("a", 2), ("b", 2), ("d", 5)]
    assert other.copies[3] in after.copies
    assert there(workshop) == sorted(each.key for each in after.copies)
    assert workshop.state() == after
    assert there(workshop) == sorted(each.key for each in after.copies)


def test_copies_of_an_artifact_that_was_read_anew_go(workshop: Workshop) -> None:
    """They are of no use any more. Those it brought then stay."""
    state = workshop.state()
    for location in "aba":
        state = folded(workshop, state, location)

    after = folded(workshop, about_to_be_written_down(state), "b", 7)

    assert dict(kept(workshop, after)) == {"a": 2, "b": 7}
    last = folded(workshop, about_to_be_written_down(folded(workshop, after, "a", 3)), "c")
    assert dict(kept(workshop, last)) == {"a": 3, "b": 7, "c": 2}
    assert len(last.copies) == 1


def test_no_copies_are_left_where_none_counts(workshop: Workshop) -> None:
    """The day's files go."""
    state = folded(workshop, folded(workshop, workshop.state(), "a"), "a")
    batch = Batch("t", "c", RUN, consumed=(Entry("a", "2", "ok"),))

    after = commit(workshop.connection, workshop.lake, about_to_be_written_down(state), batch).state

    assert after.copies == ()
    assert there(workshop) == []


def test_a_missing_file_keeps_copies_from_being_merged_and_no_commit_from_being_made(workshop: Workshop) -> None:
    """In a restored backup one may be missing."""
    state = folded(workshop, folded(workshop, workshop.state(), "a"), "b")
    workshop.lake.store.remove([state.copies[0].key])

    after = folded(workshop, about_to_be_written_down(state), "c")

    assert len(after.copies) == 3
    assert after.depth == 0
    assert read_ledger(workshop.lake, workshop.lake.stream("t", "c"), after.head).state == after


@BOTH
def test_what_a_merge_that_was_cut_off_left_is_swept(workshop: Workshop) -> None:
    """At once on a disk; elsewhere only what is too old to be another machine's."""
    state = folded(workshop, workshop.state(), "a")
    left = f"{workshop.lake.copies('t', 'c')}/left.rows"
    workshop.lake.store.write(left, b"merged, and the state was not written down")

    workshop.state()

    assert (left in there(workshop)) == workshop.lake.store.is_remote
    assert state.copies[0].key in there(workshop)
