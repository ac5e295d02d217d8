"""One statement asked: its columns at once, its rows as they are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from tailpipe_resources.query.engine import translate
from tailpipe_resources.query.values import exact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from duckdb.sqltypes import DuckDBPyType

    from tailpipe_resources.errors import QueryError

_FETCHED_AT_ONCE = 2048


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement gives. Its rows can be read once, and are never held all together."""

    names: tuple[str, ...]
    types: tuple[DuckDBPyType, ...]
    batches: Iterator[list[tuple[Any, ...]]]
    """Rows; each value as `values.exact` says."""

    select: Callable[[str], Iterator[list[tuple[Any, ...]]]] | None = None
    """The same rows, in place of `batches`, as SQL of the columns `#1`, `#2`, ... makes of them."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns that a statement gives."""

    names: tuple[str, ...]
    types: tuple[DuckDBPyType, ...]


def shape_of(
    connection: duckdb.DuckDBPyConnection, statement: str, parameters: Mapping[str, object] | None = None
) -> Shape | None:
    """What a SELECT gives, by a connection that has tables of the same names and columns; None when it cannot tell."""
    try:
        if duckdb.extract_statements(statement)[0].type.name != "SELECT":
            return None
        relation = connection.sql(statement, params=parameters)
    except duckdb.Error:
        return None
    return Shape(tuple(relation.columns), tuple(relation.types))


def ask(
    connection: duckdb.DuckDBPyConnection,
    statement: str,
    parameters: Mapping[str, object] | None = None,
    shape: Shape | None = None,
    *,
    lines_before: int = 0,
) -> Result:
    """Run one statement that `statements.check` let through.

    Args:
        connection: where.
        statement: one.
        parameters: the values of `$name` in it.
        shape: its columns, where they are known; to find them out over many files takes a while.
        lines_before: so many lines of it its author did not write.

    Raises:
        QueryError: DuckDB refuses it; also while the rows are read.
    """
    if shape is None:
        try:
            relation = connection.sql(statement, params=parameters)
            shape = Shape(tuple(relation.columns), tuple(relation.types))
            if duckdb.extract_statements(statement)[0].type.name == "EXPLAIN":
                return Result(shape.names, shape.types, iter([relation.fetchall()]))
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            raise _pointing(connection, statement, parameters, error, lines_before) from error
    names, types = shape.names, shape.types
    casts = [exact(kind) for kind in types]

    def select(columns: str) -> Iterator[list[tuple[Any, ...]]]:
        return _batches(connection, f"SELECT {columns} FROM (\n{statement}\n)", parameters, lines_before + 1)

    if casts == [str(kind) for kind in types]:
        return Result(names, types, _batches(connection, statement, parameters, lines_before), select)
    return Result(names, types, select(_cast(casts)), select)


def _pointing(
    connection: duckdb.DuckDBPyConnection,
    statement: str,
    parameters: Mapping[str, object] | None,
    error: duckdb.Error,
    lines_before: int,
) -> QueryError:
    """The same error with the place in the SQL, which DuckDB tells when a statement is run as it stands."""
    try:
        connection.execute(statement, parameters)
    except duckdb.Error as told:
        return translate(told, lines_before=lines_before)
    return translate(error, lines_before=lines_before)


def _cast(casts: Sequence[str]) -> str:
    return ", ".join(f"CAST(#{place} AS {kind})" for place, kind in enumerate(casts, start=1))


def _batches(
    connection: duckdb.DuckDBPyConnection,
    statement: str,
    parameters: Mapping[str, object] | None,
    lines_before: int,
) -> Iterator[list[tuple[Any, ...]]]:
    try:
        cursor = connection.execute(statement, parameters)
        while rows := cursor.fetchmany(_FETCHED_AT_ONCE):
            yield rows
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        raise translate(error, lines_before=lines_before) from error
