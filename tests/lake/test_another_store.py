"""A store that somebody else wrote to speak S3 serves as well as the one the other tests use."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.errors import CommitConflictError
from tailpipe_resources.lake import commit, open_lake
from tailpipe_resources.lake.check import check
from tailpipe_resources.lake.compact import compact, small_slots
from tailpipe_resources.lake.delta import Told
from tests.lake.conftest import Workshop, open_shop
from tests.services.s3 import S3Endpoint, s3_destination

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.service
START_SECONDS = 20


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Endpoint]:
    """LocalBucket, which keeps objects as files."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("localbucket")
    folder = tmp_path_factory.mktemp("buckets")
    with subprocess.Popen(
        [program, "--port", str(port), folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            yield S3Endpoint(answering(f"http://127.0.0.1:{port}"))
        finally:
            server.terminate()


def answering(url: str) -> str:
    """The same address, once somebody answers there."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return url
        except urllib.error.HTTPError:
            return url
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@pytest.fixture
def workshop(another: S3Endpoint) -> Iterator[Workshop]:
    """A lake in a bucket of its own."""
    with open_shop(open_lake(s3_destination(another.url, another.bucket()))) as made:
        yield made


def test_rows_are_committed_replaced_and_compacted(workshop: Workshop) -> None:
    """Once each, and the lake is sound after it."""
    state = workshop.state()
    for name in "abc":
        state = commit(workshop.connection, workshop.lake, state, workshop.batch(name)).state
    again = workshop.batch("b", version="2", rows=1, replaced=frozenset({"b"}))
    commit(workshop.connection, workshop.lake, state, again)

    slots = small_slots(workshop.lake, "t")
    done = compact(workshop.connection, workshop.lake, "t", slots, told=Told("compact"))

    assert (done.files_before, done.files_after) == (3, 1)
    assert workshop.counts() == {"a": 3, "b": 1, "c": 3}
    assert not [each for each in check(workshop.lake, "t", workshop.connection) if each.severity == "error"]


def test_of_two_writers_one_wins(workshop: Workshop) -> None:
    """The other plans again, and nothing is doubled or lost."""
    state = workshop.state()
    first, second = workshop.batch("a"), workshop.batch("b")
    commit(workshop.connection, workshop.lake, state, first)

    with pytest.raises(CommitConflictError):
        commit(workshop.connection, workshop.lake, state, second)

    state = workshop.state()
    commit(workshop.connection, workshop.lake, state, workshop.batch("b"))
    assert workshop.counts() == {"a": 3, "b": 3}
