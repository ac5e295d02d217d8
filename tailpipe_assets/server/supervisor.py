"""Keeps children running until it is told to stop, and then stops all of them."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

    from tailpipe_assets.server.process import Kept

_LOOK = 0.2
_STEPS = ((signal.SIGINT, 4.0), (signal.SIGTERM, 2.0), (signal.SIGKILL, 2.0))
"""What children are sent to end them, and the seconds they have after each: fewer than the ten that are promised."""


@dataclass(slots=True)
class Stop:
    """Whether someone has asked to stop, and whether they insist."""

    asked: threading.Event = field(default_factory=threading.Event)
    at_once: bool = False

    def hear(self, _signal: int, _frame: FrameType | None) -> None:
        """Take a signal."""
        self.at_once = self.asked.is_set()
        self.asked.set()


def supervise(kept: Sequence[Kept], jobs: Sequence[Callable[[], None]], *, say: Callable[[str], None]) -> None:
    """Keep them running until SIGINT or SIGTERM comes. Returns when nothing of them is left.

    Args:
        kept: the children.
        jobs: done in turn, several times a second; each is quick.
        say: told what happens.
    """
    with _signals() as stop:
        try:
            while not stop.asked.wait(_LOOK):
                for each in kept:
                    each.look()
                for job in jobs:
                    job()
            say("stopping; press again to stop at once")
        finally:
            _stop(kept, stop)


def _stop(kept: Sequence[Kept], stop: Stop) -> None:
    for number, patience in _STEPS:
        for each in kept:
            each.signal(number)
        until = time.monotonic() + patience
        while time.monotonic() < until and not (stop.at_once and number != signal.SIGKILL):
            if all(each.is_gone() for each in kept):
                return
            time.sleep(0.05)


@contextmanager
def _signals() -> Iterator[Stop]:
    stop = Stop()
    # SIGINT is heard even where a shell's `&` had it ignored, a hang-up not where `nohup` has.
    heard = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        heard.append(signal.SIGHUP)
    before = {number: signal.signal(number, stop.hear) for number in heard}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
