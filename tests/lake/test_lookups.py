"""Lookups in the lake: compaction writes them, questions open fewer files, and they go with their files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.lake import commit, snapshot
from tailpipe_resources.lake.cleanup import hasten, put_away
from tailpipe_resources.lake.compact import compact, small_slots
from tailpipe_resources.lake.delta import Told
from tailpipe_resources.lake.lookup_names import folder_of
from tailpipe_resources.query.described import Described
from tailpipe_resources.query.engine import connect
from tailpipe_resources.query.narrowing import Planner
from tailpipe_resources.query.views import View
from tailpipe_resources.query.viewset import ViewSet

if TYPE_CHECKING:
    from tests.lake.conftest import Workshop

INDEXES = tuple(f"i{number}" for number in range(12))


def filled(workshop: Workshop, version: str = "1") -> None:
    """A file a slot, of 12 slots, each with ids of its own; compacted."""
    state = workshop.state()
    for index in INDEXES:
        files = tuple(workshop.stage(f"{index}/{version}{part}/", range(3), index=index) for part in "ab")
        state = commit(workshop.connection, workshop.lake, state, workshop.of(*files)).state
    compacted(workshop)


def compacted(workshop: Workshop) -> None:
    """Compact what needs it."""
    compact(workshop.connection, workshop.lake, "t", small_slots(workshop.lake, "t"), told=Told("compact"))


def lookups(workshop: Workshop) -> list[str]:
    """What lookups there are."""
    return workshop.lake.store.keys(folder_of("t"))


def view(workshop: Workshop) -> View:
    """The table as it is now."""
    found = snapshot(workshop.lake, "t")
    assert found is not None
    return View("t", found.columns, found.files, found.stored)


def needed(view: View, sql: str) -> list[str]:
    """The files that a question may need."""
    planned = Planner([view]).plan(sql)
    test = None if planned is None else planned.tests.get("t")
    return [each.address for each in view.stored if test is None or test(each)]


@pytest.mark.parametrize(
    ("where", "count", "rows"),
    [
        ("tp_id = 'i3/1b/2'", 1, 1),
        ("tp_id IN ('i3/1b/2', 'i4/1a/0', 'no')", 2, 2),
        ("tp_id = 'i3/1b/2' OR tp_id = 'i5/1b/2'", 2, 2),
        ("tp_id = 'i3/1b/2' AND tp_index = 'i4'", 0, 0),
        ("tp_id = 'no'", 0, 0),
        ("tp_id <> 'i3/1b/2'", 12, 71),
        ("upper(tp_id) = 'I3/1B/2'", 12, 1),
        ("tp_id = 'i3/1b/2' OR n = 2", 12, 24),
        ("tp_id > 'i3/1b/2'", 12, 36),
    ],
)
def test_a_search_opens_the_files_that_may_have_it(workshop: Workshop, where: str, count: int, rows: int) -> None:
    """The answer is the one that all files would give."""
    filled(workshop)
    now, sql = view(workshop), f"SELECT * FROM t WHERE {where}"

    assert len(needed(now, sql)) == count
    with connect(threads=1) as connection:
        answer = ViewSet(connection, Described((now,))).ask(sql)
        assert sum(len(batch) for batch in answer.batches) == rows == len(workshop.ask(sql))


def test_files_that_were_not_compacted_are_always_opened(workshop: Workshop) -> None:
    """They have no lookup yet."""
    filled(workshop)
    commit(workshop.connection, workshop.lake, workshop.state(), workshop.batch("new"))
    now = view(workshop)

    assert len(needed(now, "FROM t WHERE tp_id = 'i3/1b/2'")) == 2


def test_a_lookup_goes_with_its_file(workshop: Workshop) -> None:
    """When what a later compaction superseded is deleted, so is what tells of it."""
    filled(workshop)
    assert len(lookups(workshop)) == len(INDEXES)
    before = set(lookups(workshop))
    filled(workshop, version="2")
    assert before < set(lookups(workshop))

    hasten(workshop.lake, "t", lambda _: True)
    put_away(workshop.lake, "t")

    assert len(lookups(workshop)) == len(INDEXES)
    assert not before & set(lookups(workshop))


def test_a_lookup_of_no_file_is_removed_after_a_day(workshop: Workshop) -> None:
    """A run died before its commit. Those of files that are there, or superseded, stay however old."""
    filled(workshop)
    filled(workshop, version="2")
    stays = lookups(workshop)
    young, old = (f"{folder_of('t')}/0f0f0f0f-0000-5000-8000-00000000000{number}.lookup" for number in range(2))
    for key in (young, old):
        workshop.lake.store.write(key, b"")
    for key in (*stays, old):
        os.utime(workshop.lake.store.scratch / key, (0, 0))

    compacted(workshop)

    assert lookups(workshop) == sorted([*stays, young])
