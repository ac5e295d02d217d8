"""The courier delivers beside a program that has other things to do, such as following logs."""

from __future__ import annotations

from dataclasses import replace
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from tailpipe_assets.alerts.after import after_collect
from tailpipe_assets.alerts.delivery import BUDGET_SECONDS, USUAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tailpipe_assets.scheduled import DueResult
    from tailpipe_resources.model.config import Config
    from tailpipe_resources.model.results import CollectResult

EVERY_SECONDS = 30.0
"""So often it looks by itself: for what is to be tried again, and for what is wrong without anybody noting it."""

SOON_SECONDS = 2.0
"""The same while something is left to deliver."""

MANNER = replace(USUAL, patience=BUDGET_SECONDS)


class Courier:
    """Delivers in a thread of its own, at once when it is woken, and a last time at its end. A context."""

    def __init__(self, config: Config, tell: Callable[[str], None]) -> None:
        """Start nothing yet.

        Args:
            config: whom to tell of what.
            tell: told what goes wrong, once.
        """
        self._config = config
        self._tell = tell
        self._told: frozenset[str] = frozenset()
        self._results: list[CollectResult] = []
        self._asked: list[DueResult] = []
        self._lock = Lock()
        self._woken = Event()
        self._is_over = False
        self._thread = Thread(target=self._work, name="courier", daemon=True)

    def wake(self, results: Iterable[CollectResult] = (), asked: Iterable[DueResult] = ()) -> None:
        """Something was collected, or detections were asked."""
        with self._lock:
            self._results.extend(results)
            self._asked.extend(asked)
        self._woken.set()

    def use(self, config: Config) -> None:
        """Go on with another configuration."""
        self._config = config
        self._woken.set()

    def __enter__(self) -> Courier:  # noqa: PYI034 - nobody makes another of it
        """Start."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Deliver what is due, and stop."""
        self._is_over = True
        self._woken.set()
        self._thread.join(2 * BUDGET_SECONDS)

    def _work(self) -> None:
        while not self._is_over:
            left = self._deliver()
            self._woken.wait(SOON_SECONDS if left else EVERY_SECONDS)
            self._woken.clear()
        self._deliver()

    def _deliver(self) -> int:
        with self._lock:
            results, self._results = self._results, []
            asked, self._asked = self._asked, []
        done = after_collect(self._config, results, asked=asked, manner=MANNER)
        troubles = frozenset(done.troubles)
        for each in sorted(troubles - self._told):
            self._tell(each)
        self._told = troubles
        return done.left
