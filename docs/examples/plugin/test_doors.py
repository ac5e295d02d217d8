"""The three keep the contracts that Tailpipe's own plugins keep."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from tailpipe_doors.source import DoorControllerOptions, DoorControllerSource

from tailpipe_assets.testing import FormatContract, SourceContract, TableContract

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class TestDoorLog(TableContract):
    name = "door_log"


class TestBlankLines(FormatContract):
    name = "blank_lines"
    sample = b'{\n "door": "\xc3\xa9"\n}\n\n{\n "door": "west"\n}\n\n'
    records = 2
    broken = sample.replace(b"\xc3\xa9", b"\xff")


LOGS = {f"2024-02-0{day}": f"2024-02-0{day}T12:00:00Z {day - 1}\n".encode() for day in (1, 2, 3)}


class _Controller(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Give the list, or a day."""
        days = [{"day": day, "etag": "1", "size": len(log)} for day, log in LOGS.items()]
        body = json.dumps(days).encode() if self.path == "/logs" else LOGS.get(self.path.removeprefix("/logs/"))
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def controller() -> Iterator[str]:
    """Where a controller is."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Controller)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


class TestDoorController(SourceContract):
    name = "door_controller"
    lines = 3
    url: str

    @pytest.fixture(autouse=True)
    def _reached(self, controller: str) -> None:
        self.url = controller

    def source(self, folder: Path) -> DoorControllerSource:
        """The controller's."""
        return DoorControllerSource(DoorControllerOptions(url=self.url))
