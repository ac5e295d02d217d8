"""The demo under `tailpipe server`, as a user has it, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from tests.server.running import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
BROKEN = """
source "file" "nowhere" {
  path = "{folder}/not-there"
}

collection "http_log" "broken" {
  source = source.file.nowhere
}
"""
"""A collection whose runs fail."""

ASKED = """
detection "aws_cloudtrail_log" "trail_touched" {
  title       = "Somebody laid hands on a trail"
  description = "Ask whoever did it; look at what they did after."
  severity    = "high"
  mitre       = ["TA0005:T1562.008"]
  asset_check = true
  where       = "event_source = 'cloudtrail.amazonaws.com' and event_name in ('StopLogging', 'DeleteTrail')"
}
"""
"""A detection with a check of its own, which the attack in the demo's logs sets off."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A running server and the folder it works in."""

    folder: Path
    address: str
    environment: dict[str, str]

    def ask(self, query: str) -> Any:
        """What its GraphQL answers."""
        answer = requests.post(f"{self.address}/graphql", json={"query": query}, timeout=60).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def one(self, query: str) -> str:
        """The one value that a query answers."""
        return self.tailpipe("query", "--output", "csv", "--no-header", query).strip()

    @property
    def attacked(self) -> str:
        """The day of the attack."""
        where = "detection = 'aws_cloudtrail_log.trail_touched'"
        return self.one(f"select max(tp_date) from tailpipe_finding where {where}")[:10]

    def tailpipe(self, *arguments: str) -> str:
        """What a command of a second shell prints."""
        return _tailpipe(*arguments, folder=self.folder, environment=self.environment)


@contextmanager
def serving(folder: Path) -> Iterator[Demo]:
    """The demo's logs collected but for a day's, and the server over them until the block ends."""
    environment = _environment(folder)
    shutil.copytree(ROOT / "hcl", folder / "hcl")
    (folder / "hcl" / "asked.hcl").write_text(ASKED)
    (folder / "hcl" / "broken.hcl").write_text(BROKEN.replace("{folder}", str(folder)))
    subprocess.run(
        [sys.executable, "-m", "tailpipe_assets.samples", "demo/logs"], cwd=folder, env=environment, check=True
    )
    names = ("aws_cloudtrail_log.production", "http_log.web", "app_log.app")
    _tailpipe("collect", *names, folder=folder, environment=environment)
    port = free_port()
    process = subprocess.Popen(
        [_program(), "server", "--no-open", "--port", str(port)],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=(folder / "server.log").open("wb"),
    )
    try:
        demo = Demo(folder, f"http://127.0.0.1:{port}", environment)
        _wait_for(demo, process)
        yield demo
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _environment(folder: Path) -> dict[str, str]:
    home = folder / "home"
    named = {
        "TAILPIPE_HOME": str(home),
        "DAGSTER_HOME": str(home / "dagster"),
        "TAILPIPE_CONFIG_PATH": f"{folder / 'hcl'}:{folder / 'hcl' / 'detections'}",
        "PYTHONPATH": str(ROOT),
    }
    return {**os.environ, **named}


def _tailpipe(*arguments: str, folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [_program(), *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout


def _program() -> str:
    return str(Path(sys.executable).with_name("tailpipe"))


def _wait_for(demo: Demo, process: subprocess.Popen[bytes]) -> None:
    for _ in range(900):
        log = demo.folder / "server.log"
        assert process.poll() is None, log.read_text()
        try:
            if requests.get(f"{demo.address}/health", timeout=30).status_code == requests.codes.ok:
                return
        except (requests.ConnectionError, requests.Timeout):
            pass
        time.sleep(0.1)
    raise TimeoutError((demo.folder / "server.log").read_text())
