"""A store that misbehaves as told: one scripted answer a request, and a record of what was asked."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request gets."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    """Break the connection after so many bytes of the body."""

    @classmethod
    def error(cls, status: int, code: str, *, headers: Mapping[str, str] | None = None, detail: str = "") -> Answer:
        """An error as S3 writes it."""
        body = f"<Error><Code>{code}</Code><Message>as told</Message>{detail}</Error>"
        return cls(status, body.encode(), {"Content-Type": "application/xml", **(headers or {})})


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]


@dataclass(slots=True)
class FaultyS3:
    """The store: its script, the last line of which is repeated for ever, and its record."""

    url: str = ""
    script: list[Answer] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def answers(self, *script: Answer) -> None:
        """Answer so from now on."""
        self.script[:] = script
        self.asked.clear()

    def next(self, asked: Asked) -> Answer:
        """The answer to this request."""
        self.asked.append(asked)
        return self.script[min(len(self.asked), len(self.script)) - 1]


@contextmanager
def serving_faults() -> Iterator[FaultyS3]:
    """Run the store for as long as the block lasts, on a port that was free."""
    faulty = FaultyS3()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._reply(faulty.next(Asked(self.command, self.path, {k.lower(): v for k, v in self.headers.items()})))

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        do_PUT = do_DELETE = do_POST  # noqa: N815 - names of the standard library

        def _reply(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body[: answer.cut_after] if self.command != "HEAD" else b"")
            self.close_connection = answer.cut_after is not None

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    faulty.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield faulty
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
