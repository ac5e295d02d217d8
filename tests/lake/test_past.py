"""What a table held earlier can be asked for as long as its files are kept."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from deltalake import DeltaTable

from tailpipe_resources.errors import PastError
from tailpipe_resources.lake import commit, snapshot
from tailpipe_resources.lake.cleanup import put_away, supersede
from tailpipe_resources.lake.delta import Change, Removed, Told, active_files, commit_change, open_table
from tailpipe_resources.lake.history import history, tidy
from tailpipe_resources.lake.ledger import new_batch
from tailpipe_resources.query.engine import connect
from tailpipe_resources.query.views import View, create_views
from tests.lake.test_history import age

if TYPE_CHECKING:
    from tests.lake.conftest import Workshop


def rewritten(workshop: Workshop) -> None:
    """Versions 1 and 2 add `a` and `b`, 3 replaces the rows of `a`, 4 adds `c`."""
    state = workshop.state()
    for name in "ab":
        state = commit(workshop.connection, workshop.lake, state, workshop.batch(name)).state
    again = workshop.batch("a", version="2", rows=7, replaced=frozenset({"a"}))
    state = commit(workshop.connection, workshop.lake, state, again).state
    commit(workshop.connection, workshop.lake, state, workshop.batch("c"))


def counts(workshop: Workshop, as_of: datetime | int) -> dict[str, int] | None:
    """Rows by artifact, as they were; None when there was no table."""
    with ExitStack() as until, connect(threads=1) as connection:
        found = snapshot(workshop.lake, "t", until, as_of=as_of)
        if found is None:
            return None
        create_views(connection, [View("t", found.columns, found.files)])
        rows: list[tuple[Any, ...]] = connection.execute(
            "select tp_source_location, count(*) from t where tp_day = 7 and tp_partition = 'c' group by all"
        ).fetchall()
        return dict(rows)


def dropped(workshop: Workshop, *, kept: float) -> Removed:
    """One file taken out of the table, to be kept for so many seconds."""
    table = open_table(workshop.lake, "t")
    assert table is not None
    file = min(active_files(table).values(), key=lambda each: each.path)
    change = Change((), (file,), new_batch(None), stream="x", told=Told("delete"))
    version = commit_change(workshop.lake, "t", change)
    supersede(workshop.lake, "t", version, [file.path], kept=kept)
    return file


def test_every_version_shows_what_it_held(workshop: Workshop) -> None:
    """By number and by time, also where files were put away since."""
    rewritten(workshop)
    held = [{}, {"a": 3}, {"a": 3, "b": 3}, {"a": 7, "b": 3}, {"a": 7, "b": 3, "c": 3}]

    assert [counts(workshop, version) for version in range(5)] == held
    times = [event.time for event in reversed(history(workshop.lake, "t"))]
    assert [counts(workshop, each) for each in times] == held
    assert counts(workshop, datetime.now(UTC)) == held[4]


def test_before_its_first_commit_there_was_no_table(workshop: Workshop) -> None:
    """Which is no error: it was not there."""
    rewritten(workshop)

    assert counts(workshop, datetime.now(UTC) - timedelta(days=1)) is None


def test_a_version_that_is_still_to_come_is_refused(workshop: Workshop) -> None:
    """With the newest there is."""
    rewritten(workshop)

    with pytest.raises(PastError, match="no version 9 yet; its newest is 4"):
        counts(workshop, 9)


def test_what_was_deleted_is_told(workshop: Workshop) -> None:
    """With the version and the time from which on the table can be asked."""
    rewritten(workshop)
    dropped(workshop, kept=-1)
    put_away(workshop.lake, "t")

    with pytest.raises(PastError, match=r"no longer kept; it can be asked as of 2\d{3}-.*Z, its version 5, or later"):
        counts(workshop, 4)
    assert sum((counts(workshop, 5) or {}).values()) < 13


def test_what_left_the_log_is_told(workshop: Workshop) -> None:
    """History knows the time, but not the files."""
    rewritten(workshop)
    before = history(workshop.lake, "t")[-2]
    DeltaTable(str(workshop.folder("t"))).create_checkpoint()
    age(workshop)
    tidy(workshop.lake, "t", every=1)

    for as_of in (1, before.time):
        with pytest.raises(PastError, match="its version 4, or later"):
            counts(workshop, as_of)
    assert counts(workshop, 4) == {"a": 7, "b": 3, "c": 3}


def test_files_stay_while_the_past_is_read(workshop: Workshop) -> None:
    """Neither put away nor deleted, though their time has come; both once the reader is done."""
    rewritten(workshop)
    file = dropped(workshop, kept=0.7)
    moved = workshop.folder("t") / "_tailpipe" / "past" / file.path
    with ExitStack() as until:
        assert snapshot(workshop.lake, "t", until, as_of=4) is not None
        time.sleep(0.8)
        put_away(workshop.lake, "t")
        assert moved.exists()

    put_away(workshop.lake, "t")

    assert not moved.exists()
