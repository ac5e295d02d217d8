"""Sees what no exit code tells: a code server that lives and has lost the process that does its work."""

from __future__ import annotations

import http.client
import json
import signal
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailpipe_assets.server.process import Kept

_EVERY = 5.0
_PATIENCE = 15.0
"""Seconds without an answer until it is started anew; then it has a minute to come up."""

_COMING_UP = 60.0


@dataclass(slots=True)
class Probe:
    """Asks the web server whether the code server answers, and ends one that does not, so that it is started again."""

    address: str
    code: Kept
    say: Callable[[str], None]
    _lost_since: float | None = None
    _not_before: float = field(default_factory=lambda: time.monotonic() + _COMING_UP)
    _next: float = 0.0
    _thread: threading.Thread | None = None

    def look(self) -> None:
        """Ask now and then, elsewhere. Quick."""
        now = time.monotonic()
        if now >= self._next and not (self._thread and self._thread.is_alive()):
            self._next = now + _EVERY
            self._thread = threading.Thread(target=self._ask, name="probe", daemon=True)
            self._thread.start()
        if self._lost_since is not None and now - self._lost_since > _PATIENCE and now > self._not_before:
            self._lost_since, self._not_before = None, now + _COMING_UP
            self.say("the code server does not answer; it is ended, to be started again")
            self.code.signal_leader(signal.SIGKILL)

    def _ask(self) -> None:
        if code_location(self.address) != "unreachable":
            self._lost_since = None
        elif self._lost_since is None:
            self._lost_since = time.monotonic()


def code_location(address: str) -> str:
    """How the web server finds the code location; empty when it does not answer itself."""
    asked = http.client.HTTPConnection(address.removeprefix("http://"), timeout=_EVERY)
    try:
        asked.request("GET", "/health")
        return str(json.loads(asked.getresponse().read())["code_location"])
    except (OSError, ValueError, KeyError, http.client.HTTPException):
        return ""
    finally:
        asked.close()
