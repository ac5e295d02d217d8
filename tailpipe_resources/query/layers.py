"""The view set: everything that can be asked beside the tables themselves, as SQL over their views.

`main` has a view a table, and `all_log` over all of them. Each collection and each index is a schema that shows its
rows of every table it has any of; so is each `view` block, unless it is a query of the user's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

from tailpipe_resources.model.names import folded, literal, quote
from tailpipe_resources.model.own_tables import OWN_TABLES
from tailpipe_resources.model.schema import COMMON_COLUMNS, PATH_COLUMNS, VIEW_COLUMNS, Column
from tailpipe_resources.model.selector import Selector
from tailpipe_resources.model.view import RESERVED
from tailpipe_resources.query.restriction import conditions_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tailpipe_resources.model.view import ViewBlock
    from tailpipe_resources.query.views import View

Kind = Literal["table", "all", "collection", "index", "period", "query"]
"""What a view is: a table, all of them, one collection's or index's part, a `view` block's part or its query."""

MAIN = "main"
ALL_LOG = "all_log"

_COMMON = (*COMMON_COLUMNS, *PATH_COLUMNS, *VIEW_COLUMNS)
_RECORD = Column("record", "JSON", "The table's own columns as one JSON object.")


@dataclass(frozen=True, slots=True)
class Layer:
    """One view, as a catalog lists it and as SQL makes it."""

    schema: str
    name: str
    kind: Kind
    select: str
    """The SQL behind it, over what is in `main`."""

    columns: tuple[Column, ...]
    """None of a user's own query, until it was made."""

    tables: tuple[str, ...] = ()
    """The tables its rows come from."""

    description: str = ""

    @property
    def create(self) -> str:
        """The statement that makes it, or makes it anew."""
        return self.create_as(self.select)

    def create_as(self, select: str) -> str:
        """The same with other SQL that gives the same rows."""
        return f"CREATE OR REPLACE VIEW {quote(self.schema)}.{quote(self.name)} AS {select}"


def create_schemas(layers: Iterable[Layer]) -> tuple[str, ...]:
    """The statements that make the schemas of some views."""
    names = dict.fromkeys(each.schema for each in layers if each.schema != MAIN)
    return tuple(f"CREATE SCHEMA IF NOT EXISTS {quote(name)}" for name in names)


def all_log(views: Sequence[View]) -> Layer:
    """The rows of all tables: their common columns, and the rest as JSON.

    Its SQL names only those that have rows now: planning the others takes longer than many a search.
    """
    logs = [view for view in views if view.name not in OWN_TABLES]
    columns = _in_order(_RECORD)
    empty = f"SELECT {', '.join(f'NULL::{each.type} AS {quote(each.name)}' for each in columns)} WHERE false"
    select = "\nUNION ALL\n".join(_as_log(view, columns) for view in logs if view.files) or empty
    tables = tuple(view.name for view in logs)
    return Layer(MAIN, ALL_LOG, "all", select, columns, tables, "The rows of all tables, the own columns as JSON.")


def collection_layers(views: Sequence[View], collections: Iterable[tuple[str, str]]) -> tuple[Layer, ...]:
    """A schema a collection, with a view a table.

    Args:
        views: the tables.
        collections: table and collection of those that may have no rows yet.
    """
    stored = {(view.name, file.collection) for view in views for file in view.stored}
    by_name = {view.name: view for view in views}
    pairs = sorted({*stored, *(pair for pair in collections if pair[0] in by_name)})
    return tuple(
        _part(by_name[table], name, "collection", [f"tp_partition = {literal(name)}"], f"Collected by {name}.")
        for table, name in pairs
    )


@dataclass(frozen=True, slots=True)
class Index:
    """A value of `tp_index`, with those that differ from it by nothing but case: SQL sees one name in them."""

    values: tuple[str, ...]
    views: tuple[View, ...]
    """The tables that have rows of it."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Its schema."""
        name = self.values[0]
        condition = f"tp_index IN ({', '.join(map(literal, self.values))})"
        return tuple(_part(view, name, "index", [condition], f"Rows of the index {name}.") for view in self.views)


def indexes_of(views: Iterable[View]) -> dict[str, Index]:
    """Every value of `tp_index`, by its name without regard to case."""
    values: dict[str, set[str]] = {}
    tables: dict[str, dict[str, View]] = {}
    for view in views:
        for value in {file.tp_index for file in view.stored} if view.name not in OWN_TABLES else ():
            name = folded(value)
            values.setdefault(name, set()).add(value)
            tables.setdefault(name, {})[view.name] = view
    return {name: Index(tuple(sorted(values[name])), tuple(tables[name].values())) for name in sorted(values)}


def block_layers(block: ViewBlock, views: Sequence[View]) -> tuple[Layer, ...]:
    """What a `view` block makes: one view of its query, or a schema with a view a table."""
    if block.sql is not None:
        return (Layer(MAIN, block.name, "query", block.sql.strip().rstrip(";"), (), (), block.description),)
    chosen = [view for view in views if not block.tables or _fits(view.name, block.tables)]
    return tuple(
        _part(view, block.name, "period", list(_conditions(block, view)), block.description) for view in chosen
    )


def in_own_schemas(layers: Iterable[Layer]) -> tuple[tuple[Layer, ...], Mapping[str, str]]:
    """The views whose schema is not another kind's already, and why the others are not there, by schema.

    What comes first has the name; SQL does not tell names apart by their case.
    """
    kept: list[Layer] = []
    owners: dict[str, tuple[str, Kind]] = {}
    refused: dict[str, str] = {}
    for layer in layers:
        owner = owners.setdefault(folded(layer.schema), (layer.schema, layer.kind))
        if layer.schema == MAIN or (folded(layer.schema) not in RESERVED and owner == (layer.schema, layer.kind)):
            kept.append(layer)
        elif folded(layer.schema) in RESERVED:
            refused[layer.schema] = f"the {layer.kind} {layer.schema} has no schema: SQL has one of that name itself"
        else:
            refused[layer.schema] = f"the {layer.kind} {layer.schema} has no schema: the {owner[1]} {owner[0]} has it"
    return tuple(kept), refused


def _as_log(view: View, columns: Iterable[Column]) -> str:
    have = {each.name for each in view.all_columns}
    own = [each.name for each in view.all_columns if not each.name.startswith("tp_")]
    packed = ", ".join(f"{literal(name)}: {quote(name)}" for name in own)
    special = {"tp_table": literal(view.name), _RECORD.name: f"to_json({{{packed}}})" if own else "'{}'::JSON"}
    parts = (
        f"{special.get(each.name) or (quote(each.name) if each.name in have else f'NULL::{each.type}')}"
        f" AS {quote(each.name)}"
        for each in columns
    )
    return f"SELECT {', '.join(parts)} FROM {MAIN}.{quote(view.name)}"


def _in_order(record: Column) -> tuple[Column, ...]:
    first = ("tp_timestamp", "tp_table")
    ahead = [next(each for each in _COMMON if each.name == name) for name in first]
    return (*ahead, record, *(each for each in _COMMON if each.name not in first))


def _part(view: View, schema: str, kind: Kind, conditions: Sequence[str], description: str) -> Layer:
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    select = f"SELECT * FROM {MAIN}.{quote(view.name)}{where}"
    return Layer(schema, view.name, kind, select, view.all_columns, (view.name,), description)


def _conditions(block: ViewBlock, view: View) -> Iterator[str]:
    yield from conditions_of(block.window)
    if block.collections:
        yield _any_of("tp_partition", _collections(block.collections, view))
    if block.indexes:
        yield _any_of("tp_index", block.indexes)
    if block.where is not None:
        yield f"(\n{block.where}\n)"


def _collections(patterns: Iterable[str], view: View) -> Iterator[str]:
    """The patterns that a collection of this table may fit, by the collection's name alone."""
    for pattern in (Selector(each).pattern for each in patterns):
        table, dot, name = pattern.partition(".")
        if not dot:
            yield pattern
        elif fnmatchcase(view.name, table):
            yield name


def _any_of(column: str, patterns: Iterable[str]) -> str:
    """SQL for one of some values or shell patterns; never true for none."""
    tests = [
        f"{column} GLOB {literal(each)}" if Selector(each).is_wild else f"{column} = {literal(each)}"
        for each in patterns
    ]
    return f"({' OR '.join(tests)})" if tests else "false"


def _fits(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
