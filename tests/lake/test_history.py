"""The history of a table reaches back to its first commit, whatever has left the log since."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from deltalake import DeltaTable

from tailpipe_resources.lake import Batch, commit
from tailpipe_resources.lake.delta import Told
from tailpipe_resources.lake.history import history, tidy
from tailpipe_resources.lake.intent import Entry
from tailpipe_resources.lake.log import read_log
from tailpipe_resources.model.schema import Column
from tests.lake.conftest import COLUMNS, Workshop

if TYPE_CHECKING:
    from tailpipe_resources.lake.ledger import State

DAYS_AGO = 3 * 24 * 3600


def age(workshop: Workshop, table: str = "t") -> None:
    """Let three days go by for all that lies in a table's log."""
    then = time.time() - DAYS_AGO
    for path in workshop.folder(table).joinpath("_delta_log").iterdir():
        os.utime(path, (then, then))


def fill(workshop: Workshop, state: State, count: int, name: str = "f") -> State:
    """So many commits that bring no row."""
    for number in range(count):
        entry = Entry(f"{name}{number}", "1", "ok")
        state = commit(
            workshop.connection, workshop.lake, state, Batch("t", "c", Told("collect", "r"), (), (entry,))
        ).state
    return state


def test_each_commit_is_told(workshop: Workshop) -> None:
    """What was done, for which collection, by which run and configuration, and how many rows came and went."""
    first = commit(workshop.connection, workshop.lake, workshop.state(), workshop.batch("a", "b"))
    workshop.make("t", columns=(*COLUMNS, Column("x", "VARCHAR")))
    again = Batch(
        "t",
        "c",
        Told("overwrite", "run 2", "0123456789ab", "all of a"),
        (workshop.stage("a", range(5)),),
        (Entry("a", "1", "ok", rows=5),),
        replaced=frozenset({"a"}),
    )
    commit(workshop.connection, workshop.lake, first.state, again)

    told = history(workshop.lake, "t")

    assert [(each.version, each.operation) for each in told] == [
        (3, "overwrite"),
        (2, "widen"),
        (1, "collect"),
        (0, "create"),
    ]
    assert (told[0].rows_added, told[0].rows_removed, told[0].files_added, told[0].files_removed) == (5, 3, 1, 1)
    assert (told[0].run, told[0].config, told[0].detail) == ("run 2", "0123456789ab", "all of a")
    assert (told[2].rows_added, told[2].files_added, told[2].collection, told[2].run) == (6, 2, "c", "run")
    assert told == tuple(sorted(told, key=lambda each: each.time, reverse=True))
    assert [each.version for each in history(workshop.lake, "t", 2)] == [3, 2]
    assert history(workshop.lake, "nothing") == ()


def test_commits_that_left_the_log_are_remembered(workshop: Workshop) -> None:
    """The log is tidied by itself, stays readable, and the history before and after is the same."""
    state = fill(workshop, workshop.state(), 101)
    before = history(workshop.lake, "t")
    age(workshop)

    state = fill(workshop, state, 100, "g")

    log = read_log(workshop.lake, "t")
    assert min(log.commits) == 99
    assert list(log.checkpoints) == [99, 124, 149, 174, 199]
    assert workshop.state() == state
    assert len(state.known) == 201
    told = history(workshop.lake, "t")
    assert [each.version for each in told] == list(range(201, -1, -1))
    assert told[100:] == before
    assert [each.version for each in history(workshop.lake, "t", 150)] == list(range(201, 51, -1))


def test_tidying_keeps_what_is_needed(workshop: Workshop) -> None:
    """Without a checkpoint nothing goes; with a torn one neither; with a whole one the table stays as it was."""
    state = commit(workshop.connection, workshop.lake, workshop.state(), workshop.batch("a", "b")).state
    state = fill(workshop, state, 3)
    age(workshop)
    tidy(workshop.lake, "t", every=1)
    assert len(read_log(workshop.lake, "t").commits) == 5

    DeltaTable(str(workshop.folder("t"))).create_checkpoint()
    age(workshop)
    checkpoint = next(workshop.folder("t").joinpath("_delta_log").glob("*.parquet"))
    whole = checkpoint.read_bytes()
    checkpoint.write_bytes(whole[:100])
    tidy(workshop.lake, "t", every=1)
    assert len(read_log(workshop.lake, "t").commits) == 5

    checkpoint.write_bytes(whole)
    age(workshop)
    tidy(workshop.lake, "t", every=1)

    assert list(read_log(workshop.lake, "t").commits) == [4]
    assert workshop.counts() == {"a": 3, "b": 3}
    assert workshop.state() == state
    assert [each.version for each in history(workshop.lake, "t")] == [4, 3, 2, 1, 0]
    assert fill(workshop, state, 2, "h").known.keys() > state.known.keys()
