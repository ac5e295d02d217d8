"""Looking back: rules asked of rows that are in the lake, through the evaluation that rows go through at ingest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tailpipe_assets.detections.evaluate import evaluate
from tailpipe_assets.detections.found import FOUND, STORED_COLUMNS, Evaluation, make_found
from tailpipe_assets.detections.history import LakeHistory
from tailpipe_assets.detections.relations import committed_rows
from tailpipe_assets.detections.rules import RuleSet
from tailpipe_assets.pipeline.detecting import stage_found
from tailpipe_assets.pipeline.resources import Resources
from tailpipe_assets.pipeline.rules import rule_table
from tailpipe_resources.lake import Batch, commit
from tailpipe_resources.lake.delta import Told
from tailpipe_resources.lake.inventory import snapshot
from tailpipe_resources.lake.recovery import recover
from tailpipe_resources.lake.schema import delta_schema
from tailpipe_resources.lake.table import ensure_table
from tailpipe_resources.model.finding import FINDING_COLUMNS, FINDING_TABLE
from tailpipe_resources.model.names import literal
from tailpipe_resources.model.schema import storage_columns
from tailpipe_resources.query.engine import restrict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    import duckdb

    from tailpipe_assets.detections.rules import Rule
    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_resources.lake import Lake
    from tailpipe_resources.model.stored_file import StoredFile
    from tailpipe_resources.model.window import Window

BACK = "tp_back"
"""The temporary table of what was found on the days before."""

SAMPLES = 3
DEFAULT = Resources()

_NEWEST = (
    f"(FROM {BACK} QUALIFY row_number() OVER (PARTITION BY finding_id ORDER BY version DESC) = 1 "
    "AND merged_into IS NULL)"
)
_SAMPLE = ("first_seen", "last_seen", "row_count", "actor", "source_ip", "resource", "suppressed_by", "finding_id")


@dataclass(frozen=True, slots=True)
class Options:
    """How to look back."""

    save: bool = False
    """Whether what is found and was not found before becomes findings."""

    notify: bool = False
    """Whether those may become alerts; else they are marked as found by looking back."""

    run: str = ""


@dataclass(frozen=True, slots=True)
class LookedBack:
    """What rules found in a collection."""

    table: str
    collection: str
    days: int = 0
    rows: int = 0
    findings: Mapping[str, int] = field(default_factory=dict)
    """By detection, those that nothing suppresses; of detections that found nothing, 0."""

    suppressed: Mapping[str, int] = field(default_factory=dict)
    samples: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    """By detection, the first ones."""

    faults: Mapping[str, str] = field(default_factory=dict)
    """Detections that failed on some row, and how."""

    saved: int = 0
    cancelled: bool = False


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
        saved = _save(connection, lake, ready, options) if options.save else 0
        return LookedBack(
            *ready.collection.key, len(days), look.rows, *look.counts(), look.samples(), look.faults, saved
        )


class _History(LakeHistory):
    """What was found on the days before, and, where it is to be saved, what is in the lake."""

    with_lake = False

    def _files(self, rule: Rule) -> str:
        stored = super()._files(rule) if self.with_lake else ""
        mine = f"(FROM {BACK} WHERE detection = {literal(rule.detection.address)})"
        names = ", ".join(each.name for each in FINDING_COLUMNS)
        return f"(SELECT {names} FROM {mine} UNION ALL SELECT {names} FROM {stored})" if stored else mine


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
        self._history = _History(connection, lake, rules, "false", reading)
        self._history.with_lake = options.save
        self._evaluation = Evaluation(rules.collection, datetime.now(UTC), options.run, backtest=not options.notify)
        self.rows = 0
        self.faults: dict[str, str] = {}
        make_found(connection)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {BACK} AS FROM {FOUND}")

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
        self._connection.execute(f"INSERT INTO {BACK} FROM {FOUND}")

    def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """By detection, findings that nothing suppresses, and the others."""
        found = self._connection.execute(
            "SELECT detection, count(*) FILTER (suppressed_by IS NULL), count(suppressed_by) "
            f"FROM {_NEWEST} GROUP BY ALL"
        ).fetchall()
        none = {each.detection.address: 0 for each in self._rules.rules}
        return {**none, **{name: count for name, count, _ in found}}, {name: count for name, _, count in found if count}

    def samples(self) -> dict[str, tuple[Mapping[str, Any], ...]]:
        """By detection, the first findings."""
        found = self._connection.execute(
            f"SELECT detection, {', '.join(_SAMPLE)} FROM {_NEWEST} QUALIFY row_number() OVER (PARTITION BY detection "
            f"ORDER BY suppressed_by IS NOT NULL, first_seen, finding_id) <= {SAMPLES} ORDER BY detection, first_seen"
        ).fetchall()
        samples: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for name, *values in found:
            samples[name].append(dict(zip(_SAMPLE, values, strict=True)))
        return {name: tuple(each) for name, each in samples.items()}

    def _condition(self) -> str:
        bounds = ((">=", self._window.start), ("<", self._window.end))
        said = [
            f"tp_timestamp {sign} CAST({literal(time.isoformat())} AS TIMESTAMPTZ)" for sign, time in bounds if time
        ]
        return " AND ".join(said) or "true"


def _save(connection: duckdb.DuckDBPyConnection, lake: Lake, ready: Plan, options: Options) -> int:
    """Commit what was found; how many findings are new or have changed."""
    [(count,)] = connection.execute(f"SELECT count(DISTINCT finding_id) FROM {BACK}").fetchall()
    if not count:
        return 0
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {FOUND} AS FROM {BACK}")
    with lake.lock(*ready.collection.key):
        ensure_table(lake, FINDING_TABLE, STORED_COLUMNS, delta_schema(connection, storage_columns(STORED_COLUMNS)))
        state = recover(connection, lake, *ready.collection.key)
        files = stage_found(connection, lake, ready.collection.name, ready.collection.stream)
        told = Told("backtest", options.run, ready.config)
        commit(connection, lake, state, Batch(*ready.collection.key, told=told, findings=files))
    return int(count)
