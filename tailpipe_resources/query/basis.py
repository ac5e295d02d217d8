"""What the rows of a view rest on: which tables, and by which definitions. It tells when a copy of them still holds."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from tailpipe_resources.errors import QueryError
from tailpipe_resources.model.names import folded
from tailpipe_resources.query.layers import Layer
from tailpipe_resources.query.tree import parsed, walk
from tailpipe_resources.query.views import View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Find = Callable[[str | None, str], View | Layer | None]
    """What a schema, where one is written, and a name mean, without regard to case."""

FORMAT = 1
"""Raise it whenever views make other rows of the same files and definitions, or copies are laid out differently."""

_SOURCES = frozenset(
    {"BASE_TABLE", "COLUMN_DATA", "CTE", "EMPTY", "EXPRESSION_LIST", "JOIN", "PIVOT", "SUBQUERY", "TABLE_FUNCTION"}
)
"""What may stand behind FROM: the rest looks at the database itself."""

_PURE_SOURCES = frozenset({"generate_series", "json_each", "json_tree", "range", "unnest"})
_TIME_WORDS = frozenset({"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"})
"""Functions that are written without parentheses, like columns."""

_HARMLESS = frozenset({"error", "stats", "vector_type"})
"""They are said to change, and do not change a row."""

_SESSION = frozenset({"ago", "current_schemas", "current_setting", "getvariable", "in_search_path"})
_CHANGING = """
SELECT lower(function_name) FROM duckdb_functions()
WHERE stability = 'VOLATILE' OR (stability = 'CONSISTENT_WITHIN_QUERY' AND len(parameters) = 0)
"""
_MACROS = "SELECT lower(function_name), macro_definition FROM duckdb_functions() WHERE macro_definition IS NOT NULL"
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Basis:
    """What the rows of one view rest on."""

    definition: str
    """A digest of everything that says how its rows are made of those of the tables."""

    tables: tuple[str, ...]
    """The tables it reads, sorted."""

    is_rowwise: bool
    """Whether each of its rows is one of its table's, chosen by nothing but itself."""


def basis_of(connection: duckdb.DuckDBPyConnection, layer: Layer, find: Find) -> Basis:
    """What a view's rows rest on.

    Args:
        connection: a DuckDB to parse with; nothing is run.
        layer: the view.
        find: what it can name.

    Raises:
        QueryError: they rest on more than the rows of tables, so that a copy of them could not be told to hold.
    """
    is_part = layer.kind == "period"
    found: dict[tuple[str, str], View | Layer] = {}
    waiting: list[Layer] = [layer]
    while waiting:
        for reached in _reached(connection, waiting.pop(), find, may_ask=not is_part):
            key = ("", reached.name) if isinstance(reached, View) else (reached.schema, reached.name)
            if key not in found:
                found[key] = reached
                waiting += [reached] if isinstance(reached, Layer) else []
    views = [each for each in found.values() if isinstance(each, View)]
    # Of rows that are alike only the newest counts, so that one that comes may take the place of another.
    is_rowwise = is_part and all(each.newest is None for each in views)
    said = [FORMAT, duckdb.__version__, layer.select, *sorted(_said(each) for each in found.values())]
    tables = tuple(sorted(each.name for each in views))
    return Basis(hashlib.sha256(json.dumps(said).encode()).hexdigest(), tables, is_rowwise)


def _said(one: View | Layer) -> str:
    if isinstance(one, View):
        return json.dumps([one.name, *([each.name, each.type] for each in one.all_columns)])
    return json.dumps([one.schema, one.name, one.select])


def _reached(
    connection: duckdb.DuckDBPyConnection, layer: Layer, find: Find, *, may_ask: bool
) -> Iterator[View | Layer]:
    """The tables and views that a view's own SQL names."""
    nodes = list(walk(_parsed(connection, layer.select)))
    _refuse_change(connection, nodes)
    for node in nodes:
        if node.get("class") == "SUBQUERY" and not may_ask:
            raise QueryError('"where" asks a query of its own; write the whole view as "sql"')
    local = {folded(str(key)) for node in nodes for key in _ctes(node)}
    for node in nodes:
        if _is_source(node):
            yield from _source(node, find, local)


def _source(node: dict[str, Any], find: Find, local: set[str]) -> Iterator[View | Layer]:
    kind = node["type"]
    if kind == "TABLE_FUNCTION":
        name = str(node["function"].get("function_name", "")).lower()
        if name not in _PURE_SOURCES:
            raise QueryError(f"it reads {name}(), which is not a table of the lake")
    elif kind == "BASE_TABLE":
        schema, name = str(node.get("schema_name") or ""), str(node["table_name"])
        reached = find(schema or None, name) if node.get("catalog_name") in (None, "", "memory") else None
        if reached is not None:
            yield reached
        elif schema or folded(name) not in local:
            raise QueryError(f"it reads {f'{schema}.{name}' if schema else name}, which is neither a table nor a view")
    elif kind not in _SOURCES:
        raise QueryError("it reads what the database says of itself, which is not a table of the lake")


def _refuse_change(connection: duckdb.DuckDBPyConnection, nodes: list[dict[str, Any]]) -> None:
    changing: frozenset[str] | None = None
    for node in nodes:
        if node.get("sample"):
            raise QueryError("a sample is another one each time, so a copy would not be what the view is")
        name = _function(node)
        if name is None:
            continue
        changing = _changing(connection) if changing is None else changing
        if name in changing or (name == "age" and len(node.get("children", ())) == 1):
            raise QueryError(f"{name} gives something else each time, so a copy would not be what the view is")


def _function(node: dict[str, Any]) -> str | None:
    if node.get("class") == "FUNCTION":
        return str(node.get("function_name", "")).lower()
    names = node.get("column_names") or []
    if node.get("class") == "COLUMN_REF" and len(names) == 1 and str(names[0]).lower() in _TIME_WORDS:
        return str(names[0]).lower()
    return None


def _changing(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The functions whose value is another one at another time or in another session."""
    told = {str(name) for (name,) in connection.execute(_CHANGING).fetchall()}
    names = (told - _HARMLESS) | _SESSION | _TIME_WORDS
    macros = connection.execute(_MACROS).fetchall()
    return frozenset(names | {name for name, text in macros if names & set(_WORD.findall(str(text).lower()))})


def _is_source(node: dict[str, Any]) -> bool:
    """Whether a node stands behind FROM: those are what has an alias and a sample, and no class."""
    return "alias" in node and "sample" in node and "class" not in node


def _ctes(node: dict[str, Any]) -> Iterator[str]:
    for each in (node.get("cte_map") or {}).get("map", []):
        yield each["key"]


def _parsed(connection: duckdb.DuckDBPyConnection, select: str) -> dict[str, Any]:
    tree = parsed(connection, select)
    if tree.get("error"):
        raise QueryError(str(tree.get("error_message", "it cannot be read")))
    return tree
