"""An object store that fails now and then: a proxy that refuses, delays, cuts and loses answers after the deed."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping
    from random import Random

PERCENT: Mapping[str, float] = {"refused": 1.5, "delayed": 1.5, "cut": 0.7, "lost": 0.7, "broken": 0.7}
"""Of all requests: answered 503; late; cut off before the deed; done, and the answer lost; done, half an answer."""

DELAY = (0.1, 1.0)
HOP = {"content-length", "transfer-encoding", "connection"}


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


BUSY = _Reply(
    503,
    (("Content-Type", "application/xml"),),
    b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>",
)


@contextmanager
def failing(target: str, random: Random, faults: Counter[str], percent: Mapping[str, float] = PERCENT) -> Iterator[str]:
    """Serve a way to the store for as long as the block lasts; count what it did.

    Conditional puts are passed on one by one, because the store behind checks and writes in two steps.
    """

    class Bound(_Handler):
        way = _Way(target, random, faults, percent)

    server = _Server(("127.0.0.1", 0), Bound)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class _Way:
    """The way to the store, and what happens on it."""

    target: str
    random: Random
    faults: Counter[str]
    percent: Mapping[str, float]
    turn: threading.Lock = field(default_factory=threading.Lock)

    def fault(self) -> str:
        """What goes wrong with the next request, mostly nothing."""
        left = self.random.uniform(0, 100)
        for name, percent in self.percent.items():
            left -= percent
            if left < 0:
                self.faults[name] += 1
                return name
        return ""

    def pass_on(self, method: str, path: str, sent: bytes, headers: dict[str, str]) -> _Reply:
        """The store's own answer."""
        with self.turn if {"if-match", "if-none-match"} & {name.lower() for name in headers} else nullcontext():
            onward = HTTPConnection(urlsplit(self.target).netloc, timeout=60)
            try:
                onward.request(method, path, sent, headers)
                answer = onward.getresponse()
                return _Reply(answer.status, tuple(answer.getheaders()), answer.read())
            except (OSError, HTTPException):
                return BUSY
            finally:
                onward.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    way: ClassVar[_Way]

    def do_GET(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.way.fault()
        if fault == "refused":
            self._answer(BUSY)
            return
        if fault == "delayed":
            time.sleep(self.way.random.uniform(*DELAY))
        reply = None if fault == "cut" else self.way.pass_on(self.command, self.path, sent, dict(self.headers))
        if reply is None or fault == "lost":
            self._hang_up()
        else:
            self._answer(reply, cut=fault == "broken")

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.do_GET()

    def _answer(self, reply: _Reply, *, cut: bool = False) -> None:
        told = next((value for name, value in reply.headers if name.lower() == "content-length"), "0")
        self.send_response(reply.status)
        for name, value in reply.headers:
            if name.lower() not in HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", told if self.command == "HEAD" else str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body[: len(reply.body) // 2] if cut else reply.body)
        if cut:
            self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def handle(self) -> None:
        """Serve one connection; a client that was killed is no error."""
        with suppress(OSError):
            super().handle()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Stay silent."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is no error."""
