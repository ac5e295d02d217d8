"""Deleting and reindexing in an object store: as on a disk, but for an hour in which readers can finish."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.lake import commit, snapshot
from tailpipe_resources.lake.check import check
from tailpipe_resources.lake.cleanup import hasten, put_away
from tailpipe_resources.lake.delete import Deletion, _intent, delete
from tailpipe_resources.lake.delta import Told
from tailpipe_resources.lake.ledger import write_intent
from tailpipe_resources.lake.reindex import reindex
from tailpipe_resources.lake.steps import Step, apply
from tailpipe_resources.lake.taken import REMOTE_SECONDS, Taken
from tailpipe_resources.query.engine import restrict
from tests.lake.conftest import DAY

if TYPE_CHECKING:
    from datetime import date

    from tailpipe_resources.lake.ledger import State
    from tailpipe_resources.lake.staging import StagedFile
    from tests.lake.conftest import Workshop

pytestmark = pytest.mark.service
TOLD = Told("delete")


@pytest.fixture
def workshop(far_shop: Workshop) -> Workshop:
    """`a` was collected twice and `b` once; the connection reaches nothing else."""
    restrict(far_shop.connection, far_shop.lake.reach)
    state = commit(far_shop.connection, far_shop.lake, far_shop.state(), far_shop.batch("a", "b")).state
    again = far_shop.batch("a", version="2", rows=2, replaced=frozenset({"a"}))
    commit(far_shop.connection, far_shop.lake, state, again)
    return far_shop


def parquet(workshop: Workshop) -> int:
    """How many Parquet files there are, seen or not."""
    return sum(key.endswith(".parquet") for key in workshop.lake.store.keys("t"))


def rows(workshop: Workshop) -> int:
    """How many rows the table has."""
    (row,) = workshop.connection.execute(f"SELECT count(*) FROM read_parquet({files(workshop)})").fetchall()
    return int(row[0])


def files(workshop: Workshop) -> list[str]:
    """The files that count."""
    found = snapshot(workshop.lake, "t")
    assert found is not None
    return list(found.files)


@pytest.mark.parametrize("days", [None, frozenset({DAY})])
def test_what_is_deleted_stays_for_an_hour(days: frozenset[date] | None, workshop: Workshop) -> None:
    """Also what was superseded before; then it is gone. The ledger knows at once."""
    gone = delete(workshop.connection, workshop.lake, Deletion("t", "c", TOLD, days))

    assert (gone.rows, files(workshop), parquet(workshop)) == (5, [], 3)
    assert check(workshop.lake, "t", workshop.connection) == ()
    known = workshop.state().known
    assert {name: each.rows for name, each in known.items()} == ({} if days is None else {"a": 0, "b": 0})
    notes = workshop.lake.store.keys("t/_tailpipe/superseded")
    ends = [int(key.rsplit("/", 1)[-1].split("-", 1)[0]) / 1000 for key in notes if json_of(workshop, key)["paths"]]
    assert max(ends) <= time.time() + REMOTE_SECONDS

    hasten(workshop.lake, "t", lambda _: True)
    put_away(workshop.lake, "t")
    assert parquet(workshop) == 0


def copy_of(workshop: Workshop, location: str, day: date) -> StagedFile:
    """A staged file of folded rows."""
    made = workshop.stage(location, range(2), day=day)
    return replace(made, final=f"_tailpipe/folded/c/{uuid.uuid4()}.rows")


def copies(workshop: Workshop) -> list[str]:
    """The files of folded rows."""
    return workshop.lake.store.keys("t/_tailpipe/folded")


@pytest.fixture
def folded(workshop: Workshop) -> State:
    """The ledger once copies of two days were kept aside."""
    state = workshop.state()
    both = (copy_of(workshop, "a", DAY), copy_of(workshop, "b", DAY + timedelta(days=1)))
    batch = replace(workshop.batch("d"), copies=both)
    return commit(workshop.connection, workshop.lake, state, batch).state


@pytest.mark.parametrize("days", [None, frozenset({DAY})])
def test_folded_copies_of_what_is_deleted_go_at_once(
    days: frozenset[date] | None, workshop: Workshop, folded: State
) -> None:
    """Exactly those: not the ones of other days, nor what another machine has just put in place."""
    kept = [] if days is None else [folded.copies[1].key]
    foreign = "t/_tailpipe/folded/c/foreign.rows"
    workshop.lake.store.write(foreign, b"about to be committed")

    delete(workshop.connection, workshop.lake, Deletion("t", "c", TOLD, days))

    assert copies(workshop) == sorted([*kept, foreign])
    assert [each.key for each in workshop.state().copies] == kept


@pytest.mark.parametrize("days", [None, frozenset({DAY})])
def test_copies_go_also_when_the_deletion_was_cut_off(
    days: frozenset[date] | None, workshop: Workshop, folded: State
) -> None:
    """The next run removes them, if the process ended right after the commit."""
    deletion = Deletion("t", "c", TOLD, days)
    intent = _intent(workshop.connection, workshop.lake, deletion, folded)
    write_intent(workshop.lake, workshop.lake.stream("t", "c"), intent)
    apply(workshop.lake, "t", Taken("c", days).out_of, Step(intent, (), folded.head, TOLD))

    state = workshop.state()

    assert copies(workshop) == [each.key for each in state.copies] == ([] if days is None else [folded.copies[1].key])


def test_a_day_that_has_nothing_but_copies_is_deleted_too(workshop: Workshop, folded: State) -> None:
    """Its rows may be gone by then, as artifacts were replaced."""
    day = DAY + timedelta(days=1)

    delete(workshop.connection, workshop.lake, Deletion("t", "c", TOLD, frozenset({day})))

    assert copies(workshop) == [folded.copies[0].key]


def json_of(workshop: Workshop, key: str) -> dict[str, list[str]]:
    """A note."""
    note: dict[str, list[str]] = json.loads(workshop.lake.store.read(key))
    return note


def test_rows_move_to_another_index(workshop: Workshop) -> None:
    """Through the store as well."""
    done = reindex(workshop.connection, workshop.lake, "t", "c", "tp_source_location", told=Told("reindex"))

    assert (done.days, done.moved, rows(workshop)) == (1, 5, 5)
    assert {each.split("tp_index=")[1][0] for each in files(workshop)} == {"a", "b"}
    assert check(workshop.lake, "t", workshop.connection) == ()
