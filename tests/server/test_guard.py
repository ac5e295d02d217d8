"""The web UI under attack from other pages, over real HTTP; and its own pages, which still work."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest
import requests
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from tests.server.running import ASSETS, LAUNCH, Server, Tailpipe, running

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.slow, pytest.mark.service]
JSON = {"Content-Type": "application/json"}
BODY = json.dumps({"query": "{ version }"})
GRAPHQL = [Subprotocol("graphql-ws")]
RUNS = "{ runsOrError { ... on Runs { results { status tags { key value } } } } }"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without a login."""
    with running(Tailpipe.below(tmp_path_factory.mktemp("guard"))) as started:
        yield started


def raw(server: Server, head: str, body: str = "") -> int:
    """The status of a request written by hand; HOST stands for the right host."""
    text = head.replace("HOST", f"127.0.0.1:{server.port}").replace("\n", "\r\n")
    close = "" if "Connection:" in text else "Connection: close\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
        wire.sendall(f"{text}Content-Length: {len(body)}\r\n{close}\r\n{body}".encode())
        return int(wire.makefile("rb").readline().split()[1])


def test_graphql_answers_its_own_page(server: Server) -> None:
    """A query as the UI sends it is answered, with the page's origin and without one."""
    own = {"Origin": server.address, "Sec-Fetch-Site": "same-origin"}
    answer = requests.post(f"{server.address}/graphql", json={"query": ASSETS}, headers=own, timeout=30)

    assert answer.status_code == 200
    assert "http_log/web" in server.assets()
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Origin": "http://evil.example"}, 403, id="another site"),
        pytest.param({"Origin": "null"}, 403, id="a sandboxed frame"),
        pytest.param({"Origin": ""}, 403, id="an empty origin"),
        pytest.param({"Origin": "http://127.0.0.1:1"}, 403, id="another port of this machine"),
        pytest.param({"Origin": "http://127.0.0.1.evil.example"}, 403, id="a name that begins alike"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, 403, id="another site, told by the browser"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, 403, id="another port, told by the browser"),
        pytest.param({"Host": "evil.example"}, 421, id="another name"),
        pytest.param({"Host": "localhost:1"}, 421, id="another port"),
        pytest.param({"Host": ""}, 421, id="no name"),
        pytest.param({"Content-Type": "text/plain"}, 415, id="text, which forms can send"),
        pytest.param({"Content-Type": "multipart/form-data; boundary=a"}, 415, id="a form with files"),
        pytest.param({"Content-Type": "application/x-www-form-urlencoded"}, 415, id="a form"),
        pytest.param({"Content-Type": "text/plain; application/json"}, 415, id="text that speaks of JSON"),
        pytest.param({"Content-Type": "application/graphql"}, 415, id="bare GraphQL"),
        pytest.param({"Content-Type": ""}, 415, id="nothing said"),
    ],
)
@pytest.mark.parametrize("path", ["/graphql", "/report_asset_materialization/a", "/report_asset_check/a", "/x"])
def test_what_no_page_of_ours_would_post_is_refused(
    server: Server, headers: dict[str, str], status: int, path: str
) -> None:
    """Neither GraphQL nor a report is taken from another page, under another name, or as a form."""
    answer = requests.post(f"{server.address}{path}", data=BODY, headers={**JSON, **headers}, timeout=30)

    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    "path", ["/graphql", "/graphql/", "//graphql", "/%67raphql", "/graphql%2f", "/GraphQL", "/./graphql"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_no_mutation_comes_by_get(server: Server, path: str, method: str) -> None:
    """However the path is spelt, a query in a URL runs nothing."""
    status = raw(server, f"{method} {path}?query=mutation{{__typename}} HTTP/1.1\nHost: HOST\n")

    assert status in {405, 404}


def test_graphiql_can_be_looked_at(server: Server) -> None:
    """The page to type queries in is there, as long as the URL brings none."""
    page = requests.get(f"{server.address}/graphql", headers={"Accept": "text/html"}, timeout=30)

    assert page.status_code == 200
    assert "GraphiQL" in page.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "FOO"])
def test_other_methods_are_refused(server: Server, method: str) -> None:
    """Nothing but GET, HEAD and POST, and no preflight is answered with leave."""
    assert raw(server, f"{method} /graphql HTTP/1.1\nHost: HOST\nOrigin: http://evil.example\n") in {400, 403, 405}


@pytest.mark.parametrize(
    "twice",
    [
        "Host: evil.example",
        "Origin: http://HOST\nOrigin: http://evil.example",
        "Content-Type: text/plain",
        "Sec-Fetch-Site: same-origin\nSec-Fetch-Site: cross-site",
    ],
)
def test_headers_that_are_there_twice_are_refused(server: Server, twice: str) -> None:
    """Nobody can show one value to the guard and another to the application."""
    head = f"POST /graphql HTTP/1.1\nHost: HOST\nContent-Type: application/json\n{twice}\n"

    assert raw(server, head, BODY) in {400, 403}


def test_other_sites_cannot_fetch_but_may_link(server: Server) -> None:
    """A page of another site can lead a person here, and can load nothing from here."""
    loads = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}
    frames = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    visits = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    found = [requests.get(server.address, headers=each, timeout=30).status_code for each in (loads, frames, visits)]

    assert found == [403, 403, 200]


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost.evil.example"])
def test_websockets_of_other_pages_are_refused(server: Server, origin: str) -> None:
    """A browser lets any page open a websocket to anywhere; this end looks at where it comes from."""
    with pytest.raises(InvalidStatus) as refused, connect(_socket(server), origin=Origin(origin), subprotocols=GRAPHQL):
        pass

    assert refused.value.response.status_code == 403


def test_websockets_under_another_name_are_refused(server: Server) -> None:
    """DNS rebinding gets no websocket either."""
    assert raw(server, _UPGRADE.format(host="evil.example")) == 403
    assert raw(server, _UPGRADE.format(host="HOST")) == 101


def test_a_websocket_only_subscribes(server: Server) -> None:
    """Our own page's websocket runs no mutation."""
    with connect(_socket(server), origin=Origin(server.address), subprotocols=GRAPHQL) as wire:
        wire.send(json.dumps({"type": "connection_init"}))
        welcome = json.loads(wire.recv(timeout=30))
        wire.send(json.dumps({"id": "1", "type": "start", "payload": {"query": LAUNCH}}))
        answer = json.loads(wire.recv(timeout=30))

    assert welcome["type"] == "connection_ack"
    assert answer["type"] == "error" or answer["payload"].get("errors"), answer


def test_the_overview_works_in_a_browser(server: Server) -> None:
    """The page of a real browser loads without one failed request or refused websocket."""
    playwright = pytest.importorskip("playwright.sync_api")
    failed: list[Any] = []
    flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        page = browser.new_page()
        page.on("response", lambda answer: failed.append((answer.url, answer.status)) if answer.status >= 400 else None)
        page.on("requestfailed", lambda request: failed.append((request.url, request.failure)))
        page.goto(f"{server.address}/assets", wait_until="load")
        page.get_by_text("http_log").first.wait_for(timeout=30_000)
        page.goto(f"{server.address}/overview", wait_until="load")
        page.get_by_text("Overview").first.wait_for(timeout=30_000)
        browser.close()

    assert [each for each in failed if server.address in str(each[0]) and "ERR_ABORTED" not in str(each[1])] == []


def test_collecting_in_a_shell_shows_in_the_ui(server: Server) -> None:
    """Two doors, one record: a run of the command line is among the server's runs, and both go on."""
    collected = server.tailpipe.run("collect")
    (run,) = server.ask(RUNS)["runsOrError"]["results"]

    assert collected.returncode == 0, collected.stderr
    assert run["status"] == "SUCCESS"
    assert {"key": "tailpipe/cli", "value": "collect"} in run["tags"]
    assert server.tailpipe.project.one("select count(*) from http_log") == 1


_UPGRADE = """GET /graphql HTTP/1.1
Host: {host}
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
Sec-WebSocket-Version: 13
Sec-WebSocket-Protocol: graphql-ws
"""


def _socket(server: Server) -> str:
    return f"ws://127.0.0.1:{server.port}/graphql"
