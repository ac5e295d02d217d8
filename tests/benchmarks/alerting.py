"""How long from a line in a log until a webhook has the alert: with a server that watches, and with a follower.

Each line is an alert of its own, written after a random pause. `python -m tests.benchmarks alerting` takes a quarter of
an hour; most of it is pauses.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.serving import started_server
from tests.services.receiver import WELL, Answer, Request, receiving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EVENTS = 100
PATIENCE_SECONDS = 120.0
HCL = """
destination "parquet" "default" {{
  path = "{folder}/lake"
}}
source "file" "app" {{
  path = "{folder}/logs/app.log"
}}
collection "custom" "app" {{
  source     = source.file.app
  table_name = "app_log"
  format     = `(?P<time>\\S+) (?P<number>\\d+)`
  {way}
}}
detection "app_log" "any" {{
  severity = "high"
  where    = "number is not null"
  actor    = "number"
}}
notifier "webhook" "soar" {{
  url = "{url}"
}}
alert "all" {{
  notify = [notifier.webhook.soar]
}}
"""


@dataclass(frozen=True, slots=True)
class Way:
    """How alerts come about."""

    name: str
    said: str
    """In the collection."""

    target: float
    """Seconds, for 95 of 100 events."""

    start: Callable[[Path], subprocess.Popen[bytes]]
    pause: float
    """Seconds between two events, at most."""


@dataclass(slots=True)
class Taken:
    """What the webhook got, and when."""

    at: dict[int, float] = field(default_factory=dict)

    def take(self, request: Request) -> Answer:
        """Remember when each event was first told."""
        now = time.time()
        for each in request.json["who"]:
            self.at.setdefault(int(each), now)
        return WELL


def main(*, rounds: int, scale: float) -> None:
    """Write a hundred events times the scale for each way, and print how long they took."""
    del rounds
    events = max(2, round(EVENTS * scale))
    print(f"\nFrom a line to the webhook, {events} events with random pauses, load {os.getloadavg()[0]:.1f}\n")
    print(f"{'':24}{'told':>6}{'p50 s':>8}{'p95 s':>8}{'max s':>8}{'target p95':>12}")
    for way in WAYS:
        late = sorted(_latencies(way, events))
        p50, p95 = (late[min(len(late) - 1, int(len(late) * share))] for share in (0.5, 0.95))
        print(f"{way.name:24}{len(late):>6}{p50:>8.2f}{p95:>8.2f}{late[-1]:>8.2f}{way.target:>12.0f}", flush=True)


def _latencies(way: Way, events: int) -> list[float]:
    taken, chance = Taken(), random.Random(way.name)
    with tempfile.TemporaryDirectory() as name, receiving(taken.take) as receiver:
        folder = Path(name)
        (folder / "hcl").mkdir()
        (folder / "logs").mkdir()
        (folder / "hcl" / "tailpipe.hcl").write_text(HCL.format(folder=folder, way=way.said, url=receiver.url))
        log = folder / "logs" / "app.log"
        with _running(way.start(folder)):
            # The first event comes while everything starts, and is not counted.
            _write(log, 0)
            _wait_for(taken, 1, folder)
            written = {}
            for number in range(1, events + 1):
                time.sleep(chance.uniform(0, way.pause))
                written[number] = _write(log, number)
            _wait_for(taken, events + 1, folder)
    return [taken.at[number] - at for number, at in written.items()]


def _write(log: Path, number: int) -> float:
    with log.open("a") as file:
        file.write(f"{datetime.now(UTC).isoformat()} {number}\n")
    return time.time()


def _wait_for(taken: Taken, count: int, folder: Path) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while len(taken.at) < count:
        if time.monotonic() > until:
            raise TimeoutError(f"{len(taken.at)} of {count} were told; see {(folder / 'server.log').read_text()}")
        time.sleep(0.05)


@contextmanager
def _running(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _follower(folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "TAILPIPE_HOME": str(folder / "home"), "TAILPIPE_CONFIG_PATH": str(folder / "hcl")}
    environment.pop("DAGSTER_HOME", None)
    return subprocess.Popen(
        [sys.executable, "-m", "tailpipe_assets.cli", "collect", "--follow"],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=(folder / "server.log").open("wb"),
    )


WAYS = (
    Way("server, watched", "watch = true", 15.0, started_server, 10.0),
    Way("server, followed", "follow = true", 2.0, started_server, 4.0),
    Way("collect --follow", "", 2.0, _follower, 4.0),
)
