"""The real web server, with the workspace that comes with the project."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tailpipe_assets.definitions.home import prepare
from tailpipe_assets.definitions.runs import run_collect
from tailpipe_assets.pipeline import CollectOptions
from tailpipe_resources.model.window import Window
from tests.definitions.conftest import HCL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.services.project import Project

ASSETS = "{ assetNodes { assetKey { path } } }"
RUNS = "{ runsOrError { ... on Runs { results { status repositoryOrigin { repositoryLocationName } } } } }"
LOCATION = """{ workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError {
  __typename ... on PythonError { message cause { message } } } } } } }"""
RELOAD = 'mutation { reloadRepositoryLocation(repositoryLocationName: "tailpipe") { __typename } }'


class WebServer:
    """A running web server."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"

    def ask(self, query: str) -> Any:
        """What its GraphQL answers."""
        answer = requests.post(f"{self.address}/graphql", json={"query": query}, timeout=60).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def load_error(self) -> str:
        """Why the location did not load; empty when it did."""
        (entry,) = self.ask(LOCATION)["workspaceOrError"]["locationEntries"]
        assert entry["name"] == "tailpipe"
        told = entry["locationOrLoadError"]
        return f"{told.get('message', '')}{(told.get('cause') or {}).get('message', '')}"

    def assets(self) -> set[str]:
        """The keys of all assets it shows."""
        return {"/".join(each["assetKey"]["path"]) for each in self.ask(ASSETS)["assetNodes"]}


@pytest.fixture
def server(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    """A web server over the project, after one recorded run of it."""
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")
    monkeypatch.setenv("TAILPIPE_CONFIG_PATH", str(project.folder))
    prepare()
    enabled = [each for each in project.plans() if each.collection.enabled]
    run_collect(enabled, window=Window(), options=CollectOptions())
    port = _free_port()
    command = [str(Path(sys.executable).with_name("dagster-webserver")), "-h", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(
        [*command, "-w", str(Path(__file__).parents[2] / "workspace.yaml")],
        cwd=project.folder,
        env=dict(os.environ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield _ready(WebServer(port), process)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.mark.slow
@pytest.mark.service
def test_the_web_ui_shows_assets_runs_and_mistakes(server: WebServer, project: Project) -> None:
    """Assets and the recorded run are there; a broken file shows its line, and is forgotten once mended."""
    shown = server.assets()
    (run,) = server.ask(RUNS)["runsOrError"]["results"]
    project.configure(HCL.format(logs=project.logs).replace("source.file.trail", "source.file.trial"))
    server.ask(RELOAD)
    broken = server.load_error()
    project.configure(HCL.format(logs=project.logs))
    server.ask(RELOAD)

    assert shown >= {"http_log/web", "http_log/errors-only", "aws_cloudtrail_log/prod", "source/file/dated"}
    assert run == {"status": "SUCCESS", "repositoryOrigin": {"repositoryLocationName": "tailpipe"}}
    assert f"{project.folder}/tailpipe.hcl:" in broken
    assert 'did you mean "source.file.trail"' in broken
    assert server.load_error() == ""
    assert server.assets() == shown


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


def _ready(server: WebServer, process: subprocess.Popen[bytes]) -> WebServer:
    """The server once it answers."""
    for _ in range(600):
        assert process.poll() is None, "the web server has ended"
        try:
            requests.get(f"{server.address}/server_info", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return server
    raise TimeoutError(server.address)
