"""A server left to itself: memory and event log over time, and how long new lines take until they can be asked for.

Three logs are written to all the while, one collected every minute, one watched, one followed. At the end every line
must be there once. It is a soak as much as a measurement: `python -m tests.benchmarks serving` takes 20 minutes.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tailpipe_assets.views.notebook import open_lake

MINUTES = 20
LINES_A_SECOND = 2
PROBE_SECONDS = 1.0
WAYS = {"scheduled": 'every = "1m"', "watched": "watch = true", "followed": "follow = true"}
RUNS = "runs"
ROLES = {
    "tailpipe_assets.server.web": "webserver",
    "tailpipe_assets.server.daemon": "daemon",
    "code-server": "code server",
    "grpc": "code server",
    "--follow": "follower",
    "multiprocessing": RUNS,
}
"""What a process does, by what its command line holds."""

SOURCE = """
source "file" "{name}" {{
  path = "{folder}/logs/{name}.log"
}}
collection "custom" "{name}" {{
  source     = source.file.{name}
  table_name = "{name}_log"
  format     = `(?P<time>\\S+) (?P<number>\\d+)`
  {way}
}}
"""


@dataclass(slots=True)
class Writer:
    """Appends numbered lines to the logs, and remembers when it wrote each."""

    folder: Path
    written: dict[int, float] = field(default_factory=dict)
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Write until stopped."""
        number = 0
        while not self.stopped.wait(1 / LINES_A_SECOND):
            line = f"{datetime.now(UTC).isoformat()} {number}\n"
            for name in WAYS:
                with (self.folder / "logs" / f"{name}.log").open("a") as log:
                    log.write(line)
            self.written[number] = time.time()
            number += 1


@dataclass(slots=True)
class Seen:
    """When lines could first be asked for."""

    folder: Path
    writer: Writer
    latencies: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in WAYS})
    highest: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WAYS, -1))

    def look(self) -> None:
        """Ask for the newest line of each log. What is new is as late as it is now."""
        for name, newest in self._newest().items():
            now = time.time()
            for number in range(self.highest[name] + 1, newest + 1):
                self.latencies[name].append(now - self.writer.written.get(number, now))
            self.highest[name] = max(newest, self.highest[name])

    def _newest(self) -> dict[str, int]:
        with open_lake(str(self.folder / "hcl")) as lake:
            found = {}
            for name in WAYS:
                (row,) = lake.sql(f"select coalesce(max(number::int), -1) from {name}_log").fetchall()
                found[name] = row[0]
        return found


def main(*, rounds: int, scale: float) -> None:
    """Serve for 20 minutes times the scale, and print what it took."""
    del rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "logs").mkdir()
        (folder / "hcl").mkdir()
        hcl = "".join(SOURCE.format(name=each, way=way, folder=folder) for each, way in WAYS.items())
        lake = f'destination "parquet" "default" {{\n  path = "{folder}/lake"\n}}\n'
        (folder / "hcl" / "tailpipe.hcl").write_text(lake + hcl)
        _measure(folder, MINUTES * 60 * scale)


def _measure(folder: Path, seconds: float) -> None:
    server = started_server(folder)
    writer = Writer(folder)
    seen = Seen(folder, writer)
    thread = threading.Thread(target=writer.run)
    thread.start()
    memory: list[tuple[float, Counter[str]]] = []
    logged: list[tuple[float, int]] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        seen.look()
        if not memory or time.monotonic() - memory[-1][0] > 30:
            memory.append((time.monotonic(), _memory(server.pid)))
            logged.append((time.monotonic(), _size(folder / "home" / "dagster")))
        time.sleep(PROBE_SECONDS)
    writer.stopped.set()
    thread.join()
    total = len(writer.written)
    _wait_for_all(seen, total)
    counts = _counts(folder)
    server.send_signal(signal.SIGTERM)
    server.wait(timeout=30)
    _print(seen, memory, logged, total, counts)


def started_server(folder: Path) -> subprocess.Popen[bytes]:
    """`tailpipe server` over the configuration and the home in a folder."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    environment = {**os.environ, "TAILPIPE_HOME": str(folder / "home"), "TAILPIPE_CONFIG_PATH": str(folder / "hcl")}
    environment.pop("DAGSTER_HOME", None)
    return subprocess.Popen(
        [sys.executable, "-m", "tailpipe_assets.cli", "server", "--no-open", "--port", str(port)],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=(folder / "server.log").open("wb"),
    )


def _wait_for_all(seen: Seen, total: int) -> None:
    """The last lines have as long as the slowest way takes."""
    until = time.monotonic() + 300
    while time.monotonic() < until and any(each < total - 1 for each in seen.highest.values()):
        seen.look()
        time.sleep(PROBE_SECONDS)


def _counts(folder: Path) -> dict[str, tuple[int, int]]:
    """Rows of each log, and how many different ones."""
    with open_lake(str(folder / "hcl")) as lake:
        return {
            name: lake.sql(f"select count(*), count(distinct number) from {name}_log").fetchall()[0] for name in WAYS
        }


def _memory(pid: int) -> Counter[str]:
    """Bytes that the processes of a server hold, by what they do, shared pages counted in parts."""
    held = Counter[str]()
    for each in _descendants(pid):
        try:
            rollup = Path(f"/proc/{each}/smaps_rollup").read_text()
            command = Path(f"/proc/{each}/cmdline").read_text()
        except OSError:
            continue
        role = next((name for mark, name in ROLES.items() if mark in command), "supervisor")
        held[role] += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) * 1024
    return held


def _descendants(pid: int) -> list[int]:
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []
    found = [pid]
    for thread in threads:
        try:
            children = (thread / "children").read_text().split()
        except OSError:
            continue
        found += [each for child in children for each in _descendants(int(child))]
    return found


def _size(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file()) if folder.is_dir() else 0


def _slope(points: list[tuple[float, int]]) -> float:
    """Bytes an hour, by least squares over the later half."""
    later = points[len(points) // 2 :]
    return statistics.linear_regression([at for at, _ in later], [size for _, size in later]).slope * 3600


def _print(
    seen: Seen,
    memory: list[tuple[float, Counter[str]]],
    logged: list[tuple[float, int]],
    total: int,
    counts: dict[str, tuple[int, int]],
) -> None:
    print(f"\nA server left to itself, {LINES_A_SECOND} lines a second to each of three logs\n")
    print(f"{'':12}{'written':>9}{'rows':>9}{'distinct':>9}{'p50 s':>9}{'p95 s':>9}")
    for name in WAYS:
        rows, distinct = counts[name]
        late = sorted(seen.latencies[name])
        p50, p95 = (late[int(len(late) * share)] if late else float("nan") for share in (0.5, 0.95))
        print(f"{name:12}{total:>9,}{rows:>9,}{distinct:>9,}{p50:>9.1f}{p95:>9.1f}")
    held = {role: [(at, each[role]) for at, each in memory] for role in dict.fromkeys(ROLES.values())}
    most = max((each[RUNS] for _, each in memory), default=0)
    del held[RUNS]
    held["all but runs"] = [(at, each.total() - each[RUNS]) for at, each in memory]
    print("\nmemory (PSS)")
    for role, points in held.items():
        print(f"  {role:20}{points[-1][1] / 2**20:8.0f} MiB at the end, {_slope(points) / 2**20:+.1f} MiB an hour")
    print(f"  {'runs, at most':20}{most / 2**20:8.0f} MiB")
    print(f"Dagster's home        {logged[-1][1] / 2**20:8.1f} MiB, {_slope(logged) * 24 / 2**20:+.0f} MiB a day")
    print(json.dumps({"total": total, "counts": counts}))
