"""Every name a statement can use, read from DuckDB's own catalog."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import duckdb

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from duckdb.sqltypes import DuckDBPyType

    from tailpipe_resources.query.layers import Layer

_FUNCTIONS = """
SELECT function_name, any_value(function_type), any_value(parameters) FROM duckdb_functions()
WHERE regexp_full_match(function_name, '[a-z][a-z0-9_]*') AND function_type <> 'pragma'
  AND NOT starts_with(function_name, '__')
GROUP BY ALL ORDER BY 1
"""
_COLUMNS = """
SELECT lower(schema_name), table_name, column_name, data_type FROM duckdb_columns()
WHERE database_name IN ('memory', 'temp') AND NOT internal
ORDER BY schema_name, table_name, column_index
"""


@dataclass(frozen=True, slots=True)
class Named:
    """Something with a type: a column, or a field of one."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or a view."""

    schema: str
    name: str
    columns: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class Catalog:
    """What can be named; empty until it was loaded."""

    keywords: frozenset[str] = frozenset()
    """In lower case."""

    functions: Mapping[str, str] = field(default_factory=dict)
    """What they take, by name."""

    relations: tuple[Relation, ...] = ()

    @property
    def schemas(self) -> tuple[str, ...]:
        """Those that hold something."""
        return tuple(dict.fromkeys(each.schema for each in self.relations))

    def find(self, name: str, schema: str | None = None) -> Relation | None:
        """The relation of a name, wherever it lies when no schema is given; `main` comes first."""
        fitting = [
            each for each in self.relations if each.name.lower() == name.lower() and schema in (None, each.schema)
        ]
        return min(fitting, key=lambda each: each.schema != "main", default=None)


def read_catalog(cursor: duckdb.DuckDBPyConnection, before: Catalog, layers: Iterable[Layer] = ()) -> Catalog:
    """The catalog as it is now, asked where nothing else is; keywords and functions are kept once read.

    Args:
        cursor: of the session's connection.
        before: what was read last.
        layers: views of the lake, which are made only when they are named.
    """
    rows = cursor.execute(_COLUMNS).fetchall()
    columns: dict[tuple[str, str], list[Named]] = {
        (layer.schema.lower(), layer.name): [Named(each.name, each.type) for each in layer.columns] for layer in layers
    }
    for schema, table in {row[:2] for row in rows}:
        columns[schema, table] = []
    for schema, table, column, kind in rows:
        columns[schema, table].append(Named(column, kind))
    relations = tuple(Relation(schema, name, tuple(columns[schema, name])) for schema, name in sorted(columns))
    if before.keywords:
        return Catalog(before.keywords, before.functions, relations)
    keywords = cursor.execute("SELECT keyword_name FROM duckdb_keywords()").fetchall()
    functions = cursor.execute(_FUNCTIONS).fetchall()
    described = {name: _described(kind, parameters) for name, kind, parameters in functions}
    return Catalog(frozenset(name for (name,) in keywords), described, relations)


def fields_of(kind: str) -> tuple[Named, ...]:
    """The fields of a type as DuckDB writes it; none unless it is a struct, or a list of structs."""
    try:
        found = duckdb.sqltype(kind)
        while found.id in {"list", "array"}:
            found = cast("DuckDBPyType", found.children[0][1])
        return tuple(Named(name, str(child)) for name, child in found.children) if found.id == "struct" else ()
    except duckdb.Error:  # a type of an extension, or of the user's own
        return ()


def _described(kind: str, parameters: list[str] | None) -> str:
    taken = ", ".join(parameters or ())
    return f"({taken}) {kind}".replace("_", " ")
