"""Mending a Delta log that a crash tore: what is not whole and not needed is moved out of the way.

A commit's rows and the note that they were collected stand in one file. When that file is torn, both vanish together,
and the next run collects those rows again. A torn checkpoint repeats what commits say: where these are still there, it
is not needed. Only one process at a time mends, and nobody replaces a file of the log that is there, so what is moved
is what was found torn.
"""

from __future__ import annotations

import json
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from tailpipe_resources.errors import BusyError, LakeDamagedError
from tailpipe_resources.lake.delta import TOLD_KEY, open_table
from tailpipe_resources.lake.log import is_parquet, named_checkpoint, read_log, torn_commits
from tailpipe_resources.lake.storage import OWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tailpipe_resources.lake.log import Log
    from tailpipe_resources.lake.storage import Lake

_PATIENCE_SECONDS = 10.0
_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Torn:
    """A file of a log that is not whole, or names one that is not."""

    key: str
    what: str
    """What it is and why it is of no use, as part of a sentence."""

    repeated: bool = False
    """Whether it is a commit that a whole checkpoint repeats: only its place must be taken."""

    needed: bool = False
    """Whether the table cannot be read without it: nothing here can be mended."""


def torn(lake: Lake, table: str, *, quick: bool = False) -> tuple[Torn, ...]:
    """What of a table's log is torn.

    Args:
        lake: where the table lies.
        table: its name.
        quick: look only at how files begin and end; else, where a table cannot be opened, checkpoints are read whole.
    """
    log = read_log(lake, table)
    found = _torn(lake, log, lambda key: is_parquet(lake, key))
    if found or quick or _opens(lake, table):
        return found
    return _torn(lake, log, lambda key: _is_readable(lake, key))


def mend(lake: Lake, table: str, *, quick: bool = False) -> tuple[Torn, ...]:
    """Move what is torn and not needed out of the log.

    Args:
        lake: where the table lies.
        table: its name.
        quick: do what can be done without opening the table; nothing in an object store, where puts are whole.

    Returns:
        What was moved.
    """
    if (quick and lake.store.is_remote) or not torn(lake, table, quick=quick):
        return ()
    with _alone(lake, table):
        moved = tuple(each for each in torn(lake, table, quick=quick) if not each.needed)
        for each in moved:
            _move(lake, table, each)
        lake.store.settle(table, read_log(lake, table).newest or 0)
        return moved


def _move(lake: Lake, table: str, each: Torn) -> None:
    now = time.time_ns() // 1_000_000
    aside = f"{table}/{OWN}/torn/{now}-{each.key.rsplit('/', 1)[-1]}"
    if each.repeated:
        told = {"commitInfo": {"timestamp": now, "operation": "REPAIR", TOLD_KEY: '{"operation": "repair"}'}}
        lake.store.write(aside, lake.store.read(each.key))
        lake.store.write(each.key, json.dumps(told).encode())
    else:
        lake.store.move(each.key, aside)


def in_words(table: str, moved: Torn) -> str:
    """What was moved out of the way, as a sentence."""
    return f"the log of {table} was mended after a crash: {moved.what}; {moved.key} was moved to {table}/{OWN}/torn"


def _torn(lake: Lake, log: Log, is_whole: Callable[[str], bool]) -> tuple[Torn, ...]:
    commits = torn_commits(lake, log)
    broken = _broken_checkpoints(log, is_whole)
    usable = [version for version in log.checkpoints if version not in broken]
    return (
        *(
            Torn(log.commits[version], f"commit {version} is not whole", repeated=version <= max(usable, default=-1))
            for version in commits
        ),
        *_checkpoints(log, broken, complete=_is_complete(log, commits, max(usable, default=-1))),
        *_last(lake, log, broken),
    )


def _checkpoints(log: Log, broken: list[int], *, complete: bool) -> Iterator[Torn]:
    for version in broken:
        left = "" if complete else ", and commits before it are gone"
        yield Torn(log.checkpoints[version], f"checkpoint {version} is not whole{left}", needed=not complete)


def _last(lake: Lake, log: Log, broken: list[int]) -> Iterator[Torn]:
    if log.last is None:
        return
    named = named_checkpoint(lake, log)
    if named is None:
        yield Torn(log.last, "the file that names the newest checkpoint is not whole")
    elif named not in log.checkpoints or named in broken:
        yield Torn(log.last, f"it names checkpoint {named}, which is of no use")


def _broken_checkpoints(log: Log, is_whole: Callable[[str], bool]) -> list[int]:
    """The newest checkpoints that are not whole; older ones than the first that is are never read."""
    broken = []
    for version in sorted(log.checkpoints, reverse=True):
        if is_whole(log.checkpoints[version]):
            break
        broken.append(version)
    return broken


def _is_complete(log: Log, torn_at_the_end: tuple[int, ...], checkpoint: int) -> bool:
    """Whether the commits after a checkpoint are all there."""
    commits = log.commits.keys() - set(torn_at_the_end)
    return commits >= set(range(checkpoint + 1, max(commits, default=-1) + 1)) and bool(commits or checkpoint >= 0)


def _opens(lake: Lake, table: str) -> bool:
    try:
        open_table(lake, table)
    except LakeDamagedError:
        return False
    return True


def _is_readable(lake: Lake, key: str) -> bool:
    try:
        pq.read_table(BytesIO(lake.store.read(key)))
    except (pa.ArrowException, OSError):
        return False
    return True


@contextmanager
def _alone(lake: Lake, table: str) -> Iterator[None]:
    """Wait until nobody else mends this table."""
    until = time.monotonic() + _PATIENCE_SECONDS
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(lake.store.lock(f"{table}/{OWN}/mend.lock", f"the log of {table}"))
            except BusyError:
                if time.monotonic() > until:
                    raise
                time.sleep(_PAUSE_SECONDS)
            else:
                break
        yield
