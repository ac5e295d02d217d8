"""An object store that fails now and then: a proxy that refuses, delays, cuts and loses answers after the deed."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator
    from random import Random

BUSY = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
PERCENT = {"refused": 1.5, "delayed": 1.5, "cut": 0.7, "lost": 0.7, "broken": 0.7}
"""Of all requests: answered 503; late; cut off before the deed; done, and the answer lost; done, half an answer."""

DELAY = (0.1, 1.0)
HOP = {"content-length", "transfer-encoding", "connection"}


@contextmanager
def failing(target: str, random: Random, faults: Counter[str]) -> Iterator[str]:
    """Serve a way to the store for as long as the block lasts; count what it did.

    Conditional puts are passed on one by one, because the store behind checks and writes in two steps.
    """
    turn = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fault = _chosen(random)
            if fault:
                faults[fault] += 1
            if fault == "refused":
                return self._answer(503, [("Content-Type", "application/xml")], BUSY)
            if fault == "delayed":
                time.sleep(random.uniform(*DELAY))
            if fault == "cut":
                return self._hang_up()
            status, headers, body = self._passed_on(sent)
            if fault == "lost":
                return self._hang_up()
            return self._answer(status, headers, body, cut=fault == "broken")

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any

        def _passed_on(self, sent: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            if "If-None-Match" in self.headers or "If-Match" in self.headers:
                with turn:
                    return self._ask(sent)
            return self._ask(sent)

        def _ask(self, sent: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            onward = HTTPConnection(urlsplit(target).netloc, timeout=60)
            try:
                onward.request(self.command, self.path, sent, dict(self.headers))
                answer = onward.getresponse()
                return answer.status, answer.getheaders(), answer.read()
            except (OSError, HTTPException):
                return 503, [], BUSY
            finally:
                onward.close()

        def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes, *, cut: bool = False) -> None:
            length = next((value for name, value in headers if name.lower() == "content-length"), str(len(body)))
            self.send_response(status)
            for name, value in headers:
                if name.lower() not in HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", length if self.command == "HEAD" else str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body[: len(body) // 2] if cut else body)
            if cut:
                self._hang_up()

        def _hang_up(self) -> None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

        def handle(self) -> None:
            """Serve one connection; a client that was killed is no error."""
            try:
                super().handle()
            except OSError:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Stay silent."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that was killed is no error."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _chosen(random: Random) -> str:
    left = random.uniform(0, 100)
    for name, percent in PERCENT.items():
        left -= percent
        if left < 0:
            return name
    return ""
