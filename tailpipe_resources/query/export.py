"""A result as a Parquet file, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import duckdb
from pyarrow import parquet

from tailpipe_resources.errors import QueryError
from tailpipe_resources.model.names import literal, quote
from tailpipe_resources.query.engine import translate, unfinished
from tailpipe_resources.query.render import distinct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from duckdb.sqltypes import DuckDBPyType

_INTEGERS = ("tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger", "ubigint")
_TIMES = ("date", "time", "timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns", "timestamp with time zone")
_KEPT = frozenset({*_INTEGERS, *_TIMES, "boolean", "float", "double", "decimal", "varchar", "blob", "uuid"})


def write_parquet(
    connection: duckdb.DuckDBPyConnection,
    statement: str,
    path: Path | str,
    parameters: Mapping[str, object] | None = None,
) -> int:
    """Store the rows of one statement that `statements.check` let through, and say how many there are.

    What Parquet cannot hold exactly is stored as text: time spans, UHUGEINT and BIGNUM. A HUGEINT of more than 38
    digits is refused.

    Args:
        connection: may write `unfinished(path)`.
        statement: one.
        path: the file; one that is there is replaced when the new one is whole.
        parameters: the values of `$name` in it.

    Raises:
        QueryError: DuckDB refuses the statement, or the file cannot be written.
    """
    partial, lines_before = Path(unfinished(path)), 0
    try:
        if duckdb.extract_statements(statement)[0].type.name == "EXPLAIN":
            raise QueryError("what EXPLAIN says is no table to be stored; take another output")
        relation = connection.sql(statement, params=parameters)
        names = [quote(name) for name in distinct(relation.columns)]
        columns = (f"CAST(#{place} AS {_stored(kind)}) AS {name}" for place, (kind, name) in _numbered(relation, names))
        copy = (
            f"COPY (SELECT {', '.join(columns)} FROM (\n{statement}\n)) TO {literal(str(partial))} "
            "(FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)"
        )
        lines_before = 1
        connection.execute(copy, parameters)
        rows: int = parquet.read_metadata(partial).num_rows
        partial.replace(path)
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        raise translate(error, lines_before=lines_before) from error
    except OSError as error:
        raise QueryError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)
    return rows


def _numbered(relation: duckdb.DuckDBPyRelation, names: list[str]) -> enumerate[tuple[DuckDBPyType, str]]:
    return enumerate(zip(relation.types, names, strict=True), start=1)


def _stored(kind: DuckDBPyType) -> str:
    """The type to store a value as, so that nothing of it is lost."""
    if kind.id in _KEPT:
        return str(kind)
    if kind.id == "hugeint":
        return "DECIMAL(38, 0)"
    children = cast("list[tuple[str, DuckDBPyType]]", kind.children if kind.id in {"list", "struct", "map"} else [])
    if kind.id == "list":
        return f"{_stored(children[0][1])}[]"
    if kind.id == "struct":
        return f"STRUCT({', '.join(f'{quote(name)} {_stored(child)}' for name, child in children)})"
    if kind.id == "map":
        return f"MAP({_stored(children[0][1])}, {_stored(children[1][1])})"
    return "VARCHAR"
