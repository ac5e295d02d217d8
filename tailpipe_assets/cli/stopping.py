"""Ctrl-C: the first asks the work to end soon, the second ends the program."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from tailpipe_assets.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

T = TypeVar("T")

AT_ONCE = 0.2
"""Seconds within which signals are one: some supervisors signal a process and then its group, it among them."""

HEARD_WITHIN = 0.5
"""Seconds after which the main thread looks for signals by itself: one that the kernel gives to another thread does not
wake it, and Python runs handlers nowhere else."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_ONCE = b"\nstopping: committing what is staged; press again to stop at once\n"
_TWICE = b"\ntailpipe: stopped at once; what was committed stays\n"


@dataclass(frozen=True, slots=True)
class Stop:
    """Whether someone asked to stop."""

    _asked: threading.Event = field(default_factory=threading.Event)
    _heard: list[float] = field(default_factory=list)
    """When the first signal came."""

    _once: bytes = _ONCE
    """What is said then."""

    def asked(self) -> bool:
        """Whether the work should come to its end."""
        return self._asked.is_set()

    def wait(self, seconds: float) -> None:
        """Sleep for so long, or until someone asks to stop."""
        self._asked.wait(seconds)

    def while_doing(self, work: Callable[[], T]) -> T:
        """Do work in another thread, so that this one is free to hear signals while C code runs."""
        done: list[T] = []
        failed: list[BaseException] = []

        def do() -> None:
            try:
                done.append(work())
            except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
                failed.append(error)

        thread = threading.Thread(target=do, name="work", daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(HEARD_WITHIN)
        if failed:
            raise failed[0]
        return done[0]

    def hear(self, _signal: int, _frame: FrameType | None) -> None:
        """Take a signal."""
        now = time.monotonic()
        if self._heard:
            if now - self._heard[0] > AT_ONCE:
                _leave()
            return
        self._heard.append(now)
        self._asked.set()
        os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, self._once)


@contextmanager
def stoppable(once: bytes = _ONCE) -> Iterator[Stop]:
    """Take SIGINT and SIGTERM for the length of a block. Elsewhere than in the main thread nothing is taken.

    Args:
        once: what is said when the first one comes.
    """
    stop = Stop(_once=once)
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, stop.hear) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave() -> None:
    """Leave without waiting for threads: the one that works cannot be told to stop."""
    os.write(2, _TWICE)
    os._exit(Exit.CANCELLED)
