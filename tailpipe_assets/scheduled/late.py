"""Rows that came after their window was asked: which minutes they are of.

A window is over when its time has come, whether or not all of its rows are there: logs come late, and a commit takes a
while. So each look asks which files came since the one before, and what they hold of windows that were asked already.
"""

from __future__ import annotations

import posixpath
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tailpipe_assets.scheduled.checkpoint import LONGEST
from tailpipe_resources.lake.staging import is_compacted
from tailpipe_resources.model.names import literal
from tailpipe_resources.model.schema import INSTANT, Column
from tailpipe_resources.query.views import scan

if TYPE_CHECKING:
    from collections.abc import Iterable

    import duckdb

    from tailpipe_assets.scheduled.checkpoint import Checkpoint
    from tailpipe_resources.model.stored_file import StoredFile

SLACK = timedelta(minutes=10)
"""For so long after it was written a file may not be there yet."""

LAG = timedelta(hours=1)
"""So long before its commit a row may have come in. Compaction puts new rows and old ones into one file."""

_COLUMNS = (Column("tp_timestamp", INSTANT), Column("tp_ingest_timestamp", INSTANT))


def recent(files: Iterable[StoredFile], moment: datetime) -> frozenset[str]:
    """The names of files that are so new that others may have been written before them and not be there yet."""
    since = (moment - SLACK).timestamp()
    return frozenset(_name(each) for each in files if each.written >= since)


def late_minutes(
    connection: duckdb.DuckDBPyConnection, files: Iterable[StoredFile], clock: str, checkpoint: Checkpoint
) -> list[datetime]:
    """The minutes of which rows came since the last look, though their windows had been asked.

    Args:
        connection: that may read the files.
        files: all there are now.
        clock: the column by which rows belong to windows.
        checkpoint: of the last look.
    """
    until, since = checkpoint.until, checkpoint.until - LONGEST
    new = [
        each
        for each in files
        if each.written >= (checkpoint.looked - SLACK).timestamp()
        and _name(each) not in checkpoint.files
        and (clock != "tp_timestamp" or (each.may_begin(until) and each.may_reach(since)))
    ]
    collected = [each for each in new if not is_compacted(each.address)]
    compacted = [each for each in new if is_compacted(each.address)]
    came = f"tp_ingest_timestamp >= {_instant(checkpoint.looked - LAG)}"
    queries = [
        f"SELECT date_trunc('minute', {clock}) AS minute FROM {scan([each.address for each in those], _COLUMNS)} "
        f"WHERE {clock} >= {_instant(since)} AND {clock} < {_instant(until)} AND {condition}"
        for those, condition in ((collected, "true"), (compacted, came))
        if those
    ]
    if not queries:
        return []
    found = connection.execute(f"SELECT DISTINCT minute FROM ({' UNION ALL '.join(queries)}) ORDER BY 1").fetchall()
    return [minute for (minute,) in found]


def _name(file: StoredFile) -> str:
    return posixpath.basename(file.address)


def _instant(moment: datetime) -> str:
    return f"CAST({literal(moment.isoformat())} AS TIMESTAMPTZ)"
