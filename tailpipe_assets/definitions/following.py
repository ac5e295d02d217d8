"""What following brings in, reported to Dagster without a run: its calendar and plots show it like any other."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dagster as dg
from sqlalchemy.exc import SQLAlchemyError

from tailpipe_assets.definitions import outcome
from tailpipe_assets.definitions.names import collection_key
from tailpipe_assets.definitions.runs import open_instance
from tailpipe_resources.errors import LakeError
from tailpipe_resources.lake.counts import DayCount, count_days
from tailpipe_resources.lake.storage import open_lake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tailpipe_assets.pipeline import Plan
    from tailpipe_resources.model.results import CollectResult

EVERY = 60.0
"""Seconds between two reports of a collection."""


class Reporter:
    """Adds up what came of each collection, and reports it now and then, a materialization a day that has new rows."""

    def __init__(self, instance: dg.DagsterInstance, tell: Callable[[str], None]) -> None:
        self._instance = instance
        self._tell = tell
        self._open: dict[tuple[str, str], tuple[Plan, CollectResult]] = {}
        """What came since the last report."""

        self._reported: dict[tuple[str, str], float] = {}
        self._is_failing = False

    def note(self, ready: Plan, result: CollectResult) -> None:
        """Something came."""
        key = ready.collection.key
        before = self._open.get(key)
        self._open[key] = (ready, result if before is None else before[1].then(result))

    def report(self, *, all_of_it: bool = False) -> None:
        """Report what is due. What Dagster cannot take now it gets next time."""
        now = time.monotonic()
        for key, (ready, result) in list(self._open.items()):
            if not all_of_it and now - self._reported.get(key, -EVERY) < EVERY:
                continue
            self._reported[key] = now
            try:
                self._send(ready, result)
            except (OSError, dg.DagsterError, SQLAlchemyError, LakeError) as error:
                if not self._is_failing:
                    self._tell(f"Dagster was not told of new rows, and is later: {str(error).splitlines()[0]}")
                self._is_failing = True
            else:
                self._is_failing = False
                del self._open[key]

    def _send(self, ready: Plan, result: CollectResult) -> None:
        stored = count_days(open_lake(ready.collection.destination), *ready.collection.key)
        for day in sorted(result.days):
            is_last = day == max(result.days)
            of_run = outcome.of_run(ready, result, stored) | {"rows_of_run": result.rows} if is_last else {}
            figures = outcome.of_day(result.days[day], stored.get(day, DayCount()))
            self._instance.report_runless_asset_event(
                dg.AssetMaterialization(
                    collection_key(ready.collection), partition=day.isoformat(), metadata={**of_run, **figures}
                )
            )


@contextmanager
def reporting(tell: Callable[[str], None]) -> Iterator[Reporter]:
    """A reporter to Dagster's home, which reports the rest at its end.

    Args:
        tell: told when Dagster cannot be reached.

    Raises:
        LakeError: Dagster's home cannot be used.
    """
    with open_instance(record=True) as instance:
        reporter = Reporter(instance, tell)
        try:
            yield reporter
        finally:
            reporter.report(all_of_it=True)
