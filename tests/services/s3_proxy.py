"""A way to the store that keeps a record of what is asked."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Proxy:
    """The way in, and its record."""

    url: str
    record: list[tuple[str, str]] = field(default_factory=list)

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


@contextmanager
def counting(target: str) -> Iterator[Proxy]:
    """Pass everything on to the store for as long as the block lasts."""
    proxy = Proxy("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            proxy.record.append((self.path, sent.decode(errors="replace")))
            onward = HTTPConnection(urlsplit(target).netloc)
            onward.request(self.command, self.path, sent, dict(self.headers))
            answer = onward.getresponse()
            body = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            onward.close()

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
