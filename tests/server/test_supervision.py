"""One process that keeps the others: killed, asked, misconfigured and stopped."""

from __future__ import annotations

import os
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.server.running import ACCESS, LAUNCH, WEB, Server, Tailpipe, eventually, free_port, members, running

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.slow, pytest.mark.service]
LINES = 200_000
MATERIALIZE = """mutation { launchPipelineExecution(executionParams: {
  selector: { repositoryLocationName: "tailpipe", repositoryName: "__repository__", pipelineName: "__ASSET_JOB",
    assetSelection: [{ path: ["http_log", "web"] }] },
  executionMetadata: { tags: [{ key: "tailpipe/window", value: "open" },
    { key: "dagster/asset_partition_range_start", value: "DAY" },
    { key: "dagster/asset_partition_range_end", value: "DAY" }] },
}) { __typename ... on PythonError { message } } }""".replace("DAY", datetime.now(UTC).date().isoformat())
RUNS = "{ runsOrError { ... on Runs { results { runId status } } } }"
TOKEN = "a token that is long enough"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a login that lets the web UI change nothing."""
    tailpipe = Tailpipe.below(tmp_path_factory.mktemp("kept"), TAILPIPE_SERVER_TOKEN=TOKEN)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with running(tailpipe, "--read-only", "--allow-host", "siem.example.org", headers=headers) as started:
        yield started


def test_all_is_well(server: Server) -> None:
    """Once the daemon has shown itself, status says so, in text and as JSON."""
    eventually(lambda: server.status()["healthy"])
    told = server.tailpipe.run("server", "status")
    found = server.status()

    assert told.returncode == 0
    assert "all is well" in told.stdout
    assert {each["name"] for each in found["children"]} == {"code", "daemon", "web"}
    assert all(each["memory"] > 1_000_000 for each in found["children"])
    assert found["code_location"] == "loaded"


def test_without_the_token_nothing_is_shown_but_health(server: Server) -> None:
    """Health needs no login; everything else does, whatever else is sent."""
    wrong = [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic OnJpZ2h0"},
        {"Cookie": "tailpipe_session=9999999999.00"},
    ]
    query = {"query": "{ version }"}
    refused = [requests.post(f"{server.address}/graphql", json=query, headers=each, timeout=30) for each in wrong]
    page = requests.get(server.address, headers={"Accept": "text/html"}, timeout=30)

    assert [each.status_code for each in refused] == [401] * 4
    assert page.status_code == 401
    assert "Password or token" in page.text
    assert requests.get(f"{server.address}/health", timeout=30).status_code in {200, 503}
    assert TOKEN not in requests.get(f"{server.address}/health", timeout=30).text


def test_a_browser_logs_in(server: Server) -> None:
    """The form gives a cookie that scripts cannot read, and with it the UI answers."""
    browser = requests.Session()
    browser.headers["Origin"] = server.address
    wrong = browser.post(f"{server.address}/login?to=//evil.example", data={"secret": "guessed"}, timeout=30)
    right = browser.post(
        f"{server.address}/login?to=//evil.example", data={"secret": TOKEN}, timeout=30, allow_redirects=False
    )

    assert wrong.status_code == 401
    assert right.headers["Location"] == "/"
    assert "HttpOnly; SameSite=Strict" in right.headers["Set-Cookie"]
    assert browser.post(f"{server.address}/graphql", json={"query": "{ version }"}, timeout=30).status_code == 200


def test_a_proxy_may_have_its_own_name(server: Server) -> None:
    """A name that was allowed is answered to, with its own pages only."""
    headers = {**server.headers, "Host": "siem.example.org", "Origin": "https://siem.example.org"}
    asked: dict[str, Any] = {"json": {"query": "{ version }"}, "timeout": 30}

    assert requests.post(f"{server.address}/graphql", headers=headers, **asked).status_code == 200
    headers["Origin"] = server.address
    assert requests.post(f"{server.address}/graphql", headers=headers, **asked).status_code == 403


def test_read_only_changes_nothing(server: Server) -> None:
    """A mutation is refused by Dagster itself, and so is a report."""
    answer = requests.post(f"{server.address}/graphql", json={"query": LAUNCH}, headers=server.headers, timeout=30)
    report = f"{server.address}/report_asset_materialization/http_log/web"

    assert answer.json()["data"]["reloadRepositoryLocation"]["__typename"] == "UnauthorizedError"
    refused = requests.post(report, json={}, headers=server.headers, timeout=30)
    assert (refused.status_code, "log in" in refused.text) == (401, False)


def test_secrets_are_not_on_command_lines_or_in_files(server: Server) -> None:
    """The token is in the environment of the web server only."""
    home = server.tailpipe.project.folder / "home"
    files = [file.read_bytes() for file in home.rglob("*") if file.is_file()]
    pids = server.pids()
    environments = {name: Path(f"/proc/{pid}/environ").read_bytes() for name, pid in pids.items()}
    lines = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in members(set(pids.values()))]

    assert not any(TOKEN.encode() in each for each in (*files, *lines))
    assert [name for name, each in environments.items() if TOKEN.encode() in each] == ["web"]


def test_a_second_server_says_who_is_there(server: Server) -> None:
    """One server a home, and the message names it."""
    second = server.tailpipe.run("server", "--port", str(free_port()))

    assert second.returncode == 5
    assert f"pid {server.process.pid}, {server.address}" in second.stderr


def test_a_taken_port_is_named(server: Server, tmp_path: Path) -> None:
    """What to do about it is said, too."""
    other = Tailpipe.below(tmp_path)
    refused = other.run("server", "--port", str(server.port))

    assert refused.returncode == 5
    assert f"port {server.port} of 127.0.0.1 is taken by another program; choose another with --port" in refused.stderr


@pytest.mark.parametrize("name", ["web", "daemon", "code"])
def test_what_is_killed_comes_back(server: Server, name: str) -> None:
    """After kill -9 of a child the UI answers again, and the death is told with its reason."""
    before = server.pids()
    os.kill(before[name], signal.SIGKILL)
    eventually(lambda: server.pids()[name] not in {None, before[name]})
    eventually(lambda: "http_log/web" in server.assets())

    assert f"{name} has ended by SIGKILL" in server.said()
    assert {key: pid for key, pid in server.pids().items() if key != name} == {
        key: pid for key, pid in before.items() if key != name
    }


def _workers(code: int) -> list[int]:
    """The processes in which a code server has loaded the definitions."""
    return [pid for pid in members({code}) if b"api\0grpc" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_a_code_server_that_lost_its_worker_is_started_anew(server: Server) -> None:
    """The process that does the work is no child of ours; its death is noticed because the server says so."""
    code = server.pids()["code"]
    eventually(lambda: _workers(code) and server.status()["code_location"] == "loaded")
    (worker,) = _workers(code)
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: "the code server does not answer" in server.said(), within=60)
    eventually(lambda: "http_log/web" in server.assets())

    assert server.pids()["code"] != code


def test_a_changed_file_is_taken_over_and_a_broken_one_is_not(server: Server) -> None:
    """New collections appear by themselves; with a mistake the last good ones stay, also for a new code server."""
    project = server.tailpipe.project
    project.configure(WEB + WEB.replace('"web"', '"more"'))
    eventually(lambda: "http_log/more" in server.assets())
    project.configure(WEB.replace("source.file.logs", "source.file.lugs"))
    eventually(lambda: server.status()["problems"])
    broken = server.tailpipe.run("server", "status")
    os.kill(server.pids()["code"], signal.SIGKILL)
    eventually(lambda: "code has ended" in server.said().partition("not used")[2])
    eventually(lambda: "http_log/more" in server.assets())
    assert requests.get(f"{server.address}/health", timeout=30).json()["configuration_problems"] == 1
    project.configure(WEB)
    eventually(lambda: "http_log/more" not in server.assets())

    assert broken.returncode == 1
    assert f"{project.folder}/tailpipe.hcl:" in broken.stdout
    assert 'did you mean "source.file.logs"' in broken.stdout
    assert 'did you mean "source.file.logs"' in server.said()
    eventually(lambda: server.status()["problems"] == [])


def test_a_second_ctrl_c_stops_at_once(server: Server) -> None:
    """Nobody waits for children that are given time to end, nothing is left, and status says that none runs."""
    groups = set(server.pids().values())
    server.process.send_signal(signal.SIGINT)
    eventually(lambda: "press again to stop at once" in server.said(), within=20)
    begun = time.monotonic()
    server.process.send_signal(signal.SIGINT)
    code = server.process.wait(15)

    assert time.monotonic() - begun < 3
    assert code == 0
    assert members(groups) == []
    stopped = server.tailpipe.run("server", "status")
    assert stopped.returncode == 1
    assert "no server runs" in stopped.stdout


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Tailpipe:
    """A home whose one log takes some seconds to collect."""
    tailpipe = Tailpipe.below(tmp_path_factory.mktemp("busy"))
    tailpipe.project.write("a.log", "".join(ACCESS.replace("/a", f"/{number}") for number in range(LINES)))
    return tailpipe


def test_a_run_at_work_ends_with_the_server(busy: Tailpipe) -> None:
    """SIGTERM ends all processes within ten seconds, the run with them; what it had not committed is not there."""
    with running(busy) as server:
        eventually(lambda: "http_log/web" in server.assets())
        assert server.ask(MATERIALIZE)["launchPipelineExecution"]["__typename"] == "LaunchRunSuccess"
        eventually(lambda: _statuses(server) == ["STARTED"])
        groups = set(server.pids().values())
        begun = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        code = server.process.wait(15)

    assert time.monotonic() - begun < 10
    assert code == 0
    assert members(groups) == []


def test_the_next_server_runs_it_again_and_collects_exactly(busy: Tailpipe) -> None:
    """The run that broke off has failed, and is run once more without being asked; each line is there once.

    After kill -9 nothing is left of this server in ten seconds, either.
    """
    with running(busy) as server:
        eventually(lambda: _statuses(server)[0] == "SUCCESS")
        statuses = _statuses(server)
        groups = set(server.pids().values())
        server.process.kill()
        server.process.wait(5)
        eventually(lambda: members(groups) == [], within=10)

    assert statuses == ["SUCCESS", "FAILURE"]
    assert busy.project.ask("select count(*), count(distinct tp_id) from http_log") == [(LINES, LINES)]


def _statuses(server: Server) -> list[str]:
    """How runs are, the last one first."""
    return [each["status"] for each in server.ask(RUNS)["runsOrError"]["results"]]


def test_a_broken_configuration_does_not_start(tmp_path: Path) -> None:
    """All problems are listed, and the exit code is that of `config check`."""
    tailpipe = Tailpipe.below(tmp_path)
    tailpipe.project.configure(WEB.replace("source.file.logs", "source.file.lugs").replace('"combined"', '"combed"'))
    refused = tailpipe.run("server", "--port", str(free_port()))
    checked = tailpipe.run("config", "check")

    assert refused.returncode == checked.returncode == 2
    assert refused.stderr == checked.stderr


@pytest.mark.parametrize(
    ("flags", "env", "said"),
    [
        (["--host", "0.0.0.0"], {}, "the web UI has no login"),
        ([], {"TAILPIPE_SERVER_TOKEN": "short"}, "needs at least 16 characters"),
        ([], {"TAILPIPE_SERVER_LOGIN": "me"}, "user:password"),
        (["--port", "70000"], {}, "ports are numbers from 1 to 65535"),
        (["--host", "203.0.113.1", "--i-know"], {}, "give an address of this machine"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, flags: list[str], env: dict[str, str], said: str) -> None:
    """A server is not opened to a network, or guarded by a guess, by mistake."""
    refused = Tailpipe.below(tmp_path, **env).run("server", *flags)

    assert refused.returncode == 2
    assert said in refused.stderr
