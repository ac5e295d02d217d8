"""The clockwork asks detections when their time has come, beside a program that has other things to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING

from tailpipe_assets.scheduled.due import ask_due
from tailpipe_assets.scheduled.ticks import next_tick

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tailpipe_assets.pipeline import Plan
    from tailpipe_assets.scheduled.due import DueResult

AGAIN_SECONDS = 60.0
"""After so long it is looked again whether what failed or was left can be asked now."""

LONGEST_SECONDS = 60.0
"""Clocks are set, and machines sleep: no pause is longer."""

END_SECONDS = 10.0


class Clockwork:
    """Asks in a thread of its own. A context."""

    def __init__(self, plans: Sequence[Plan], on_results: Callable[[Sequence[DueResult]], None]) -> None:
        """Start nothing yet.

        Args:
            plans: the collections.
            on_results: told, in that thread, what came of detections that were due.
        """
        self._plans, self._on_results = plans, on_results
        self._woken, self._ended = Event(), Event()
        self._thread = Thread(target=self._work, name="clockwork", daemon=True)

    def use(self, plans: Sequence[Plan]) -> None:
        """Go on with others."""
        self._plans = plans
        self._woken.set()

    def __enter__(self) -> Clockwork:  # noqa: PYI034 - nobody makes another of it
        """Start."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop; what is left is asked by whoever comes next."""
        self._ended.set()
        self._woken.set()
        self._thread.join(END_SECONDS)

    def _work(self) -> None:
        while not self._ended.is_set():
            results = ask_due(self._plans, run="follow", stopped=self._ended.is_set)
            if results:
                self._on_results(results)
            now = datetime.now(UTC)
            due = min(self._next(now), now + timedelta(seconds=AGAIN_SECONDS)) if _is_unsettled(results) else None
            self._rest(due or self._next(now))

    def _rest(self, due: datetime) -> None:
        """Wait until then, or until it is woken."""
        while not self._woken.is_set() and (left := (due - datetime.now(UTC)).total_seconds()) > 0:
            self._woken.wait(min(left, LONGEST_SECONDS))
        self._woken.clear()

    def _next(self, now: datetime) -> datetime:
        """The next tick of any of them."""
        schedules = {each.detection.schedule for ready in self._plans for each in ready.scheduled}
        ticks = [next_tick(each, now) for each in schedules if each is not None]
        return min(ticks, default=now + timedelta(days=1))


def _is_unsettled(results: Sequence[DueResult]) -> bool:
    return any(each.failure or each.is_left for each in results)
