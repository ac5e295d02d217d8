"""Planning: every collection with everything resolved and tried, before the first byte is fetched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import duckdb

from tailpipe_assets.detections.rules import Bound
from tailpipe_assets.pipeline.chosen_format import Formats, builtin
from tailpipe_assets.pipeline.enrich import Enrichments, give_lookups
from tailpipe_assets.pipeline.own_checks import check_asked
from tailpipe_assets.pipeline.redact import redacted, redacted_index
from tailpipe_assets.pipeline.rules import rule_table, rules_of
from tailpipe_assets.pipeline.transform import filter_columns, route_sql, rows_sql
from tailpipe_assets.tables import custom
from tailpipe_resources.model.detection import Detections
from tailpipe_resources.model.finding import FINDING_TABLE
from tailpipe_resources.model.hold import holds_on
from tailpipe_resources.model.names import hint, quote
from tailpipe_resources.model.place import Problems
from tailpipe_resources.query.conditions import Trial, fault_of_form, fault_of_value
from tailpipe_resources.query.engine import isolated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tailpipe_assets.detections.rules import Rule, RuleSet
    from tailpipe_assets.formats.base import Format
    from tailpipe_assets.tables.declaration import Table
    from tailpipe_resources.model.config import Collection, Config, TableBlock
    from tailpipe_resources.model.hold import Hold

_NO_INDEX = ("STRUCT", "JSON", "[]", "MAP")


@dataclass(frozen=True, slots=True)
class Plan:
    """A collection, ready to run."""

    collection: Collection
    table: Table
    format: Format
    """The same object for collections of one configuration that cut bytes into records alike."""

    format_name: str
    index: str
    """SQL over the record for `tp_index`."""

    config: str = ""
    """The digest of the configuration it was made from."""

    holds: tuple[Hold, ...] = ()
    """What stops an overwrite."""

    rules: RuleSet | None = None
    """What is looked for in its rows as they come in."""

    siblings: frozenset[str] = frozenset()
    """The streams of all enabled collections of its source."""

    scheduled: tuple[Rule, ...] = ()
    """What is asked of it by a schedule. Of rules over findings, which are of no collection, the first collection of
    each lake has those."""

    @property
    def layout(self) -> str | None:
        """The table's built-in layout for this kind of source."""
        return self.table.layouts.get(self.collection.source.type)

    @property
    def filters(self) -> tuple[str, ...]:
        """The conditions rows must pass."""
        return tuple(each.where for each in self.collection.filters)


@dataclass(frozen=True, slots=True)
class Planned:
    """What a configuration comes to."""

    plans: tuple[Plan, ...]
    """Every collection, disabled ones included, ready to run."""

    rules: Bound
    """Every detection, tried."""


def plan(config: Config, *, problems: Problems | None = None) -> tuple[Plan, ...]:
    """The collections alone, as `planned` gives them.

    Raises:
        ConfigError: everything wrong, when no `problems` is given.
    """
    return planned(config, problems=problems).plans


def planned(config: Config, *, problems: Problems | None = None) -> Planned:
    """Everything that a configuration says, resolved and tried.

    Args:
        config: what was loaded.
        problems: where to note what is wrong, to be raised later together with other problems.

    Raises:
        ConfigError: everything wrong, when no `problems` is given.
    """
    found = Problems() if problems is None else problems
    with isolated() as connection:
        planner = _Planner(config, connection, found)
        plans = [planner.plan(each) for each in config.collections]
        for draft in config.drafts:
            planner.plan(draft)
    made = [each for each in plans if each is not None]
    is_ruled = config.detections != Detections()
    rules = rules_of(config, [each.table for each in made], found) if is_ruled else Bound()
    _check_shared_tables(made, found)
    check_asked(config, rules, found)
    if problems is None:
        found.raise_any()
    return Planned(tuple(_with_rules(made, rules)), rules)


class _Planner:
    """Resolves collections one by one."""

    def __init__(self, config: Config, connection: duckdb.DuckDBPyConnection, problems: Problems) -> None:
        self._blocks = {block.name: block for block in config.tables}
        self._digest = config.digest
        self._enrichments = Enrichments(config, connection, problems)
        self._holds = config.holds
        self._fed = config.fed
        self._connection = connection
        self._problems = problems
        self._trials: dict[tuple[tuple[str, str], ...], Trial] = {}
        """By the columns that filters may name: collections of one table share a trial."""
        self._formats = Formats(problems)
        self._tried: set[tuple[str, str, str]] = set()
        """Installed tables, under a name and an index, whose SQL was tried."""

    def plan(self, collection: Collection) -> Plan | None:
        """One collection resolved, or None after noting what is wrong with it."""
        before = len(self._problems)
        block = self._blocks.get(collection.table)
        made = self._formats.choose(collection, block)
        table = self._table(collection, block, made[1] if made else None)
        self._try_filters(collection, table)
        index = self._redacted_index(collection, table) if table else ""
        if made is None or table is None:
            return None
        holds, fed = holds_on(self._holds, *collection.key), self._fed.get(collection.source.address, frozenset())
        ready = Plan(collection, table, made[1], made[0], index, self._digest, holds, siblings=fed)
        if len(self._problems) == before:
            self._try_table(ready)
        return ready if len(self._problems) == before else None

    def _table(self, collection: Collection, block: TableBlock | None, form: Format | None) -> Table | None:
        installed = builtin(collection)
        if installed is not None:
            table: Table | None = replace(installed, name=collection.table_stored)
        else:
            self._try_transforms(block, form, whole=not collection.redactions)
            table = custom.declare(collection, block, form.groups, self._problems) if form else None
        if table is not None and collection.redactions:
            table = redacted(table, collection, block, self._connection, self._problems)
        return None if table is None else self._enrichments.enriched(table, collection)

    def _try_transforms(self, block: TableBlock | None, form: Format | None, *, whole: bool) -> None:
        """Every expression, against a record's fields: what is wrong with one is said at its own column.

        Nothing is made of the whole record where parts of it are redacted.
        """
        fields = custom.record_fields(block, form.groups) if block and form else None
        for each in block.columns if block else ():
            wrong = each.transform and fault_of_form(self._connection, each.transform, "transform")
            if each.transform and not wrong and fields is not None:
                wrong = fault_of_value(self._connection, each.transform, fields, whole=whole)
            if wrong:
                self._problems.add(each.place, f'column "{each.name}": {wrong}')

    def _try_filters(self, collection: Collection, table: Table | None) -> None:
        for each in collection.filters:
            if table is None:
                wrong = fault_of_form(self._connection, each.where)
            else:
                wrong = self._trial(table).fault(each.where)
            if wrong is not None:
                self._problems.add(each.place, f"filter: {wrong}")

    def _trial(self, table: Table) -> Trial:
        columns = filter_columns(table)
        if columns not in self._trials:
            self._trials[columns] = Trial(self._connection, columns, f"rows_{len(self._trials)}")
        return self._trials[columns]

    def _redacted_index(self, collection: Collection, table: Table) -> str:
        index = self._index(collection, table)
        if not collection.redactions:
            return index
        return redacted_index(table, collection, index, self._connection, self._problems)

    def _index(self, collection: Collection, table: Table) -> str:
        if collection.tp_index is None:
            return table.index
        fields = {each.name: each for each in table.fields}
        field = fields.get(collection.tp_index)
        if field is None:
            near = hint(collection.tp_index, fields)
            self._problems.add(collection.place, f'tp_index: there is no column "{collection.tp_index}"{near}')
            return table.index
        if any(mark in field.type for mark in _NO_INDEX):
            self._problems.add(collection.place, f"tp_index: {field.name} is {field.type}; an index is a single value")
        return field.expression.replace("tp_timestamp", table.timestamp)

    def _try_table(self, ready: Plan) -> None:
        """Run the table's SQL over a record of nothing: what a user's `transform` got wrong shows here."""
        table = ready.table
        tried = (ready.collection.table, ready.index, repr((table.redactions, table.looked_up, table.added)))
        if tried in self._tried:
            return
        if builtin(ready.collection) is not None:
            self._tried.add(tried)
        try:
            _try_sql(self._connection, ready)
        except duckdb.Error as error:
            text = str(error).strip().splitlines()[0]
            self._problems.add(ready.collection.place, f"the columns of {ready.table.name} cannot be made: {text}")


def _with_rules(plans: Sequence[Plan], rules: Bound) -> Iterator[Plan]:
    """The plans with the rules for their rows."""
    lakes: set[str] = set()
    for each in plans:
        name, is_first = each.collection.name, False
        if each.collection.enabled and each.collection.destination.path not in lakes:
            lakes.add(each.collection.destination.path)
            is_first = True
        scheduled = tuple(
            rule
            for rule in rules.scheduled()
            if (rule.detection.table == each.table.name and rule.detection.covers(name))
            or (rule.detection.table == FINDING_TABLE and is_first)
        )
        yield replace(each, rules=rules.of(rule_table(each.table), name), scheduled=scheduled)


def _try_sql(connection: duckdb.DuckDBPyConnection, ready: Plan) -> None:
    groups = ready.format.groups or ()
    fields = ", ".join(f"{quote(group)} VARCHAR" for group in groups)
    record = f"CAST(NULL AS STRUCT({fields}))" if groups else "NULL"
    relation = (
        f"(SELECT '{{}}' AS raw, {record} AS r, 0::BIGINT AS ts, '' AS tp_source_location, "
        "'' AS tp_source_version, 0::BIGINT AS tp_source_offset)"
    )
    give_lookups(connection, ready.table)
    connection.execute(route_sql(ready.table, ready.index, relation)).fetchall()
    connection.execute(rows_sql(ready.table, {"tp_partition": "''", "tp_index": "''"}, (), relation)).fetchall()


def _check_shared_tables(plans: Sequence[Plan], problems: Problems) -> None:
    first: dict[str, Plan] = {}
    for each in plans:
        other = first.setdefault(each.table.name, each)
        if _columns(each) != _columns(other):
            place = each.collection.format_place or each.collection.place
            problems.add(place, f"the table {each.table.name} has other columns here than at {other.collection.place}")


def _columns(ready: Plan) -> tuple[tuple[str, str], ...]:
    return tuple((column.name, column.type) for column in ready.table.columns)
