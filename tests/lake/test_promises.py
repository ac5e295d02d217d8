"""Promises: a version is read until a time, by whoever cannot hold a lease."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tailpipe_resources.lake import local_lake
from tailpipe_resources.lake.leases import oldest_read, promise

if TYPE_CHECKING:
    from pathlib import Path

    from tailpipe_resources.lake import Lake


def read(lake: Lake) -> int | None:
    """The oldest version that somebody reads."""
    with oldest_read(lake, "t") as version:
        return version


def test_a_promised_version_counts_as_read_until_its_time(tmp_path: Path) -> None:
    """Then it is forgotten, and its file goes."""
    lake, now = local_lake(tmp_path), datetime.now(UTC)

    assert promise(lake, "t", 4, now + timedelta(seconds=0.5))
    assert promise(lake, "t", 7, now + timedelta(hours=1))
    assert read(lake) == 4
    time.sleep(0.6)
    assert read(lake) == 7
    assert len(list(tmp_path.glob("t/_tailpipe/leases/*.promised"))) == 1


def test_a_shorter_promise_takes_nothing_from_a_longer_one(tmp_path: Path) -> None:
    """Two scripts may read one version."""
    lake, now = local_lake(tmp_path), datetime.now(UTC)
    promise(lake, "t", 4, now + timedelta(hours=1))
    promise(lake, "t", 4, now - timedelta(hours=1))

    assert read(lake) == 4
