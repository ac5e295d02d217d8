"""Work in a thread, with Ctrl-C to cancel it and a line of progress when it takes long."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Generic, TypeVar

import duckdb

from tailpipe_resources.errors import CancelledError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

LONG_SECONDS = 1.0
"""What takes longer shows how far it is."""

_STEP_SECONDS = 0.1
_CLEAR_LINE = "\r\x1b[K"


def run(connection: duckdb.DuckDBPyConnection, work: Callable[[], T], *, shows_progress: bool) -> T:
    """Do work that asks this connection, and give what it gives.

    Args:
        connection: what is told to stop when Ctrl-C is pressed.
        work: done in a thread of its own.
        shows_progress: whether standard error is a terminal whose line can be rewritten.

    Raises:
        CancelledError: Ctrl-C was pressed.
    """
    doing = _Doing(work)
    began, shown = time.monotonic(), False
    try:
        while not doing.wait(_STEP_SECONDS):
            elapsed = time.monotonic() - began
            if shows_progress and elapsed > LONG_SECONDS:
                _show(f"\r{progress_line(elapsed, connection.query_progress())}")
                shown = True
    except KeyboardInterrupt:
        doing.stop(connection)
        raise CancelledError("cancelled") from None
    finally:
        if shown:
            _show(_CLEAR_LINE)
    try:
        return doing.result()
    except duckdb.InterruptException:
        raise CancelledError("cancelled") from None


def progress_line(elapsed: float, percent: float) -> str:
    """How long it has taken and how far it is; DuckDB says -1 while it does not know."""
    known = f", {percent:.0f} %" if 0 <= percent <= 100 else ""
    return f"running for {elapsed:.0f} s{known}; Ctrl-C cancels \x1b[K"


class _Doing(Generic[T]):
    """Work that goes on."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._done = threading.Event()
        self._results: list[T] = []
        self._failures: list[BaseException] = []
        threading.Thread(target=self._do, name="query", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        return self._done.wait(seconds)

    def stop(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Interrupt until it has ended: what is asked between two statements is not heard."""
        while not self._done.is_set():
            connection.interrupt()
            self._patient_wait()

    def _patient_wait(self) -> None:
        try:
            self._done.wait(_STEP_SECONDS)
        except KeyboardInterrupt:
            return

    def result(self) -> T:
        if self._failures:
            raise self._failures[0]
        return self._results[0]

    def _do(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._failures.append(error)
        finally:
            self._done.set()


def _show(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
