"""`tailpipe server` as people start it, for tests to attack, kill and ask."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from tests.services.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ROOT = Path(__file__).parents[2]
TAILPIPE = "import sys; from tailpipe_assets.cli.main import main; main(sys.argv[1:])"
ACCESS = '10.0.0.1 - - [24/Nov/2025:12:00:00 +0000] "GET /a HTTP/1.1" 200 12 "-" "curl"\n'
WEB = """
collection "http_log" "web" {
  source = source.file.logs
  format = "combined"
}
"""
ASSETS = "{ assetNodes { assetKey { path } } }"
LAUNCH = 'mutation { reloadRepositoryLocation(repositoryLocationName: "tailpipe") { __typename } }'


@dataclass(frozen=True, slots=True)
class Tailpipe:
    """A home, a project, and the command line in them."""

    project: Project
    env: Mapping[str, str]

    @classmethod
    def below(cls, folder: Path, **env: str) -> Tailpipe:
        """One collection with one line of log."""
        project = Project(folder)
        project.write("a.log", ACCESS)
        project.configure(WEB)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("TAILPIPE_", "AWS_"))}
        clean.pop("DAGSTER_HOME", None)
        return cls(project, clean | {"TAILPIPE_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT)} | env)

    def run(self, *arguments: str, wait: float = 60) -> subprocess.CompletedProcess[str]:
        """A command, to its end."""
        return subprocess.run(
            self._command(arguments),
            cwd=self.project.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=wait,
        )

    def start(self, *arguments: str, log: Path) -> subprocess.Popen[bytes]:
        """A command that goes on."""
        with log.open("ab") as out:
            return subprocess.Popen(
                self._command(arguments), cwd=self.project.folder, env=self.env, stdout=out, stderr=out
            )

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-c", TAILPIPE, *arguments]


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    tailpipe: Tailpipe
    process: subprocess.Popen[bytes]
    port: int
    log: Path
    headers: Mapping[str, str]

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def ask(self, query: str) -> Any:
        """What GraphQL answers."""
        answer = requests.post(f"{self.address}/graphql", json={"query": query}, headers=self.headers, timeout=60)
        found = answer.json()
        assert "errors" not in found, found
        return found["data"]

    def assets(self) -> set[str]:
        """The keys of all assets."""
        return {"/".join(each["assetKey"]["path"]) for each in self.ask(ASSETS)["assetNodes"]}

    def status(self) -> dict[str, Any]:
        """What `server status` says."""
        found: dict[str, Any] = json.loads(self.tailpipe.run("server", "status", "--output", "json").stdout)
        return found

    def pids(self) -> dict[str, int]:
        """The processes of its children."""
        told = json.loads((Path(self.tailpipe.env["TAILPIPE_HOME"]) / "server" / "state.json").read_text())
        return {each["name"]: each["pid"] for each in told["children"]}

    def said(self) -> str:
        """All it has written."""
        return self.log.read_text()


@contextmanager
def running(tailpipe: Tailpipe, *flags: str, headers: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A server that answers, stopped at the end."""
    port = free_port()
    log = tailpipe.project.folder / "server.out"
    process = tailpipe.start("server", "--no-open", "--port", str(port), *flags, log=log)
    server = Server(tailpipe, process, port, log, headers or {})
    try:
        eventually(lambda: process.poll() is not None or server.address in server.said(), within=150)
        assert process.poll() is None, server.said()
        yield server
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def eventually(holds: Callable[[], object], *, within: float = 240) -> None:
    """Wait until something holds."""
    until = time.monotonic() + within
    while not _holds(holds):
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.1)


def members(groups: set[int]) -> list[int]:
    """The processes that are left of process groups, but for those that only wait to be buried."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text(encoding="latin-1").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) in groups and fields[0] != "Z":
            found.append(int(file.parent.name))
    return found


def free_port() -> int:
    """A port nobody has now."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


def _holds(holds: Callable[[], object]) -> bool:
    try:
        return bool(holds())
    except (requests.ConnectionError, requests.Timeout, AssertionError, OSError, ValueError):
        return False
