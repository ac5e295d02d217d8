"""Retired commits: what of a log only earlier versions need lies beside it, so that the log itself stays short.

On a local disk delta-rs looks at every file of a log's folder whenever it opens the table; at a commit a second that is
86,400 a day, and four tenths of a second of the processor for each commit after that. Commits far behind the newest
checkpoint therefore move, oldest first, to a log of their own, where `--as-of` reads them, and are deleted after a day.
Of an object store a log is listed from its newest checkpoint on, and nothing moves.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from tailpipe_resources.lake.cleanup import KEPT_SECONDS
from tailpipe_resources.lake.delta import open_table
from tailpipe_resources.lake.log import is_parquet, read_log
from tailpipe_resources.lake.storage import OWN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from deltalake import DeltaTable

    from tailpipe_resources.lake.log import Log
    from tailpipe_resources.lake.storage import Lake

LEFT = 500
"""So many commits stay behind the newest, for programs that opened the log a while ago."""

CHECKPOINT_EVERY = 100
"""One checkpoint in so many commits is kept: an earlier version is a checkpoint and the commits after it."""


def log_of(table: str) -> str:
    """Where retired commits lie: a folder like that of a table, relative to the lake."""
    return f"{table}/{OWN}/log"


def retire(lake: Lake, table: str, log: Log, *, left: int = LEFT) -> None:
    """Move what lies far behind the newest commit, as far as that works, and delete what is a day old.

    Args:
        lake: where the table lies.
        table: its name.
        log: its log, what it tells of itself being kept in the history.
        left: so many commits behind the newest stay.
    """
    if lake.store.is_remote or log.newest is None:
        return
    far = [version for version in log.checkpoints if version <= log.newest - left]
    if not far or not is_parquet(lake, log.checkpoints[max(far)]):
        return
    folder = lake.store.scratch / log_of(table) / "_delta_log"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        for key, is_kept in _before(log, max(far)):
            path = lake.store.scratch / key
            with suppress(FileNotFoundError):
                if is_kept:
                    path.replace(folder / path.name)
                else:
                    path.unlink()
        _forget(folder)


def _before(log: Log, end: int) -> Iterator[tuple[str, bool]]:
    """The files of a log before a version, and whether each is kept.

    Oldest first, so that at any time what is left begins at some commit.
    """
    for version in sorted(log.commits.keys() | log.checkpoints.keys()):
        if version < end and version in log.checkpoints:
            yield log.checkpoints[version], (version + 1) % CHECKPOINT_EVERY == 0
        if version < end and version in log.commits:
            yield log.commits[version], True


def _forget(folder: Path) -> None:
    """Delete what is older than the files that its commits took out of sight are kept."""
    before = time.time() - KEPT_SECONDS
    # As names: versions are written in one length, and to look at every file takes a hundred times as long.
    for name in sorted(os.listdir(folder)):  # noqa: PTH208
        path = folder / name
        if path.stat().st_mtime >= before:
            return
        path.unlink(missing_ok=True)


def readable(lake: Lake, table: str) -> range:
    """The versions that can be opened: a checkpoint, or the first commit, and all commits after it are there."""
    now, before = _range(read_log(lake, table)), _range(read_log(lake, log_of(table)))
    return range(before.start, now.stop) if before and before.stop >= now.start else now


def open_at(lake: Lake, table: str, version: int) -> DeltaTable | None:
    """A table as it was in a version that is readable.

    Raises:
        LakeDamagedError: its log cannot be read.
        LakeError: the lake cannot be reached.
    """
    is_retired = version not in _range(read_log(lake, table))
    return open_table(lake, log_of(table) if is_retired else table, version)


def _range(log: Log) -> range:
    if log.newest is None:
        return range(0)
    first = log.newest
    while first - 1 in log.commits:
        first -= 1
    starts = [0] if first == 0 else [each for each in log.checkpoints if each >= first - 1]
    return range(min(starts, default=log.newest + 1), log.newest + 1)
