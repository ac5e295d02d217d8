"""The past: which version a table had at a time, and where the files of that version lie now."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tailpipe_resources.errors import PastError
from tailpipe_resources.lake.cleanup import past
from tailpipe_resources.lake.delta import active_files
from tailpipe_resources.lake.history import history
from tailpipe_resources.lake.log import read_log
from tailpipe_resources.lake.retired import open_at, readable

if TYPE_CHECKING:
    from deltalake import DeltaTable

    from tailpipe_resources.lake.history import Event
    from tailpipe_resources.lake.storage import Lake

AsOf = datetime | int
"""A time, or a version of a table."""


def version_at(lake: Lake, table: str, as_of: AsOf) -> int | None:
    """The version a table had then; None when there was no such table yet.

    Raises:
        PastError: the log does not reach back that far, or there is no such version.
    """
    wanted = _at_time(lake, table, as_of) if isinstance(as_of, datetime) else _of_number(lake, table, as_of)
    if wanted is not None and wanted not in readable(lake, table):
        raise _too_old(lake, table, wanted)
    return wanted


def keys_of(lake: Lake, table: str, opened: DeltaTable) -> tuple[str, ...]:
    """Where the files of an earlier version lie, sorted. To be called while nothing is put away.

    Raises:
        PastError: some were deleted meanwhile.
    """
    found = _placed(table, opened, _there(lake, table))
    if found is None:
        raise _too_old(lake, table, opened.version())
    return found


def _placed(table: str, opened: DeltaTable, there: frozenset[str]) -> tuple[str, ...] | None:
    keys = []
    for path in sorted(active_files(opened)):
        key = next((each for each in (f"{table}/{path}", past(table, path)) if each in there), None)
        if key is None:
            return None
        keys.append(key)
    return tuple(keys)


def _there(lake: Lake, table: str) -> frozenset[str]:
    return frozenset(key for key in lake.store.keys(table) if key.endswith(".parquet"))


def _at_time(lake: Lake, table: str, time: datetime) -> int | None:
    events = history(lake, table)
    then = next((event.version for event in events if event.time <= time), None)
    if then is None and events and events[-1].version > 0:
        raise _too_old(lake, table, 0)
    return then


def _of_number(lake: Lake, table: str, version: int) -> int:
    newest = read_log(lake, table).newest or 0
    if version > newest:
        raise PastError(f"{table} has no version {version} yet; its newest is {newest}")
    return version


def _too_old(lake: Lake, table: str, wanted: int) -> PastError:
    """An error that names the next version after the one that was wanted that can be asked."""
    first = _first_kept(lake, table, wanted)
    told: Event | None = next((each for each in history(lake, table) if each.version == first), None)
    if told is None:
        return PastError(f"what {table} held then is no longer kept")
    since = f"{told.time:%Y-%m-%dT%H:%M:%S.%f}"[:-3]
    return PastError(
        f"what {table} held then is no longer kept; it can be asked as of {since}Z, its version {first}, or later"
    )


def _first_kept(lake: Lake, table: str, wanted: int) -> int:
    """A version from `wanted` on all of whose files are still there, as old as halving finds one."""
    there, versions = _there(lake, table), readable(lake, table)
    low, high = max(wanted, versions.start), versions.stop - 1
    while low < high:
        middle = (low + high) // 2
        opened = open_at(lake, table, middle)
        if opened is not None and _placed(table, opened, there) is not None:
            high = middle
        else:
            low = middle + 1
    return low
