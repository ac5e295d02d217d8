"""Blindness: filters and redactions that take away what a detection needs, found out with its own tests.

A source is looked at as a whole: where one collection drops an event and another of the same source and table keeps it,
the detection still sees it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import duckdb

from tailpipe_assets.detections.found import FOUND
from tailpipe_assets.pipeline.redact import give_keys
from tailpipe_assets.pipeline.rule_tests import fires
from tailpipe_assets.pipeline.tested_rows import TESTED, Reader, RowsError, put_rows, readers_of, rows_of
from tailpipe_resources.model.secret import Secret
from tailpipe_resources.query.engine import isolated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tailpipe_assets.detections.rules import Bound, Rule
    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_resources.model.detection import DetectionTest
    from tailpipe_resources.model.redaction import Redaction


_STAND_IN = Secret("value", "-")
"""For the secrets that key digests: what is found does not hang on them, and checking reads none."""


@dataclass(frozen=True, slots=True)
class _Taking:
    """Something of a collection that takes away what a detection needs."""

    place: str
    what: str


def blind_spots(bound: Bound, plans: Iterable[Plan]) -> tuple[str, ...]:
    """A warning for each filter or redaction and each detection that sees nothing because of it, with both places.

    Args:
        bound: the rules.
        plans: the collections; disabled ones are passed over.
    """
    groups: dict[tuple[str, str], list[Plan]] = defaultdict(list)
    for ready in plans:
        if ready.collection.enabled:
            groups[ready.table.name, ready.collection.source.address].append(ready)
    found: dict[tuple[str, str], str] = {}
    with isolated() as connection:
        for rule, test in _positive(bound):
            look = _Look(connection, replace(rule, exemptions=()), test)
            for (table, _), group in groups.items():
                for each in look.taking(group) if table == rule.detection.table else ():
                    found.setdefault((each.place, rule.detection.address), _told(each, rule, test))
    return tuple(found.values())


def _positive(bound: Bound) -> Iterator[tuple[Rule, DetectionTest]]:
    """The tests that expect a finding, of rules that look at rows as they come in."""
    for rule in bound.rules:
        if rule.detection.enabled and rule.detection.where is not None:
            yield from ((rule, test) for test in rule.detection.tests if test.expect)


def _told(taking: _Taking, rule: Rule, test: DetectionTest) -> str:
    needs = f'what detection.{rule.detection.address} needs; see its test "{test.name}" at {test.place}'
    return f"{taking.place}: {taking.what} {needs}"


class _Look:
    """One test of one rule, as collections would see it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, rule: Rule, test: DetectionTest) -> None:
        self._connection, self._rule, self._test = connection, rule, test

    def taking(self, group: Sequence[Plan]) -> list[_Taking]:
        """What takes the rule's events away, when it is taken away by all collections of a source."""
        covered = [each for each in group if self._rule.detection.covers(each.collection.name)]
        try:
            if not covered or any(self._keeps_all(each) for each in covered) or not self._is_found():
                return []
            found = [self._taking(each) for each in covered]
        except (RowsError, duckdb.Error):
            # The test itself is at fault, as `detection test` tells.
            return []
        return [one for each in found for one in each] if all(found) else []

    def _keeps_all(self, ready: Plan) -> bool:
        """Whether nothing happens to the events; the quick answer."""
        if ready.collection.redactions:
            return False
        if not ready.filters:
            return True
        rows = self._rows(ready)
        [(kept,)] = self._connection.execute(f"SELECT count(*) FROM ({self._passing(rows, ready.filters)})").fetchall()
        [(count,)] = self._connection.execute(f"SELECT count(*) FROM {TESTED}").fetchall()
        return bool(kept == count)

    def _is_found(self) -> bool:
        """Whether the rule finds its events when nothing is taken away."""
        return self._finds(put_rows(self._connection, self._rule.table, readers_of(self._rule.table, ()), self._test))

    def _taking(self, ready: Plan) -> list[_Taking]:
        name = ".".join(ready.collection.key)
        rows = self._rows(ready)
        if self._finds(self._passing(rows, ready.filters)):
            return []
        if not self._finds(rows):
            return [_Taking(str(each.place), f"this redaction of {name} hides") for each in self._hiding(ready)]
        culprits = [each for each in ready.collection.filters if not self._finds(self._passing(rows, (each.where,)))]
        return [
            _Taking(str(each.place), f"this filter of {name} drops") for each in culprits or ready.collection.filters
        ]

    def _hiding(self, ready: Plan) -> list[Redaction]:
        """The redactions of columns that the rule names; all of them, when it names none."""
        detection = self._rule.detection
        counted = detection.threshold.group_by if detection.threshold else ()
        said = set(re.findall(r"\w+", " ".join((detection.where or "", *counted)).lower()))
        redactions = ready.collection.redactions
        return [each for each in redactions if set(map(str.lower, each.path)) <= said] or list(redactions)

    def _rows(self, ready: Plan) -> str:
        """The events as a collection makes rows of them, before its filters."""
        redactions = tuple(replace(each, secret=each.secret and _STAND_IN) for each in ready.collection.redactions)
        give_keys(self._connection, replace(ready.collection, redactions=redactions))
        reader = Reader(ready.table, ready.format, ready.index)
        put_rows(self._connection, self._rule.table, (reader,), self._test)
        return rows_of(TESTED, ready.collection.name)

    def _passing(self, rows: str, filters: Sequence[str]) -> str:
        """The rows that pass. What an event does not say, no filter drops it for."""
        unknown = "true" if self._test.raw is None else "false"
        said = " AND ".join(f"coalesce(TRY((\n{each}\n)), {unknown})" for each in filters) or "true"
        return f"SELECT * FROM ({rows}) WHERE {said}"

    def _finds(self, rows: str) -> bool:
        if fires(self._connection, self._rule, rows):
            return False
        [(count,)] = self._connection.execute(f"SELECT count(*) FROM {FOUND}").fetchall()
        return bool(count)
