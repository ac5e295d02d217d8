"""What the lake costs: a commit after ever more of them, compaction, bytes a row, and queries while files change."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tailpipe_assets.pipeline import collect, plan
from tailpipe_assets.pipeline.compact import compact_collections
from tailpipe_assets.samples import cloudtrail
from tailpipe_assets.views import views_of
from tailpipe_resources.config import load
from tailpipe_resources.lake import Lake, local_lake
from tailpipe_resources.query.engine import connect
from tailpipe_resources.query.views import create_views
from tests.benchmarks import commits
from tests.benchmarks.measure import quantile

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailpipe_resources.model.config import Config

FIRST_DAY = date(2024, 2, 1)
DAYS = 4
EVENTS = 400_000
ROUNDS_OF_COLLECTING = 8
"""How many times a part of the logs is collected, so that there are small files to compact."""

COMMITS = (1, 1_000, 10_000)


def main(*, rounds: int, scale: float) -> None:
    """Commit, collect, compact and ask, and print what it took."""
    del rounds
    with tempfile.TemporaryDirectory() as folder:
        commits.measure(Path(folder) / "commits", [max(1, int(each * scale)) for each in COMMITS])
        _compaction(Path(folder), int(EVENTS * scale))


def _compaction(folder: Path, events: int) -> None:
    logs = folder / "logs"
    config = _config(folder, logs)
    for part in range(ROUNDS_OF_COLLECTING):
        for number in range(DAYS):
            day = FIRST_DAY + timedelta(days=number)
            cloudtrail.write_day(logs / str(part), day, events=events // DAYS // ROUNDS_OF_COLLECTING, seed=part)
        collect(plan(config))
    lake = local_lake(folder / "lake")
    rows = _asked(config, "select count(*) from aws_cloudtrail_log")
    packed = sum(path.stat().st_size for path in logs.rglob("*.gz"))
    idle = _queries(config, lambda: False)
    before = _stored(lake)
    busy, result, cpu = _while_compacting(config, lake)
    after = _stored(lake)
    print(f"\nCompaction of {rows:,} CloudTrail rows, {result.files_before} files to {result.files_after}")
    print(f"  {before / 2**20 / result.seconds:,.1f} MiB/s and {rows / result.seconds:,.0f} rows/s on the clock")
    print(f"  {rows / cpu:,.0f} rows a CPU second, queries meanwhile included")
    print("\nBytes a row")
    sizes = {"gzip as delivered": packed / rows, "collected": before / rows, "compacted": after / rows}
    for name, size in {**sizes, **_peers(logs, rows)}.items():
        print(f"  {name:<24}{size:>8.1f}")
    print("\nA query over all days, ms")
    print(f"  {'':<24}{'p50':>8}{'p95':>8}")
    for name, taken in (("idle, small files", idle), ("while compacting", busy), ("idle, compacted", _queries(config))):
        print(f"  {name:<24}{quantile(taken, 0.5) * 1000:>8.0f}{quantile(taken, 0.95) * 1000:>8.0f}")


def _config(folder: Path, logs: Path) -> Config:
    path = folder / "bench.hcl"
    path.write_text(
        f'destination "parquet" "default" {{ path = "{folder}/lake" }}\n'
        f'source "file" "logs" {{ path = "{logs}" }}\n'
        'collection "aws_cloudtrail_log" "bench" { source = source.file.logs }\n'
    )
    return load([path])


def _while_compacting(config: Config, lake: Lake) -> tuple[list[float], Any, float]:
    done = threading.Event()
    taken: list[float] = []
    asking = threading.Thread(target=lambda: taken.extend(_queries(config, lambda: not done.is_set())))
    cpu = time.process_time()
    asking.start()
    (result,) = compact_collections(lake, [("aws_cloudtrail_log", "bench")])
    done.set()
    asking.join()
    return taken, result, time.process_time() - cpu


def _queries(config: Config, going: Callable[[], bool] = lambda: False) -> list[float]:
    """How long a query takes, the snapshot included: at least nine times, and on for as long as something goes on."""
    taken: list[float] = []
    while len(taken) < 9 or going():
        started = time.perf_counter()
        _asked(config, "select event_name, count(*) from aws_cloudtrail_log group by all order by all")
        taken.append(time.perf_counter() - started)
    return sorted(taken)


def _asked(config: Config, query: str) -> Any:
    with connect() as connection:
        create_views(connection, views_of(config).views)
        return connection.execute(query).fetchall()[0][0]


def _stored(lake: Lake) -> int:
    folder = lake.store.scratch / "aws_cloudtrail_log"
    return sum(path.stat().st_size for path in folder.glob("tp_partition=*/**/*.parquet"))


def _peers(logs: Path, rows: int) -> dict[str, float]:
    """The same rows as DuckDB and ClickHouse write them by themselves."""
    found = {}
    for name in ("duckdb", "chdb"):
        with tempfile.TemporaryDirectory(dir=logs.parent) as out:
            command = [sys.executable, "-m", "tests.benchmarks.contenders", name, str(logs), f"{out}/out"]
            subprocess.run(command, check=True, capture_output=True)
            size = sum(path.stat().st_size for path in Path(out).rglob("*.parquet"))
        found[f"{name}'s own, zstd"] = size / rows
    return found
