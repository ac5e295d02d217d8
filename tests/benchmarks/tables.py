"""How fast each built-in table is collected from its generated sample, against what is wanted of its kind."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tailpipe_assets.samples import access_log, by_table
from tests.benchmarks.measure import interleaved

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.measure import Measured

DAY = date(2024, 2, 1)
TEXT_RECORDS, JSON_RECORDS = 500_000, 100_000
WANTED_OF_TEXT, WANTED_OF_JSON = 250_000, 60_000
WANTED = {"aws_vpc_flow_log": 400_000}
"""Rows for each second of CPU time, of an otherwise idle machine."""


def main(*, rounds: int, scale: float) -> None:
    """Generate a log a table, collect it, and print what that took."""
    names = ("records", "rejected", "bytes/record", "rows/s", "rows/CPU s", "wanted")
    heads = "".join(f"{name:>{width}}" for name, width in zip(names, (10, 10, 14, 10, 12, 10), strict=True))
    print(f"\n  {'table':<28}{heads}")
    with tempfile.TemporaryDirectory() as folder:
        for table in ("http_log", *by_table.TABLES):
            _measure(Path(folder) / table, table, rounds, scale)


def _measure(folder: Path, table: str, rounds: int, scale: float) -> None:
    is_text = table == "http_log" or table in by_table.LINES
    records = int((TEXT_RECORDS if is_text else JSON_RECORDS) * scale)
    write: Callable[[Path], object] = (
        (lambda path: access_log.write_day(path, DAY, lines=records))
        if table == "http_log"
        else lambda path: by_table.write_day(table, path, DAY, records=records)
    )
    path = folder / "a.log"
    write(path)
    size = path.stat().st_size / records
    (best,) = interleaved(path, {"tailpipe": (table,)}, rounds)
    _show(table, best, records, size, WANTED.get(table, WANTED_OF_TEXT if is_text else WANTED_OF_JSON))


def _show(table: str, best: Measured, records: int, size: float, wanted: int) -> None:
    rejected = records - best.rows
    speed = f"{best.per_second:>10,.0f}{best.per_cpu_second:>12,.0f}{wanted:>10,}"
    note = "" if best.per_cpu_second >= wanted else "  below"
    print(f"  {table:<28}{records:>10,}{rejected:>10,}{size:>14,.0f}{speed}{note}", flush=True)
