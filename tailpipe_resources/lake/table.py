"""Tables of the lake: made, widened, and known for our own."""

from __future__ import annotations

import json
import random
import time
from typing import TYPE_CHECKING, Any, Final

from deltalake import DeltaTable, Field, Schema
from deltalake.exceptions import DeltaError
from deltalake.schema import PrimitiveType

from tailpipe_resources.errors import LakeError, NarrowColumnsError
from tailpipe_resources.lake.delta import open_table
from tailpipe_resources.lake.widths import has_fields_of, is_wider
from tailpipe_resources.model.schema import PATH_COLUMNS, Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tailpipe_resources.lake.storage import Lake

FORMAT: Final = 1
"""The version of how tables and ledgers are laid out. Stamped on every table; a later one is refused."""

FORMAT_KEY: Final = "tailpipe.format"
TYPE_KEY: Final = "tailpipe.type"
"""Where a field's metadata keeps its DuckDB type; Delta has no JSON."""

CONFIGURATION: Final[Mapping[str, str | None]] = {
    "delta.logRetentionDuration": "interval 1 days",
    "delta.enableExpiredLogCleanup": "false",
    FORMAT_KEY: str(FORMAT),
}
_CHECKPOINT_EVERY: Final = 25
"""Commits. Each opens the table, which takes the longer the more commits come after the newest checkpoint."""

_CHECKPOINT_EVERY_REMOTE: Final = 100
"""The same in an object store, where a checkpoint is a large put more."""

_WRITER_PROTOCOL = 2
ATTEMPTS = 20
"""How often a table that others widen as well is widened; of those that meet, one at a time comes through."""

PAUSE_SECONDS = 0.1

_PATH_TYPES = {"VARCHAR": "string", "INTEGER": "integer"}
_PRIMITIVES = {
    "string": "VARCHAR",
    "long": "BIGINT",
    "integer": "INTEGER",
    "short": "SMALLINT",
    "byte": "TINYINT",
    "double": "DOUBLE",
    "float": "FLOAT",
    "boolean": "BOOLEAN",
    "binary": "BLOB",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
}


def ensure_table(lake: Lake, name: str, columns: Sequence[Column], schema: Schema) -> DeltaTable:
    """A table of the lake, made or widened so that it has all these columns.

    Args:
        lake: where it is, or will be.
        name: the table.
        columns: what its files hold, with DuckDB types.
        schema: the same as Delta fields.

    Raises:
        NarrowColumnsError: nothing is in the way but types that have to become wider first.
        LakeError: when the table is not ours, a column is there with another type or in other letters, or the lake
            cannot be written.
    """
    found = open_table(lake, name)
    if found is None:
        return _create(lake, name, columns, schema)
    check_ours(found, name)
    return _widen(lake, found, name, columns, schema)


def check_ours(table: DeltaTable, name: str) -> None:
    """Refuse a table that Tailpipe did not make, or that a later version of it did.

    Raises:
        LakeError: with what to do.
    """
    metadata = table.metadata()
    if metadata.partition_columns != [column.name for column in PATH_COLUMNS]:
        raise LakeError(f"the table {name} there was not made by Tailpipe; choose another path for the destination")
    stamped = metadata.configuration.get(FORMAT_KEY, str(FORMAT))
    if not str(stamped).isdigit() or int(stamped) > FORMAT:
        raise LakeError(f"the table {name} was written by a later version of Tailpipe, in its format {stamped}")
    if table.protocol().min_writer_version > _WRITER_PROTOCOL:
        raise LakeError(f"the table {name} was given features by another program that Tailpipe cannot write with")


def _create(lake: Lake, name: str, columns: Sequence[Column], schema: Schema) -> DeltaTable:
    if any(key.endswith(".parquet") for key in lake.store.keys(name)):
        raise LakeError(
            f"{lake.root}/{name} holds Parquet files that no Tailpipe lake knows of; choose another path for the "
            "destination, or move them away"
        )
    fields = [field_of(column, schema) for column in columns]
    keys = [Field(column.name, PrimitiveType(_PATH_TYPES[column.type])) for column in PATH_COLUMNS]
    every = _CHECKPOINT_EVERY_REMOTE if lake.store.is_remote else _CHECKPOINT_EVERY
    try:
        lake.store.prepare(name)
        DeltaTable.create(
            f"{lake.root}/{name}",
            Schema([*fields, *keys]),
            mode="ignore",
            partition_by=[column.name for column in PATH_COLUMNS],
            configuration={**CONFIGURATION, "delta.checkpointInterval": str(every)},
            storage_options=dict(lake.store.delta_options()) or None,
            raise_if_key_not_exists=False,
        )
    except OSError as error:
        raise LakeError(f"cannot write to the lake: {lake.root}/{name}: {error.strerror or error}") from error
    except DeltaError as error:
        if open_table(lake, name) is None:
            raise LakeError(f"the table {name} cannot be made: {error}") from error
    made = _opened(lake, name)
    lake.store.settle(name, made.version())
    return made


def _opened(lake: Lake, name: str) -> DeltaTable:
    found = open_table(lake, name)
    if found is None:
        raise LakeError(f"the table {name} was removed while it was made")
    return found


def _widen(
    lake: Lake, table: DeltaTable, name: str, columns: Sequence[Column], schema: Schema, *, attempts: int = ATTEMPTS
) -> DeltaTable:
    have = {column.name: column for column in columns_of(table)}
    _check_letters(name, have, columns)
    stored, wanted = types_of(table.schema()), types_of(schema)
    changed = [each for each in columns if each.name in have and have[each.name].type != each.type]
    grown = [each for each in changed if has_fields_of(wanted[each.name], stored[each.name])]
    wrong = [each for each in changed if each not in grown and not has_fields_of(stored[each.name], wanted[each.name])]
    narrow = [each for each in wrong if is_wider(wanted[each.name], stored[each.name])]
    wrong = [each for each in wrong if each not in narrow]
    if wrong:
        was = have[wrong[0].name].type
        raise LakeError(
            f"the column {wrong[0].name} of {name} is stored as {was} and cannot become "
            f"{wrong[0].type}; declare it as {was}, or give the new column another name"
        )
    if narrow:
        names = ", ".join(each.name for each in narrow)
        raise NarrowColumnsError(f"columns of {name} are stored with narrower types than they are to have: {names}")
    missing = [field_of(each, schema) for each in columns if each.name not in have]
    if missing or grown:
        try:
            table.alter.add_columns([*missing, *(_plain_field(each, schema) for each in grown)])
            for each in grown:
                table.alter.set_column_metadata(each.name, {TYPE_KEY: each.type})
        except DeltaError as error:
            if attempts == 1:
                raise LakeError(f"columns cannot be added to {name}: {error}") from error
            # Another run widened it at the same time.
            time.sleep(random.uniform(0, PAUSE_SECONDS))  # noqa: S311 - only to spread writers
            return _widen(lake, _opened(lake, name), name, columns, schema, attempts=attempts - 1)
        table.update_incremental()
        lake.store.settle(name, table.version())
    return table


def _check_letters(table: str, have: Iterable[str], columns: Sequence[Column]) -> None:
    """Refuse a new column whose name differs from that of a stored one in case only.

    Raises:
        LakeError: with what to do.
    """
    stored = {name.lower(): name for name in have}
    for each in columns:
        known = stored.get(each.name.lower(), each.name)
        if known != each.name:
            raise LakeError(
                f"the table {table} has a column {known} already, and big letters are not told from small ones; "
                f"call {each.name} {known}, or give it another name"
            )


def types_of(schema: Schema) -> dict[str, Any]:
    """What Delta calls the types of a table's fields, by name."""
    return {each["name"]: each["type"] for each in json.loads(schema.to_json())["fields"]}


def _plain_field(column: Column, schema: Schema) -> Field:
    """A field as it is merged into one of its name, whose metadata stays until it is set."""
    made = next(field for field in schema.fields if field.name == column.name)
    return Field(column.name, made.type, nullable=True)


def field_of(column: Column, schema: Schema) -> Field:
    """A column as a field of the table, which keeps its DuckDB type."""
    made = next(field for field in schema.fields if field.name == column.name)
    return Field(column.name, made.type, nullable=True, metadata={TYPE_KEY: column.type})


def columns_of(table: DeltaTable) -> tuple[Column, ...]:
    """The columns its files hold, with DuckDB types."""
    keys = set(table.metadata().partition_columns)
    fields = json.loads(table.schema().to_json())["fields"]
    return tuple(Column(each["name"], _duckdb_type(each)) for each in fields if each["name"] not in keys)


def _duckdb_type(field: dict[str, Any]) -> str:
    stored = field.get("metadata", {}).get(TYPE_KEY)
    return str(stored) if stored else _PRIMITIVES.get(str(field["type"]), "VARCHAR")
