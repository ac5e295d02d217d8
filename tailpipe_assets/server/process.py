"""One child through all its lives: started, watched, started again with growing patience, stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tailpipe_assets.server.child import Child
    from tailpipe_assets.server.logs import Log

_LONGEST_PAUSE = 30.0
_STEADY = 60.0
"""Seconds of life after which an end is not one of a row."""


@dataclass(slots=True)
class Kept:
    """A child that is kept running."""

    child: Child
    log: Log
    say: Callable[[str], None]
    restarts: int = 0
    since: datetime | None = None
    last_exit: int | None = None
    _process: subprocess.Popen[bytes] | None = None
    _groups: set[int] = field(default_factory=set)
    _due: float = 0.0
    _begun: float = 0.0
    _pause: float = 0.5

    @property
    def pid(self) -> int | None:
        """Its process, None while there is none."""
        return self._process.pid if self._process else None

    def look(self) -> None:
        """Start it when it is due, and see whether it has ended."""
        if self._process is None:
            if time.monotonic() >= self._due and answers(self.child.after):
                self._start()
            return
        code = self._process.poll()
        if code is not None:
            self._ended(code)

    def signal(self, number: int) -> None:
        """Send a signal to it and all it has started."""
        for group in self._groups:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, number)

    def signal_leader(self, number: int) -> None:
        """Send a signal to it alone: the runs it has started go on."""
        if self._process is not None:
            self._process.send_signal(number)

    def is_gone(self) -> bool:
        """Whether nothing of it is left."""
        if self._process is not None:
            self._process.poll()
        self._groups = {group for group in self._groups if _exists(group)}
        return not self._groups

    def facts(self) -> dict[str, Any]:
        """What can be told of it."""
        return {
            "name": self.child.name,
            "pid": self.pid,
            "since": self.since.isoformat(timespec="seconds") if self.since else None,
            "restarts": self.restarts,
            "last_exit": self.last_exit,
        }

    def _start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - a command of our own
            self.child.command,
            env=dict(self.child.env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=self.child.passes,
            start_new_session=True,
        )
        self.log.follow(cast("IO[bytes]", self._process.stdout))
        self._groups = {group for group in self._groups if _exists(group)} | {self._process.pid}
        self._begun = time.monotonic()
        self.since = datetime.now(UTC)

    def _ended(self, code: int) -> None:
        self._process = None
        self.since = None
        self.last_exit = code
        self.restarts += 1
        steady = time.monotonic() - self._begun > _STEADY
        self._pause = 0.5 if steady or self.restarts == 1 else min(self._pause * 2, _LONGEST_PAUSE)
        self._due = time.monotonic() + self._pause
        self.say(f"{self.child.name} has ended {_how(code)}; it is started again in {self._pause:g} s. Its last lines:")
        for line in self.log.tail()[-5:]:
            self.say(f"  {line}")
        self.say(f"  all of them: {self.log.path}")


def answers(path: Path | None) -> bool:
    """Whether a socket takes connections. True when there is none to ask."""
    if path is None:
        return True
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _how(code: int) -> str:
    if code >= 0:
        return f"with exit code {code}"
    try:
        return f"by {signal.Signals(-code).name}"
    except ValueError:
        return f"by signal {-code}"
