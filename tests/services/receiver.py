"""Receivers of alerts on loopback: an HTTP server that can be flaky, and a mail server."""

from __future__ import annotations

import json
import random
import socketserver
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Request:
    """What came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = "ok"
    is_lost: bool = False
    """Whether the connection is closed in place of an answer."""


WELL = Answer()


@dataclass
class Receiver:
    """An HTTP server, and everything it took in."""

    url: str
    answer: Callable[[Request], Answer] = lambda _: WELL
    taken: list[Request] = field(default_factory=list)
    """Requests that it took in, also where its answer was lost."""

    refused: list[Request] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def respond(self, request: Request) -> Answer:
        """Take a request in, or refuse it."""
        with self._lock:
            found = self.answer(request)
            (self.taken if found.status < 300 else self.refused).append(request)
            return found

    @property
    def keys(self) -> list[str]:
        """The idempotency keys of what was taken in."""
        return [each.headers["Idempotency-Key"] for each in self.taken]


def flaky(seed: int, *, failing: float = 0.1, losing: float = 0.05) -> Callable[[Request], Answer]:
    """Answers of which some are errors, and some are lost."""
    chance = random.Random(seed)

    def answer(_: Request) -> Answer:
        drawn = chance.random()
        if drawn < failing:
            return Answer(500, body="out of order")
        return Answer(is_lost=drawn < failing + losing)

    return answer


@contextmanager
def receiving(answer: Callable[[Request], Answer] = lambda _: WELL) -> Iterator[Receiver]:
    """A receiver, until the end of the block."""
    receiver = Receiver("", answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            found = receiver.respond(Request(self.command, self.path, dict(self.headers), body))
            if found.is_lost:
                self.close_connection = True
                return
            self.send_response(found.status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(found.body)))
            self.end_headers()
            self.wfile.write(found.body.encode())

        do_GET = do_POST  # noqa: N815 - the name the server calls it by

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


@dataclass
class MailServer:
    """A mail server, and everything it took in."""

    port: int
    mails: list[str] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    refuse: Callable[[str], str | None] = lambda _: None
    """What is answered to a command in place of the usual; None for the usual."""


class _Mails(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    kept: MailServer


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        kept = cast("_Mails", self.server).kept
        to: list[str] = []
        self._say("220 test")
        while line := self.rfile.readline().decode().strip():
            word = line.split(":")[0].split(" ")[0].upper()
            refusal = kept.refuse(line)
            if refusal is not None:
                self._say(refusal)
            elif word == "DATA":
                self._say("354 go on")
                kept.mails.append(self._mail())
                kept.recipients.append(to)
                to = []
                self._say("250 taken")
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                if word == "RCPT":
                    to.append(line.split("<")[1].split(">")[0])
                self._say("250 ok")

    def _mail(self) -> str:
        lines = []
        while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
            lines.append(line.removeprefix("."))
        return "\n".join(lines)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def mailing() -> Iterator[MailServer]:
    """A mail server without TLS, until the end of the block."""
    with _Mails(("127.0.0.1", 0), _Talk) as server:
        server.kept = MailServer(server.server_address[1])
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.kept
        finally:
            server.shutdown()
            thread.join()
