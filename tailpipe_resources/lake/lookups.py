"""Where lookups lie: beside the files of a table, under the same names, as long as these are there.

A lookup is written before its file is committed, and goes with it. A run that dies leaves one that belongs to no file;
the next compaction after a day removes it. Lakes in buckets have none: asking for one takes as long as asking the file.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tailpipe_resources.lake.cleanup import ABANDONED_SECONDS, superseded
from tailpipe_resources.lake.delta import active_files, open_table
from tailpipe_resources.lake.lookup_names import folder_of, lookup_key
from tailpipe_resources.lake.staging import stage_sorted
from tailpipe_resources.query.lookup import build

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import duckdb

    from tailpipe_resources.lake.staging import StagedFile
    from tailpipe_resources.lake.storage import Lake
    from tailpipe_resources.model.schema import Column
    from tailpipe_resources.model.slot import Slot


def stage_looked_up(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    slot: Slot,
    select: str,
    folder: Path,
    columns: Iterable[Column],
    *,
    piece_bytes: int | None,
) -> list[StagedFile]:
    """The same as `stage_sorted`, with the lookup of each file.

    Args:
        connection: where the query can run.
        lake: where the slot lies.
        slot: whose files they will be.
        select: a query that yields the stored columns of the slot's rows.
        folder: where to stage.
        columns: what the query yields.
        piece_bytes: about how large each file gets.
    """
    staged, known = stage_sorted(connection, lake, slot, select, folder, piece_bytes=piece_bytes), tuple(columns)
    for file in staged:
        _write_lookup(connection, lake, file, known)
    return staged


def _write_lookup(
    connection: duckdb.DuckDBPyConnection, lake: Lake, file: StagedFile, columns: Iterable[Column]
) -> None:
    """Write what a staged file may hold, where a query looks for it once the file is committed."""
    if not lake.store.is_remote:
        found = build(connection, str(lake.store.scratch / file.staged), columns)
        lake.store.write(lookup_key(file.slot.table, file.final), found)


def sweep_lookups(lake: Lake, table: str) -> None:
    """Remove old lookups whose files are gone, or were never committed."""
    if lake.store.is_remote:
        return
    before = time.time() - ABANDONED_SECONDS
    old = {key for key, each in lake.store.listing(folder_of(table)).items() if each.modified < before}
    found = open_table(lake, table) if old else None
    if found is None:
        return
    left = old - {lookup_key(table, path) for path in active_files(found)}
    if left:
        lake.store.remove(left - {lookup_key(table, path) for path in superseded(lake, table)})
