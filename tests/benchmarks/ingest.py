"""How fast logs become rows, against the plain DuckDB way and ClickHouse, and how much memory that takes."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path

from tailpipe_assets.samples import access_log, cloudtrail
from tests.benchmarks.measure import interleaved, run, show

FIRST_DAY = date(2024, 2, 1)
DAYS = 4
EVENTS = 200_000
LINES = 1_000_000
TIMES_MORE = 10
"""How much more input the memory is measured with."""


def main(*, rounds: int, scale: float) -> None:
    """Generate the logs, run the contenders in turns, and print what they did."""
    with tempfile.TemporaryDirectory() as folder:
        _cloudtrail(Path(folder), rounds, int(EVENTS * scale))
        _access_log(Path(folder), rounds, int(LINES * scale))
        _memory(Path(folder), int(EVENTS * scale))


def _cloudtrail(folder: Path, rounds: int, events: int) -> None:
    logs = _events(folder / "cloudtrail", events)
    best = interleaved(logs, {"tailpipe": ("aws_cloudtrail_log",), "duckdb": (), "chdb": (), "chdb_eleven": ()}, rounds)
    show(f"CloudTrail, {events:,} events, 200 an object, gzip", "events", best, against="duckdb")


def _access_log(folder: Path, rounds: int, lines: int) -> None:
    log = folder / "access.log"
    access_log.write_day(log, FIRST_DAY, lines=lines)
    best = interleaved(log, {"tailpipe": ("http_log",), "duckdb_regex": ()}, rounds)
    show(f"Access log, {lines:,} combined lines", "lines", best, against="duckdb_regex")


def _memory(folder: Path, events: int) -> None:
    logs = _events(folder / "more", events * TIMES_MORE)
    more = [run("tailpipe", logs, "aws_cloudtrail_log"), run("duckdb", logs)]
    title = f"CloudTrail, {more[0].rows:,} events: {TIMES_MORE} times the input"
    show(title, "events", more, against="duckdb")


def _events(folder: Path, events: int) -> Path:
    for number in range(DAYS):
        cloudtrail.write_day(folder, FIRST_DAY + timedelta(days=number), events=events // DAYS)
    return folder
