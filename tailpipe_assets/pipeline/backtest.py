"""Looking back: rules asked of rows that are in the lake, through the evaluation that rows go through at ingest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tailpipe_assets.detections.evaluate import evaluate
from tailpipe_assets.detections.found import Evaluation
from tailpipe_assets.detections.relations import committed_rows
from tailpipe_assets.detections.rules import RuleSet
from tailpipe_assets.pipeline.back import Back, BackHistory, LookedBack, Options
from tailpipe_assets.pipeline.resources import Resources
from tailpipe_assets.pipeline.rules import rule_table
from tailpipe_resources.lake.inventory import snapshot
from tailpipe_resources.model.names import literal
from tailpipe_resources.query.engine import restrict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import duckdb

    from tailpipe_assets.detections.rules import Rule
    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_resources.lake import Lake
    from tailpipe_resources.model.stored_file import StoredFile
    from tailpipe_resources.model.window import Window

DEFAULT = Resources()

OnDay = Callable[[str, int, int], None]
"""Told of which collection, how many days are done, and of how many."""


def look_back(
    ready: Plan,
    rules: Sequence[Rule],
    window: Window,
    options: Options,
    *,
    resources: Resources = DEFAULT,
    on_day: OnDay = lambda *_: None,
    stopped: Callable[[], bool] = lambda: False,
) -> LookedBack:
    """Ask rules of a collection's rows of some time, day by day.

    Args:
        ready: the collection.
        rules: those of its table; scheduled ones are passed over.
        window: when the rows happened.
        options: what becomes of what is found.
        resources: how to get at the lake and DuckDB.
        on_day: told of progress.
        stopped: asked between days; once true, nothing is saved.
    """
    name = ready.collection.name
    asked = tuple(
        each
        for each in rules
        if each.detection.table == ready.table.name and each.detection.sql is None and each.detection.covers(name)
    )
    if not asked:
        return LookedBack(*ready.collection.key)
    lake = resources.lake(ready.collection.destination)
    with ExitStack() as stack:
        connection = stack.enter_context(resources.engine())
        connection.execute("SET preserve_insertion_order = false")
        lake.store.attach(connection)
        restrict(connection, lake.reach)
        ruleset = RuleSet(rule_table(ready.table), name, asked)
        look = _Look(connection, lake, ruleset, window, options, stack)
        days = look.days(ready.collection.table_stored)
        for number, (_, files) in enumerate(sorted(days.items())):
            if stopped():
                return LookedBack(*ready.collection.key, number, look.rows, cancelled=True)
            look.look(files)
            on_day(".".join(ready.collection.key), number + 1, len(days))
        back = look.back
        saved = back.save(lake, ready, options) if options.save else 0
        return LookedBack(
            *ready.collection.key, len(days), look.rows, *back.counts(), back.samples(), look.faults, saved
        )


class _Look:
    """One look at a collection."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        lake: Lake,
        rules: RuleSet,
        window: Window,
        options: Options,
        reading: ExitStack,
    ) -> None:
        self._connection, self._lake, self._rules, self._window = connection, lake, rules, window
        self._reading = reading
        self._history = BackHistory(connection, lake, rules, "false", reading)
        self._history.with_lake = options.save
        self._evaluation = Evaluation(rules.collection, datetime.now(UTC), options.run, backtest=not options.notify)
        self.rows = 0
        self.faults: dict[str, str] = {}
        self.back = Back(connection, rules.rules)

    def days(self, table: str) -> dict[date, list[StoredFile]]:
        """The files that may hold rows of the window, by day."""
        held = snapshot(self._lake, table, self._reading)
        found: dict[date, list[StoredFile]] = defaultdict(list)
        for each in held.stored if held else ():
            start, end = self._window.start, self._window.end
            is_inside = (start is None or each.may_reach(start)) and (end is None or each.may_begin(end))
            if each.collection == self._rules.collection and is_inside:
                found[each.day].append(each)
        return found

    def look(self, files: Sequence[StoredFile]) -> None:
        """Ask the rules of one day."""
        rows = committed_rows(self._rules.table, files, self._condition())
        [(count,)] = self._connection.execute(f"SELECT count(*) FROM ({rows})").fetchall()
        self.rows += count
        for each in evaluate(self._connection, self._rules, rows, self._evaluation, self._history):
            self.faults[each.detection] = each.reason
        self.back.take()

    def _condition(self) -> str:
        bounds = ((">=", self._window.start), ("<", self._window.end))
        said = [
            f"tp_timestamp {sign} CAST({literal(time.isoformat())} AS TIMESTAMPTZ)" for sign, time in bounds if time
        ]
        return " AND ".join(said) or "true"
