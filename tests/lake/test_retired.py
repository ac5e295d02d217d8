"""Commits that only earlier versions need lie beside the log, where as-of reads them, and go after a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.errors import PastError
from tailpipe_resources.lake import commit, snapshot
from tailpipe_resources.lake.history import history, tidy
from tailpipe_resources.lake.log import read_log
from tailpipe_resources.lake.retired import log_of, readable, retire
from tests.lake.test_history import age
from tests.lake.test_past import counts

if TYPE_CHECKING:
    from tailpipe_resources.lake.ledger import State
    from tests.lake.conftest import Workshop

COMMITS = 160


def fill(workshop: Workshop, count: int, name: str = "f") -> State:
    """So many commits of an artifact each."""
    state = workshop.state()
    for number in range(count):
        state = commit(workshop.connection, workshop.lake, state, workshop.batch(f"{name}{number}")).state
    return state


@pytest.fixture
def written(workshop: Workshop) -> Workshop:
    """A table of many commits; versions 0 to 160."""
    fill(workshop, COMMITS)
    return workshop


def retired(workshop: Workshop) -> None:
    """What lies more than thirty commits back, retired."""
    tidy(workshop.lake, "t", every=1)
    retire(workshop.lake, "t", read_log(workshop.lake, "t"), left=30)


def rows(workshop: Workshop, version: int) -> int:
    """How many rows a version had."""
    return sum((counts(workshop, version) or {}).values())


def test_the_log_stays_short_and_every_version_can_be_asked(written: Workshop) -> None:
    """The newest from the log as before, earlier ones from where their commits lie now."""
    told, versions = history(written.lake, "t"), (1, 24, 57, 99, 100, 123, 124, 125, 160)
    before = [rows(written, each) for each in versions]

    retired(written)

    log, aside = read_log(written.lake, "t"), read_log(written.lake, log_of("t"))
    assert (min(log.commits), log.newest, min(log.checkpoints)) == (124, COMMITS, 124)
    assert (list(aside.commits), list(aside.checkpoints)) == (list(range(124)), [99])
    assert readable(written.lake, "t") == range(COMMITS + 1)
    assert [rows(written, each) for each in versions] == before == sorted(set(before))
    assert history(written.lake, "t") == told


def test_it_goes_on_and_again(written: Workshop) -> None:
    """Commits follow, and more of them retire beside those that have."""
    retired(written)
    state = fill(written, 50, "g")
    retired(written)

    assert min(read_log(written.lake, "t").commits) == 174
    assert readable(written.lake, "t") == range(COMMITS + 51)
    assert written.state() == state
    assert rows(written, 210) - rows(written, 160) == 50 * rows(written, 1)


def test_what_was_cut_short_is_finished(written: Workshop) -> None:
    """A crash leaves some moved: what can be asked then can be trusted, and the next time moves the rest."""
    folder = written.folder("t")
    (folder / "_tailpipe" / "log" / "_delta_log").mkdir(parents=True)
    for version in range(60):
        name = f"{version:020}.json"
        (folder / "_delta_log" / name).rename(folder / "_tailpipe" / "log" / "_delta_log" / name)
    assert rows(written, COMMITS) == rows(written, 74) + 86 * (rows(written, 75) - rows(written, 74))
    with pytest.raises(PastError, match="its version 74, or later"):
        rows(written, 57)

    retired(written)

    assert rows(written, COMMITS) == rows(written, 57) + 103 * rows(written, 1)
    assert readable(written.lake, "t") == range(COMMITS + 1)


def test_they_are_forgotten_after_a_day(written: Workshop) -> None:
    """As the files are that they name."""
    retired(written)
    age(written, log_of("t"))
    retired(written)

    assert not read_log(written.lake, log_of("t")).commits
    assert readable(written.lake, "t").start == 124
    with pytest.raises(PastError, match="its version 124, or later"):
        rows(written, 57)


def test_a_torn_checkpoint_keeps_everything_where_it_is(written: Workshop) -> None:
    """What stands before it may still be needed."""
    log = read_log(written.lake, "t")
    checkpoint = written.folder("t") / "_delta_log" / f"{124:020}.checkpoint.parquet"
    checkpoint.write_bytes(checkpoint.read_bytes()[:100])

    retire(written.lake, "t", log, left=30)

    assert read_log(written.lake, "t").commits == log.commits


def test_readers_of_now_and_then_agree(written: Workshop) -> None:
    """A snapshot of the newest version is the same, asked as it is or by its number."""
    retired(written)
    now, then = snapshot(written.lake, "t"), snapshot(written.lake, "t", as_of=COMMITS)

    assert now == then
