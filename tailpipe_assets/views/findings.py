"""What was found on each day, as a lake knows it now: how often, by what, and a few findings for people to look at."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import duckdb

from tailpipe_resources.lake import snapshot
from tailpipe_resources.model.finding import FINDING_TABLE, NEWEST_FINDING, Severity
from tailpipe_resources.model.names import literal
from tailpipe_resources.query.engine import connect, translate
from tailpipe_resources.query.views import View, select_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import date

    from tailpipe_resources.lake import Lake
    from tailpipe_resources.model.stored_file import StoredFile

SHOWN = ("first_seen", "severity", "detection", "actor", "source_ip", "resource", "rows")
"""What is told of a finding, as text."""

MOST = 20
"""Findings of one day that are told, the worst first."""

OF_EACH = 5
"""Findings of one detection that are told of a run."""

_WIDTH = 80
_LEVELS = ", ".join(literal(str(each)) for each in Severity)
_TEXTS = ", ".join(
    f"left(coalesce(CAST({column} AS VARCHAR), ''), {_WIDTH}) AS {name}"
    for name, column in zip(SHOWN, ("date_trunc('second', first_seen)", *SHOWN[1:-1], "row_count"), strict=True)
)
_WORST_FIRST = f"list_position([{_LEVELS}], severity) DESC, first_seen DESC, finding_id"
_COUNTS = "first_seen IS NOT NULL AND merged_into IS NULL AND NOT coalesce(backtest, false)"


@dataclass(frozen=True, slots=True)
class DayFound:
    """What is found on one UTC day."""

    by_severity: Mapping[str, int] = field(default_factory=Counter)
    by_detection: Mapping[str, int] = field(default_factory=Counter)
    """Without those that an exception or a suppression covers, as the other figures."""

    suppressed: int = 0
    """Those that one covers."""

    worst: tuple[Mapping[str, str], ...] = ()
    """By the names in `SHOWN`."""


class Findings:
    """The findings of a lake at one moment, each in its newest version, without backtests. To be used as a context."""

    def __init__(self, lake: Lake, wanted: Callable[[StoredFile], bool] = lambda _: True) -> None:
        """Open nothing but the table's log.

        Args:
            lake: where they lie.
            wanted: which files may hold what will be asked for.
        """
        self._lake = lake
        self._until = ExitStack()
        found = snapshot(lake, FINDING_TABLE, self._until)
        self.version = -1 if found is None else found.version
        """Changes with every commit of findings; -1 where there never was one."""

        stored = tuple(each for each in (found.stored if found else ()) if wanted(each))
        self._view = None
        if found is not None and stored:
            columns = found.columns
            self._view = View(FINDING_TABLE, columns, (), newest=NEWEST_FINDING).over(stored)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the files."""
        self._until.close()

    def by_day(self, *, run: str | None = None, days: Collection[date] | None = None) -> Mapping[date, DayFound]:
        """All that is found on each of some days, or on each of which a run has found something; else on any.

        Raises:
            QueryError: the files cannot be read.
        """
        if days is not None:
            wanted = ", ".join(f"DATE {literal(day.isoformat())}" for day in days)
        else:
            of_run = "true" if run is None else f"run_id = {literal(run)}"
            wanted = f"SELECT DISTINCT tp_date FROM found WHERE {of_run}"
        if not wanted:
            return {}
        told = f"SELECT * FROM found WHERE tp_date IN ({wanted})"
        counts = self._rows(
            f"SELECT tp_date, severity, detection, suppressed_by IS NULL, count(*) FROM ({told}) GROUP BY ALL"
        )
        place = f"row_number() OVER (PARTITION BY tp_date ORDER BY {_WORST_FIRST})"
        worst = self._rows(
            f"SELECT tp_date, {_TEXTS} FROM ({told}) WHERE suppressed_by IS NULL QUALIFY {place} <= {MOST} "
            f"ORDER BY {_WORST_FIRST}"
        )
        return {day: _of_day(day, counts, worst) for day in sorted({row[0] for row in counts})}

    def of_run(self, run: str, collection: str) -> tuple[Mapping[str, str], ...]:
        """A few findings of each detection that a run has found in a collection, the worst first.

        Raises:
            QueryError: the files cannot be read.
        """
        rows = self._rows(
            f"SELECT {_TEXTS} FROM found WHERE run_id = {literal(run)} AND finding_collection = {literal(collection)} "
            "AND suppressed_by IS NULL "
            f"QUALIFY row_number() OVER (PARTITION BY detection ORDER BY first_seen DESC, finding_id) <= {OF_EACH} "
            f"ORDER BY {_WORST_FIRST}"
        )
        return tuple(dict(zip(SHOWN, row, strict=True)) for row in rows)

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        if self._view is None:
            return []
        with connect(threads=1) as connection:
            self._lake.store.attach(connection)
            try:
                return connection.execute(
                    f"WITH found AS (SELECT * FROM ({select_of(self._view)}) WHERE {_COUNTS}) {query}"
                ).fetchall()
            except duckdb.Error as error:
                raise translate(error) from error


def _of_day(day: date, counts: Iterable[tuple[Any, ...]], worst: Iterable[tuple[Any, ...]]) -> DayFound:
    by_severity: Counter[str] = Counter()
    by_detection: Counter[str] = Counter()
    suppressed = 0
    for _, severity, detection, is_told, count in (row for row in counts if row[0] == day):
        by_severity[severity] += count if is_told else 0
        by_detection[detection] += count if is_told else 0
        suppressed += 0 if is_told else count
    shown = tuple(dict(zip(SHOWN, row[1:], strict=True)) for row in worst if row[0] == day)
    return DayFound(+by_severity, +by_detection, suppressed, shown)
