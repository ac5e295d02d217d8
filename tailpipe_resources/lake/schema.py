"""Columns as Delta fields, by way of DuckDB and Arrow, which know what their types mean to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from deltalake import Schema

from tailpipe_resources.model.names import quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from tailpipe_resources.model.schema import Column


def delta_schema(connection: duckdb.DuckDBPyConnection, columns: Sequence[Column]) -> Schema:
    """The columns as Delta fields. JSON becomes a string; every field can be null."""
    nulls = ", ".join(f"NULL::{column.type} AS {quote(column.name)}" for column in columns)
    arrow = connection.sql(f"SELECT {nulls} LIMIT 0").to_arrow_table().schema
    return Schema.from_arrow(pa.schema([field.with_type(_plain(field.type)) for field in arrow]))


def _plain(kind: pa.DataType) -> pa.DataType:
    """The type without Arrow's extension types, which Delta does not know."""
    if isinstance(kind, pa.BaseExtensionType):
        return _plain(kind.storage_type)
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(field.name, _plain(field.type), nullable=True) for field in kind])
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.list_(_plain(kind.value_type))
    return kind
