"""Sees what no exit code tells: a code server that lives and has lost the process that does its work."""

from __future__ import annotations

import signal
import threading
import time
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tailpipe_assets.server.process import Kept

_PING = "/api.DagsterApi/Ping"
"""A call that a code server passes on to its worker; an empty message is a valid one."""

_EVERY = 2.0
_ANSWERS_WITHIN = 5.0


class Answer(Enum):
    """What comes back from a code server."""

    FINE = "its worker answers"
    LOST = "it answers that there is no worker"
    SILENT = "nothing comes, as while it loads"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds of one wrong answer until a code server is started anew."""

    lost: float = 10.0

    silent: float = 240.0
    """Longer than Dagster itself gives a worker to load."""


@dataclass(slots=True)
class Probe:
    """Asks the code server whether its worker answers, and ends one without, so that it is started again."""

    socket: Path
    code: Kept
    say: Callable[[str], None]
    patience: Patience = Patience()
    _asked: int | None = None
    _answer: Answer = Answer.FINE
    _since: float = 0.0
    _next: float = 0.0
    _thread: threading.Thread | None = None

    def look(self) -> None:
        """Ask now and then, elsewhere. Quick."""
        now = time.monotonic()
        if self._thread and self._thread.is_alive():
            return
        if self._asked == self.code.pid and self._is_lost(now):
            self.say("the code server does not answer; it is ended, to be started again")
            self.code.signal_leader(signal.SIGKILL)
            self._answer = Answer.FINE
        if now >= self._next:
            self._next = now + _EVERY
            self._thread = threading.Thread(target=self._ask, args=(self.code.pid,), name="probe", daemon=True)
            self._thread.start()

    def _is_lost(self, now: float) -> bool:
        limits = {Answer.LOST: self.patience.lost, Answer.SILENT: self.patience.silent}
        return now - self._since > limits.get(self._answer, float("inf"))

    def _ask(self, pid: int | None) -> None:
        answer = ask(self.socket)
        if (pid, answer) != (self._asked, self._answer):
            self._asked, self._answer, self._since = pid, answer, time.monotonic()


def ask(code_server: Path) -> Answer:
    """How a code server is, by its own word."""
    import grpc

    with grpc.insecure_channel(f"unix:{code_server}") as channel:
        try:
            channel.unary_unary(_PING)(b"", timeout=_ANSWERS_WITHIN)
        except grpc.RpcError as error:
            silent = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}
            return Answer.SILENT if error.code() in silent else Answer.LOST
    return Answer.FINE
