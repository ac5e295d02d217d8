"""A year of three collections in one Dagster run, against the same work as plain calls.

Each is measured in a process of its own: `python -m tests.benchmarks.backfill run|calls FOLDER DAYS`.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline import CollectOptions, Plan, collect, plan
from tailpipe_resources.config import load
from tailpipe_resources.model.window import Window
from tests.benchmarks import access_logs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

DAYS = 365
ARTIFACTS = 10_000
LINES = 20
"""In each artifact."""

LAYOUT = "%{YEAR:year}/%{MONTHNUM:month}/%{MONTHDAY:day}/%{DATA}.log"
CUSTOM = """
collection "custom" "lines" {
  source           = source.file.logs
  table_name       = "access_line"
  timestamp        = "at"
  timestamp_format = "%d/%b/%Y:%H:%M:%S %z"
  format           = `(?P<host>\\S+) \\S+ \\S+ \\[(?P<at>[^\\]]+)\\] (?P<rest>.*)`
}
"""


@dataclass(frozen=True, slots=True)
class Year:
    """What it took."""

    name: str
    seconds: float
    cpu: float
    peak: int
    """Bytes."""

    rows: int
    kept: int
    """Bytes Dagster keeps of it."""


def backfill(folder: Path, *, scale: float, rounds: int) -> list[Year]:
    """The best of some rounds of each, in turns."""
    days, artifacts = max(2, int(DAYS * scale)), max(2, int(ARTIFACTS * scale))
    logs = folder / "year"
    _write(logs, days, artifacts)
    best: dict[str, Year] = {}
    for number in range(rounds):
        for name in ("calls", "run"):
            made = _measured(name, folder / f"{name}-{number}", logs, days)
            if name not in best or made.seconds < best[name].seconds:
                best[name] = made
    return list(best.values())


def show(years: Sequence[Year]) -> None:
    """Print them."""
    base = years[0]
    print("\nA year backfilled: 3 collections, small artifacts, one process")
    print(f"  {'':<16}{'seconds':>9}{'CPU s':>8}{'peak MiB':>10}{'rows':>11}{'event log MiB':>15}{'ratio':>7}")
    for each in years:
        print(
            f"  {each.name:<16}{each.seconds:>9.1f}{each.cpu:>8.1f}{each.peak / 2**20:>10,.0f}{each.rows:>11,}"
            f"{each.kept / 2**20:>15.1f}{each.seconds / base.seconds:>7.2f}"
        )


def _write(logs: Path, days: int, artifacts: int) -> None:
    last = datetime.now(UTC).date() - timedelta(days=1)
    for number in range(artifacts):
        day = last - timedelta(days=number % days)
        path = logs / f"{day:%Y/%m/%d}" / f"{number:06}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(_line(day, number, line) for line in range(LINES)))


def _line(day: date, number: int, line: int) -> str:
    status = 500 if line % 10 == 0 else 200
    return (
        f'10.0.0.{number % 250} - - [{day:%d/%b/%Y}:{line:02}:00:00 +0000] "GET /{line} HTTP/1.1" {status} 9 "-" "c"\n'
    )


def _measured(name: str, folder: Path, logs: Path, days: int) -> Year:
    folder.mkdir()
    (folder / "bench.hcl").write_text(access_logs.hcl(folder / "lake", logs, layout=LAYOUT) + CUSTOM)
    environment = {**os.environ, "TAILPIPE_HOME": str(folder / "home"), "DAGSTER_HOME": ""}
    command = [sys.executable, "-m", "tests.benchmarks.backfill", name, str(folder), str(days)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    home = folder / "home" / "dagster"
    kept = sum(path.stat().st_size for path in home.rglob("*") if path.is_file()) if home.is_dir() else 0
    return Year("plain calls" if name == "calls" else "one Dagster run", kept=kept, **json.loads(done.stdout))


def _work(name: str, plans: Sequence[Plan], window: Window) -> int:
    if name == "calls":
        return sum(each.rows for each in collect(plans, window))
    from tailpipe_assets.definitions.runs import run_collect

    return sum(each.rows for each in run_collect(plans, window=window, options=CollectOptions()))


def main() -> None:
    """Do it, and print what it took without imports."""
    name, folder, days = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    plans = plan(load([folder / "bench.hcl"]))
    if name == "run":
        importlib.import_module("tailpipe_assets.definitions.runs")
    today = datetime.now(UTC).date()
    started, cpu = time.perf_counter(), time.process_time()
    rows = _work(name, plans, Window.of_days(today - timedelta(days=days), today - timedelta(days=1)))
    taken = {"seconds": time.perf_counter() - started, "cpu": time.process_time() - cpu}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({**taken, "peak": peak, "rows": rows}))


if __name__ == "__main__":
    main()
