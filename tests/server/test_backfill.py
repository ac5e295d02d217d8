"""A year backfilled while whatever can be killed is killed."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from tests.server.running import Tailpipe, eventually, running

if TYPE_CHECKING:
    from tests.server.running import Server

pytestmark = [pytest.mark.slow, pytest.mark.service]

DAYS = 365
COLLECTIONS = ("all", "errors", "rest")
HCL = """
source "file" "dated" {{
  path        = "{logs}"
  file_layout = "web-%{{YEAR:year}}%{{MONTHNUM:month}}%{{MONTHDAY:day}}-%{{NUMBER:part}}.log"
}}
collection "http_log" "all" {{
  source = source.file.dated
  format = "combined"
  start  = "{first}"
}}
collection "http_log" "errors" {{
  source = source.file.dated
  format = "combined"
  filter {{
    where = "status >= 500"
  }}
}}
collection "http_log" "rest" {{
  source = source.file.dated
  format = "combined"
  filter {{
    where = "status < 500"
  }}
}}
"""
PARTS = 4
LINE = '10.0.0.{part} - - [{day:%d/%b/%Y}:12:00:0{part} +0000] "GET / HTTP/1.1" {status} 12 "-" "curl"\n'
LAUNCH = """mutation {{ launchPartitionBackfill(backfillParams: {{
  partitionNames: [{days}], assetSelection: [{keys}] }}) {{
  __typename ... on LaunchBackfillSuccess {{ backfillId }} ... on PythonError {{ message }} }} }}"""
STATUS = '{{ partitionBackfillOrError(backfillId: "{id}") {{ ... on PartitionBackfill {{ status }} }} }}'
RUNS = "{ runsOrError { ... on Runs { results { runId status } } } }"


@pytest.fixture
def tailpipe(tmp_path: Path) -> tuple[Tailpipe, list[str]]:
    """A year of days with a few files each, three collections of them, and the days."""
    made = Tailpipe.below(tmp_path)
    today = datetime.now(UTC).date()
    days = [today - timedelta(days=back) for back in range(DAYS, 0, -1)]
    for day in days:
        for part in range(PARTS):
            line = LINE.format(part=part, day=day, status=500 if part == 0 else 200)
            made.project.write(f"web-{day:%Y%m%d}-{part}.log", line)
    made.project.configure(HCL.format(logs=made.project.logs, first=days[0]))
    return made, [day.isoformat() for day in days]


def test_a_year_is_complete_whatever_is_killed_meanwhile(tailpipe: tuple[Tailpipe, list[str]]) -> None:
    """The web server, the daemon, the code server and the run go by kill -9 in turn; no row is lost or doubled."""
    made, days = tailpipe
    keys = ", ".join(f'{{path: ["http_log", "{name}"]}}' for name in COLLECTIONS)
    with running(made) as server:
        eventually(lambda: "http_log/all" in server.assets())
        quoted = ", ".join(f'"{day}"' for day in days)
        told = server.ask(LAUNCH.format(days=quoted, keys=keys))["launchPartitionBackfill"]
        assert told["__typename"] == "LaunchBackfillSuccess", told
        eventually(lambda: _statuses(server) & {"STARTED", "SUCCESS"}, within=180)
        for name in ("web", "daemon", "code"):
            os.kill(server.pids()[name], signal.SIGKILL)
            time.sleep(2)
        _kill_runs(made)
        eventually(lambda: _ended(server, told["backfillId"]), within=500)
        if _status(server, told["backfillId"]) == "COMPLETED_SUCCESS":
            # What is collected already changes nothing, which a week shows as well as a year.
            quoted = ", ".join(f'"{day}"' for day in days[:7])
        again = server.ask(LAUNCH.format(days=quoted, keys=keys))["launchPartitionBackfill"]
        eventually(lambda: _ended(server, again["backfillId"]), within=500)

    counted = made.project.ask(
        "select tp_partition, count(*), count(distinct tp_id) from http_log group by 1 order by 1"
    )
    assert counted == [
        ("all", DAYS * PARTS, DAYS * PARTS),
        ("errors", DAYS, DAYS),
        ("rest", DAYS * (PARTS - 1), DAYS * (PARTS - 1)),
    ]


def _statuses(server: Server) -> set[str]:
    with suppress(requests.RequestException):
        return {each["status"] for each in server.ask(RUNS)["runsOrError"]["results"]}
    return set()


def _ended(server: Server, backfill: str) -> bool:
    with suppress(requests.RequestException):
        return _status(server, backfill).startswith("COMPLETED")
    return False


def _status(server: Server, backfill: str) -> str:
    return str(server.ask(STATUS.format(id=backfill))["partitionBackfillOrError"]["status"])


def _kill_runs(made: Tailpipe) -> None:
    """End every process that executes a run of this home."""
    home = made.env["TAILPIPE_HOME"]
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError, ProcessLookupError):
            command = file.read_bytes()
            environment = (file.parent / "environ").read_bytes()
            if b"execute_run" in command or (b"spawn_main" in command and home.encode() in environment):
                os.kill(int(file.parent.name), signal.SIGKILL)
