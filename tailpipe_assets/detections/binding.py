"""Binding: every rule tried against the columns of its table, so that nothing wrong is met while rows come in."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

import duckdb

from tailpipe_assets.detections.answers import columns_of
from tailpipe_assets.detections.asking import Asking
from tailpipe_assets.detections.expressions import Trial, in_words
from tailpipe_assets.detections.rules import Answers, Bound, Rule, RuleTable, is_meant
from tailpipe_resources.errors import QueryError
from tailpipe_resources.model.detection import WARNED_BEFORE
from tailpipe_resources.model.names import hint, quote
from tailpipe_resources.model.schema import Column
from tailpipe_resources.query.engine import isolated
from tailpipe_resources.query.statements import check, parameters_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from tailpipe_resources.model.detection import Detection, DetectionOverride, Detections, DetectionTest, Exemption
    from tailpipe_resources.model.place import Place, Problems

PARAMETERS = frozenset({"from", "to"})
"""What a scheduled query is given: the times between which rows came in."""

_CAME_IN = re.compile(r"\b(tp_ingest_timestamp|created_at)\b", re.IGNORECASE)
"""What a query that asks when rows came in names."""

_NO_TABLE = re.compile(r"Table with name (\S+) does not exist")


def bind(
    said: Detections,
    tables: Mapping[str, RuleTable],
    problems: Problems,
    now: datetime | None = None,
    *,
    tried: Collection[str] = (),
) -> Bound:
    """Every rule, tried; those in which something is wrong are left out.

    Args:
        said: what the configuration says.
        tables: all there are, by name.
        problems: receives everything wrong.
        now: by which exemptions are over; the present unless given.
        tried: addresses of detections whose conditions are known to be good.
    """
    found = _overridden(said, problems)
    with isolated() as connection:
        binder = _Binder(connection, tables, problems, tried)
        for each in said.suppressions:
            binder.try_exemption(each.table, each, f"suppression.{each.table}.{each.name}")
        rules = [rule for each in found if (rule := binder.rule(each, said.suppressions)) is not None]
    return Bound(tuple(rules), tuple(_warnings(found, said.suppressions, now or datetime.now(UTC))))


def _overridden(said: Detections, problems: Problems) -> list[Detection]:
    found = {each.address: each for each in said.detections}
    for each in said.overrides:
        detection = found.get(each.address)
        if detection is not None:
            found[each.address] = _changed(detection, each)
        elif not any(each.address.startswith(f"{pack.type}.{pack.name}.") for pack in said.packs):
            message = f'detection_override.{each.address}: no detection "{each.address}"{hint(each.address, found)}'
            problems.add(each.place, message)
    return list(found.values())


def _changed(detection: Detection, said: DetectionOverride) -> Detection:
    """A detection with what an override says otherwise."""
    given = {name: getattr(said, name) for name in ("severity", "enabled", "alert", "asset_check")}
    changes = {name: value for name, value in given.items() if value is not None}
    if "asset_check" in changes:
        changes["places"] = {**detection.places, "asset_check": said.place}
    return replace(detection, **changes)


class _Binder:
    """Tries rules one by one."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        tables: Mapping[str, RuleTable],
        problems: Problems,
        tried: Collection[str],
    ) -> None:
        self._connection, self._tables, self._problems, self._tried = connection, tables, problems, tried
        self._trials: dict[str, Trial] = {}
        self._can_query = False

    def rule(self, detection: Detection, suppressions: Sequence[Exemption]) -> Rule | None:
        """A detection tried, with all exemptions from it; None after noting what is wrong."""
        table, before = self._tables.get(detection.table), len(self._problems)
        if table is None or detection.sigma is not None:
            # Why there is no condition in its place was said where there should have been one.
            return None
        if detection.query is not None:
            self._say(detection, "query", "query: is read of detection packs only; write where or sql here")
        answers = None if detection.sql is None else self._try_sql(detection)
        if answers is None and detection.sql is not None:
            return None
        trial = self._trial(detection.table) if answers is None else self._trial_of_answers(table, answers)
        for part, text, is_condition in _expressions(detection) if detection.address not in self._tried else ():
            wrong = trial.fault(text, is_condition=is_condition)
            if wrong is not None:
                self._say(detection, part, f"{part}: {wrong}")
        subject = f"detection.{detection.address}"
        for each in detection.exceptions:
            self._try_exemption(trial, each, f'{subject}: exception "{each.name}"')
        for test in detection.tests:
            self._try_test(detection, test)
        if len(self._problems) > before:
            return None
        meant = tuple(each for each in suppressions if is_meant(each, detection))
        return Rule(detection, table, (*detection.exceptions, *meant), answers)

    def try_exemption(self, table: str, exemption: Exemption, subject: str) -> None:
        """Try the condition of a suppression."""
        if table in self._tables:
            self._try_exemption(self._trial(table), exemption, subject)

    def _try_exemption(self, trial: Trial, exemption: Exemption, subject: str) -> None:
        wrong = trial.fault(exemption.where, is_condition=True)
        if wrong is not None:
            self._problems.add(exemption.where_place, f"{subject}: where: {wrong}")

    def _try_test(self, detection: Detection, test: DetectionTest) -> None:
        known = {column.name for column in self._tables[detection.table].columns}
        for event in test.events:
            for name in event if hasattr(event, "keys") else ():
                if name not in known:
                    self._say_at(detection, test.place, f'test "{test.name}": no column "{name}"{hint(name, known)}')

    def _try_sql(self, detection: Detection) -> Answers | None:
        """What a query gives; None after noting what is wrong with it."""
        try:
            statements = check(self._connection, detection.sql or "")
        except QueryError as error:
            self._say(detection, "sql", f"sql: {error}")
            return None
        if len(statements) != 1:
            self._say(detection, "sql", f"sql: must be one query; found {len(statements)} statements")
            return None
        given = parameters_of(statements[0])
        if not detection.full_scan and not given >= PARAMETERS:
            message = "sql: would rescan all logs each run; use $from and $to, or set full_scan = true"
            self._say(detection, "sql", message)
        for name in sorted(given - PARAMETERS):
            self._say(detection, "sql", f"sql: nothing is known of ${name}; there are $from and $to")
        return self._answers(detection, statements[0], given) if given <= PARAMETERS else None

    def _answers(self, detection: Detection, statement: str, given: frozenset[str]) -> Answers | None:
        self._make_tables()
        try:
            relation = self._connection.sql(statement, params=dict.fromkeys(given, datetime.now(UTC)) or None)
            columns = tuple(
                Column(name, str(kind)) for name, kind in zip(relation.columns, relation.types, strict=True)
            )
            relation.fetchall()
        except duckdb.Error as error:
            missing = _NO_TABLE.search(str(error))
            name = missing[1] if missing else ""
            wrong = f'no table "{name}"{hint(name, self._tables)}' if missing else in_words(str(error), statement)
            self._say(detection, "sql", f"sql: {wrong}")
            return None
        has_ids = any(each.name.lower() == "tp_id" for each in columns)
        came = _CAME_IN.search(statement) is not None
        by_row = has_ids and self._asking.is_by_row(statement)
        return Answers(columns, by_row, "tp_ingest_timestamp" if came else "tp_timestamp")

    @cached_property
    def _asking(self) -> Asking:
        return Asking(self._connection, self._tables)

    def _trial_of_answers(self, table: RuleTable, answers: Answers) -> Trial:
        return Trial(self._connection, columns_of(table, answers.columns), "tp_trial_of_answers")

    def _make_tables(self) -> None:
        if self._can_query:
            return
        self._can_query = True
        for table in self._tables.values():
            nulls = ", ".join(f"CAST(NULL AS {column.type}) AS {quote(column.name)}" for column in table.columns)
            self._connection.execute(f"CREATE TEMP TABLE {quote(table.name)} AS SELECT {nulls}")

    def _trial(self, table: str) -> Trial:
        if table not in self._trials:
            rows = f"tp_trial_{len(self._trials)}"
            self._trials[table] = Trial(self._connection, self._tables[table].columns, rows)
        return self._trials[table]

    def _say(self, detection: Detection, part: str, message: str) -> None:
        self._say_at(detection, detection.place_of(part.partition(".")[0]), message)

    def _say_at(self, detection: Detection, place: Place, message: str) -> None:
        self._problems.add(place, f"detection.{detection.address}: {message}")


def _expressions(detection: Detection) -> Iterator[tuple[str, str, bool]]:
    """The SQL of a detection: the part it is in, its text, and whether it is a condition."""
    if detection.where is not None:
        yield "where", detection.where, True
    for part, text in (("actor", detection.actor), ("resource", detection.resource)):
        if text is not None:
            yield part, text, False
    yield from (("columns", each, False) for each in detection.columns)
    yield from (("dedupe.by", each, False) for each in detection.dedupe.by)
    counted = detection.threshold
    if counted is not None:
        yield from (("threshold.group_by", each, False) for each in counted.group_by)
        for part, text in (("threshold.distinct", counted.distinct), ("threshold.sum", counted.sum)):
            if text is not None:
                yield part, text, False


def _warnings(found: Sequence[Detection], suppressions: Sequence[Exemption], now: datetime) -> Iterator[str]:
    for detection in found:
        for each in detection.exceptions:
            yield from _of_end(each, f'detection.{detection.address}: exception "{each.name}"', now)
    for each in suppressions:
        subject = f"suppression.{each.table}.{each.name}"
        yield from _of_end(each, subject, now)
        if not any(is_meant(each, detection) for detection in found):
            yield f"{each.place}: {subject}: matches no detection"


def _of_end(exemption: Exemption, subject: str, now: datetime) -> Iterator[str]:
    end = exemption.expires
    if end is None or end - now > WARNED_BEFORE:
        return
    what = "has expired and suppresses nothing any more" if end <= now else "expires soon"
    yield f"{exemption.place}: {subject}: {what} ({end:%Y-%m-%d %H:%M} UTC); renew it or take it out"
