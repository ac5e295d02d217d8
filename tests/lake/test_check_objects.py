"""Lakes in an object store are checked, repaired and remembered like those on a disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.errors import LakeError
from tailpipe_resources.lake import commit, snapshot
from tailpipe_resources.lake.check import check
from tailpipe_resources.lake.delta import open_table
from tailpipe_resources.lake.history import history, tidy
from tailpipe_resources.lake.repair import repair
from tailpipe_resources.model.names import literal

if TYPE_CHECKING:
    from tests.lake.conftest import Workshop

pytestmark = pytest.mark.service


@pytest.fixture
def workshop(far_shop: Workshop) -> Workshop:
    """With a commit of two artifacts."""
    commit(far_shop.connection, far_shop.lake, far_shop.state(), far_shop.batch("a", "b"))
    return far_shop


def test_a_sound_lake_gives_nothing(workshop: Workshop) -> None:
    """Rows are read through the store."""
    assert check(workshop.lake, "t", workshop.connection) == ()
    assert check(workshop.lake, "t") == ()
    assert list(repair(workshop.connection, workshop.lake, ["t"])) == []


def test_damage_is_found_and_logs_are_mended(workshop: Workshop) -> None:
    """A missing object, one that was cut short, and a torn commit."""
    store = workshop.lake.store
    first, second = [key for key in store.keys("t") if key.endswith(".parquet")]
    store.remove([first])
    store.write(second, store.read(second)[:-1])

    told = {each.where: each.what for each in check(workshop.lake, "t", workshop.connection)}
    assert told.keys() == {first, second}
    assert "missing" in told[first]

    log = max(key for key in store.keys("t/_delta_log"))
    store.write(log, store.read(log)[:50])
    assert "commit 1 is not whole" in {each.what for each in check(workshop.lake, "t")}
    assert "commit 1 is not whole" in next(repair(workshop.connection, workshop.lake, ["t"]))
    assert log not in store.keys("t")


def test_history_is_kept_there_too(workshop: Workshop) -> None:
    """What may leave the log is written down first."""
    table = open_table(workshop.lake, "t")
    assert table is not None
    table.create_checkpoint()
    tidy(workshop.lake, "t", every=1)

    (kept,) = workshop.lake.store.keys("t/_tailpipe/history")
    assert b'"operation": "create"' in workshop.lake.store.read(kept)
    assert [each.operation for each in history(workshop.lake, "t")] == ["collect", "create"]


def test_the_past_is_there_too(workshop: Workshop) -> None:
    """What was replaced stays in its place for a day."""
    state = workshop.state()
    again = workshop.batch("a", version="2", rows=7, replaced=frozenset({"a"}))
    commit(workshop.connection, workshop.lake, state, again)

    for as_of, rows in ((1, 6), (2, 10)):
        found = snapshot(workshop.lake, "t", as_of=as_of)
        assert found is not None
        files = ", ".join(map(literal, found.files))
        counted = workshop.connection.execute(f"SELECT count(*) FROM read_parquet([{files}])").fetchone()
        assert counted == (rows,)


def test_a_staged_file_that_is_gone_is_never_committed(workshop: Workshop) -> None:
    """Unless it was uploaded before."""
    state = workshop.state()
    batch = workshop.batch("c")
    (workshop.lake.store.scratch / batch.files[0].staged).unlink()

    with pytest.raises(LakeError, match="is gone and was not uploaded"):
        commit(workshop.connection, workshop.lake, state, batch)

    assert check(workshop.lake, "t", workshop.connection) == ()
    file = workshop.stage("c", range(3))
    file.publish(workshop.lake)
    file.publish(workshop.lake)
