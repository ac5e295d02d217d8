"""An audit API that hands its events out page by page, as those of Slack and Pipes do, and misbehaves as told."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

TOKEN = "xoxp-loopback"
CODE = "123456"
"""What a login is confirmed with."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one request gets in place of events."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    """Break the connection after so many bytes of the body."""

    drop: bool = False
    """Close the connection without an answer."""


@dataclass(slots=True)
class AuditApi:
    """The API: its events, newest first in every answer, and a record of what was asked."""

    url: str = ""
    token: str = TOKEN
    events: list[dict[str, Any]] = field(default_factory=list)
    """Each with `id`, `date_create` (Unix seconds) and `created_at`."""

    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Path and parameters of each request."""

    headers: list[dict[str, str]] = field(default_factory=list)
    script: list[Said | None] = field(default_factory=list)
    """What the next requests get, one each; None for events."""

    before: Callable[[dict[str, str]], None] = field(default=lambda _: None)
    """Called before each answer is made."""

    answer: Callable[[str, dict[str, str]], Said] | None = None
    """Makes all answers in place of the API."""

    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, *events: dict[str, Any]) -> None:
        """Something happened."""
        self.events.extend(events)

    def respond(self, path: str, params: dict[str, str], headers: dict[str, str]) -> Said:
        """The answer to a request."""
        with self.lock:
            self.asked.append((path, params))
            self.headers.append(headers)
            scripted = self.script.pop(0) if self.script else None
            if scripted is not None:
                return scripted
            self.before(params)
            if path.startswith("/api/latest/login/token"):
                return self._login(path, params)
            if headers.get("authorization") != f"Bearer {self.token}":
                return Said(401, b'{"detail": "unauthorized"}')
            if path == "/api/latest/actor":
                return told({"handle": "ann", "display_name": "Ann Example"})
            if self.answer is not None:
                return self.answer(path, params)
            return self._slack(params) if path == "/audit/v1/logs" else self._pipes(params)

    def _login(self, path: str, params: dict[str, str]) -> Said:
        if path.endswith("/token"):
            return told({"id": "tptr_1", "state": "pending"})
        if params.get("code") == "wait":
            return told({"id": "tptr_1", "state": "pending"})
        if params.get("code") != CODE:
            return Said(403, b'{"detail": "no such code"}')
        return told({"id": "tptr_1", "state": "confirmed", "token": self.token})

    def _slack(self, params: dict[str, str]) -> Said:
        oldest, latest = int(params.get("oldest", 0)), int(params.get("latest", 1 << 40))
        found = [each for each in self._newest() if oldest <= each["date_create"] <= latest]
        page, cursor = _page(found, params.get("cursor"), int(params["limit"]))
        return told({"entries": page, "response_metadata": {"next_cursor": cursor}})

    def _pipes(self, params: dict[str, str]) -> Said:
        page, cursor = _page(self._newest(), params.get("next_token"), int(params["limit"]))
        return told({"items": page, **({"next_token": cursor} if cursor else {})})

    def _newest(self) -> list[dict[str, Any]]:
        return sorted(self.events, key=lambda each: (each["date_create"], str(each["id"])), reverse=True)


def told(answer: object) -> Said:
    """An answer as JSON."""
    return Said(body=json.dumps(answer).encode())


def _page(found: list[dict[str, Any]], cursor: str | None, limit: int) -> tuple[list[dict[str, Any]], str]:
    """Cursors count, so that what happens between two pages moves events from one page to the next."""
    start = int(cursor.removeprefix("at-")) if cursor else 0
    page = found[start : start + limit]
    return page, f"at-{start + limit}" if start + limit < len(found) else ""


@contextmanager
def serving_audit() -> Iterator[AuditApi]:
    """Run the API for as long as the block lasts, on a port that was free."""
    api = AuditApi()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            params = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            said = api.respond(parts.path, params, {k.lower(): v for k, v in self.headers.items()})
            if said.drop:
                self.close_connection = True
                return
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body[: said.cut_after])
            self.close_connection = said.cut_after is not None

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
