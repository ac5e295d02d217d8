"""Repairing: what is safe to put right without knowing anything but the lake itself."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from tailpipe_resources.errors import BusyError, LakeDamagedError
from tailpipe_resources.lake.attempts import UNCOMMITTED, sweep_attempts
from tailpipe_resources.lake.cleanup import past, supersede
from tailpipe_resources.lake.defects import counted
from tailpipe_resources.lake.delta import active_files
from tailpipe_resources.lake.inventory import open_leased
from tailpipe_resources.lake.leftovers import collections_of, orphans, staged
from tailpipe_resources.lake.mend import in_words, mend
from tailpipe_resources.lake.recovery import recover
from tailpipe_resources.lake.storage import discard

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    import duckdb
    from deltalake import DeltaTable

    from tailpipe_resources.lake.storage import Lake


def repair(connection: duckdb.DuckDBPyConnection, lake: Lake, tables: Sequence[str]) -> Iterator[str]:
    """Mend logs, finish or discard what runs left that are gone, and put orphaned files away.

    Args:
        connection: what writes files anew where that is needed.
        lake: where the tables lie.
        tables: their names.

    Yields:
        What was done, a sentence each.
    """
    for table in tables:
        yield from (in_words(table, each) for each in mend(lake, table))
    for table in tables:
        for collection in collections_of(lake, table):
            yield from _stream(connection, lake, table, collection)
        yield from _leftovers(lake, table)


def _stream(connection: duckdb.DuckDBPyConnection, lake: Lake, table: str, collection: str) -> Iterator[str]:
    told: list[str] = []
    try:
        with lake.lock(table, collection):
            recover(connection, lake, table, collection, told.append)
    except BusyError:
        told.append(f"{table}.{collection} was left alone: another run is at work on it")
    except LakeDamagedError:
        return  # nothing here mends it, and checking says so
    yield from dict.fromkeys(told)


def _leftovers(lake: Lake, table: str) -> Iterator[str]:
    for folder in staged(lake, table):
        discard(folder)
        yield f"{table}: the staged files in {folder} were deleted"
    with ExitStack() as until:
        try:
            if sweep_attempts(lake, table):
                yield f"{table}: {UNCOMMITTED}"
            found = open_leased(lake, table, until)
        except LakeDamagedError:
            return
        if found is None:
            return
        paths = yield from _beside(lake, table, found)
    # The lease is over, so that they can be put away.
    supersede(lake, table, found.version(), paths)
    if paths:
        yield f"{table}: put away {counted(len(paths), 'file')} that no version shows"


def _beside(lake: Lake, table: str, found: DeltaTable) -> Generator[str, None, tuple[str, ...]]:
    """Put the files that a version shows back in their places; which lie beside them."""
    listing, active = lake.store.listing(table), active_files(found)
    for path in active:
        if f"{table}/{path}" not in listing and past(table, path) in listing:
            lake.store.move(past(table, path), f"{table}/{path}")
            yield f"{table}: {path} was put back in its place"
    return orphans(lake, table, listing, active)
