"""What is written to a folder may be read and written by whom the umask says."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.lake import commit, snapshot
from tailpipe_resources.model.schema import REJECTED_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lake.conftest import Workshop


@pytest.fixture(params=[0o027, 0o002], ids=["027", "002"])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """One that shuts others out, and one that lets the group write."""
    asked: int = request.param
    before = os.umask(asked)
    try:
        yield asked
    finally:
        os.umask(before)


@pytest.fixture
def filled(umask: int, workshop: Workshop) -> Workshop:
    """A lake in which everything was written once: rows, rejects, intents, locks, leases, notes."""
    assert umask == os.umask(umask)
    with workshop.lake.lock("t", "c"):
        state = workshop.state()
        rejects = (workshop.stage("a", range(2), table=REJECTED_TABLE, index="t"),)
        done = commit(workshop.connection, workshop.lake, state, workshop.batch("a", rejects=rejects))
        batch = workshop.batch("a", version="2", replaced=frozenset({"a"}))
        commit(workshop.connection, workshop.lake, done.state, batch)
        workshop.stage("b", range(2))
    return workshop


def test_permissions_follow_the_umask(filled: Workshop, umask: int) -> None:
    """Whoever wrote it: DuckDB, delta-rs or we."""
    with ExitStack() as until:
        assert snapshot(filled.lake, "t", until) is not None
        found = [*filled.lake.store.scratch.rglob("*")]

    modes = {(path.is_dir(), path.stat().st_mode & 0o777) for path in found}

    assert {path.suffix for path in found} >= {".parquet", ".json", ".tmp"}
    assert modes == {(True, 0o777 & ~umask), (False, 0o666 & ~umask)}
