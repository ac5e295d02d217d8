"""What a commit costs after ever more of them. With 100,000 it takes an hour: `python -m tests.benchmarks commits`."""

from __future__ import annotations

import tempfile
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.compact import compact_collections
from tailpipe_resources.lake import Batch, Lake, commit, local_lake
from tailpipe_resources.lake.delta import Told
from tailpipe_resources.lake.intent import Entry
from tailpipe_resources.lake.recovery import recover
from tailpipe_resources.lake.schema import delta_schema
from tailpipe_resources.lake.staging import stage
from tailpipe_resources.lake.table import ensure_table
from tailpipe_resources.model.schema import INSTANT, REJECTED_TABLE, Column
from tailpipe_resources.model.slot import Slot
from tailpipe_resources.query.engine import connect
from tests.benchmarks.measure import quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY = date(2024, 2, 1)
COMMITS = (1, 1_000, 10_000, 100_000)
COMPACT_EVERY = 500
WINDOW = 100
"""How many commits a figure is of."""

COLUMNS = (
    Column("tp_id", "VARCHAR"),
    Column("tp_timestamp", INSTANT),
    Column("tp_source_location", "VARCHAR"),
    Column("n", "BIGINT"),
)


def main(*, rounds: int, scale: float) -> None:
    """Commit 100,000 times, times the scale, and print what it took."""
    del rounds
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), [max(1, int(each * scale)) for each in COMMITS])


def measure(folder: Path, marks: Sequence[int]) -> None:
    """Commits of one small file each into a table that is compacted now and then.

    Args:
        folder: where there is no lake yet.
        marks: after so many commits some are looked at.
    """
    lake = local_lake(folder)
    print(f"\nA commit of one file, the table compacted every {COMPACT_EVERY} commits")
    print(f"  {'after commits':>14}{'p50 ms':>10}{'p95 ms':>10}{'CPU ms':>10}{'open ms':>10}{'log files':>11}")
    with connect(threads=1) as connection:
        for name in ("t", REJECTED_TABLE):
            ensure_table(lake, name, COLUMNS, delta_schema(connection, COLUMNS))
        state = recover(connection, lake, "t", "c")
        wall, processor = list[float](), list[float]()
        for number in range(max(marks) + WINDOW):
            file = stage(connection, lake, Slot("t", "c", "i", DAY), _row(number), stream="t/c")
            assert file is not None
            entry = Entry(f"artifact{number % 1000}", "1", "ok", rows=1)
            batch = Batch("t", "c", Told("collect", "bench"), files=(file,), consumed=(entry,))
            started, used = time.perf_counter(), time.process_time()
            state = commit(connection, lake, state, batch).state
            wall.append((time.perf_counter() - started) * 1000)
            processor.append((time.process_time() - used) * 1000)
            if number % COMPACT_EVERY == COMPACT_EVERY - 1:
                compact_collections(lake, [("t", "c")])
            if number + 1 - WINDOW in marks:
                _print(lake, number + 1 - WINDOW, wall[-WINDOW:], processor[-WINDOW:])


def _print(lake: Lake, mark: int, wall: list[float], processor: list[float]) -> None:
    p50, p95 = (quantile(wall, share) for share in (0.5, 0.95))
    files = len(list((lake.store.scratch / "t" / "_delta_log").iterdir()))
    used = sum(processor) / len(processor)
    print(f"  {mark:>14,}{p50:>10.1f}{p95:>10.1f}{used:>10.1f}{_opened(lake):>10.0f}{files:>11,}", flush=True)


def _row(number: int) -> str:
    return (
        f"SELECT 'r{number}' AS tp_id, TIMESTAMPTZ '{DAY} 12:00:00Z' AS tp_timestamp, "
        f"'artifact{number % 1000}' AS tp_source_location, {number}::BIGINT AS n"
    )


def _opened(lake: Lake) -> float:
    started = time.perf_counter()
    with connect(threads=1) as connection:
        recover(connection, lake, "t", "c")
    return (time.perf_counter() - started) * 1000
