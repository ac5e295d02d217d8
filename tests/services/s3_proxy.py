"""A way to the store that keeps a record of what is asked, and fails as told."""

from __future__ import annotations

import re
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar, Literal
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(slots=True)
class Fault:
    """What happens to some of the requests."""

    asked: str
    """A pattern that is found in the method, the path and the action, such as `PUT .*_delta_log`."""

    does: Literal["slow down", "deny", "hang", "lose the request", "lose the answer", "break off"]
    times: int = 1
    """So many requests in turn."""

    seconds: float = 0.0
    """How long it hangs."""

    body: str = ""
    """The error's code, for `deny`."""


@dataclass(slots=True)
class Proxy:
    """The way in, and its record."""

    url: str
    record: list[tuple[str, str]] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)
    """The session tokens that were shown."""

    faults: list[Fault] = field(default_factory=list)
    met: list[str] = field(default_factory=list)
    """The requests that a fault met."""

    guard: threading.Lock = field(default_factory=threading.Lock)
    before: Callable[[str], None] = lambda _: None
    """Called with each request before it is passed on."""

    def prefixes_listed(self) -> list[str]:
        """The prefix of every request that listed keys, shallow ones first."""
        asked = [parse_qs(urlsplit(path).query, keep_blank_values=True) for path, _ in self.record]
        prefixes = [query.get("prefix", [""])[0] for query in asked if "list-type" in query]
        return sorted(prefixes, key=lambda prefix: (prefix.count("/"), prefix))

    def bodies(self) -> list[str]:
        """What was sent."""
        return [body for _, body in self.record]

    def forget(self) -> None:
        """Begin a new record."""
        self.record.clear()

    def fails(self, *faults: Fault) -> None:
        """Fail so from now on."""
        self.faults[:] = faults
        self.met.clear()

    def fault(self, asked: str) -> Fault | None:
        """What happens to this request, if anything."""
        with self.guard:
            found = next((each for each in self.faults if each.times > 0 and re.search(each.asked, asked)), None)
            if found is not None:
                found.times -= 1
                self.met.append(asked)
            return found


_AFTER = {"lose the answer", "break off"}
_REFUSALS = {"slow down": (503, "SlowDown"), "deny": (403, "AccessDenied")}


class _Handler(BaseHTTPRequestHandler):
    proxy: ClassVar[Proxy]
    netloc: ClassVar[str]
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.proxy.record.append((self.path, sent.decode(errors="replace")))
        self.proxy.tokens.add(self.headers.get("x-amz-security-token"))
        asked = f"{self.command} {self.path} {self.headers.get('x-amz-target', '')}".rstrip()
        self.proxy.before(asked)
        fault = self.proxy.fault(asked)
        if fault is not None and fault.does not in _AFTER:
            self._fail(fault)
            return
        onward = HTTPConnection(self.netloc)
        onward.request(self.command, self.path, sent, dict(self.headers))
        answer = onward.getresponse()
        body = answer.read()
        onward.close()
        if fault is not None and fault.does == "lose the answer":
            self._break()
            return
        self._pass_on(answer, body, cut=fault is not None)

    def _pass_on(self, answer: HTTPResponse, body: bytes, *, cut: bool) -> None:
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2 if cut else None] if self.command != "HEAD" else b"")
        if cut:
            self._break()

    def _fail(self, fault: Fault) -> None:
        if fault.does == "hang":
            time.sleep(fault.seconds)
        if fault.does not in _REFUSALS:
            self._break()
            return
        status, code = _REFUSALS[fault.does]
        body = f"<Error><Code>{fault.body or code}</Code><Message>as told</Message></Error>".encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if self.command != "HEAD" else b"")

    def _break(self) -> None:
        """End the connection without an answer."""
        self.close_connection = True

    do_POST = do_PUT = do_DELETE = do_HEAD = do_GET  # noqa: N815 - names of the standard library

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Stay silent."""


@contextmanager
def counting(target: str) -> Iterator[Proxy]:
    """Pass everything on to the store for as long as the block lasts."""
    proxy = Proxy("")
    handler = type("Handler", (_Handler,), {"proxy": proxy, "netloc": urlsplit(target).netloc})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
