"""The seam to delta-rs: the only module that knows how a table's log is read and written.

Commits stand behind four guards, because deltalake 1.6 lets two rewrites of one file both succeed and takes a
transaction id a second time: what is removed must still be there, every rewrite carries one shared transaction id, a
stream's head must be the one the caller planned on, and after an error the log itself is asked what happened.
Format: https://github.com/delta-io/delta/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

from deltalake import CommitProperties, DeltaTable, Field, PostCommitHookProperties, Schema, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.schema import PrimitiveType
from deltalake.transaction import AddAction, RemoveAction

from tailpipe_resources.errors import CommitConflictError, LakeDamagedError, LakeError
from tailpipe_resources.lake.storage import sync_file, sync_folder
from tailpipe_resources.model.schema import PATH_COLUMNS, Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

REWRITES = "tailpipe/rewrite"
"""The transaction id every commit that removes files carries, so that two of them cannot both succeed."""

TYPE_KEY = "tailpipe.type"
"""Where a field's metadata keeps its DuckDB type; Delta has no JSON."""

ATTEMPTS = 20
CONFIGURATION = {
    "delta.checkpointInterval": "100",
    "delta.logRetentionDuration": "interval 1 days",
    "delta.enableExpiredLogCleanup": "true",
}
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


@dataclass(frozen=True, slots=True)
class Added:
    """A Parquet file that a commit makes visible. It lies in its final place already."""

    path: str
    """Relative to the table, as on disk."""

    size: int
    rows: int
    values: Mapping[str, str]
    """The partition columns' values."""

    minimum: Mapping[str, str]
    maximum: Mapping[str, str]
    """Exact bounds of columns, where they are known."""


@dataclass(frozen=True, slots=True)
class Removed:
    """An active file that a commit takes out of sight."""

    path: str
    size: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One commit: what comes, what goes, and which streams it brings to which batch."""

    added: tuple[Added, ...]
    removed: tuple[Removed, ...]
    stream: str
    expected: int | None
    """The stream's head the change was planned on."""

    batch: int
    data_change: bool = True


def open_table(folder: Path) -> DeltaTable | None:
    """The table in a folder, or None when there is none.

    Raises:
        LakeDamagedError: when its log cannot be read.
    """
    try:
        return DeltaTable(str(folder))
    except TableNotFoundError:
        return None
    except DeltaError as error:
        raise LakeDamagedError(f"the Delta log of {folder} cannot be read: {str(error).splitlines()[0]}") from error


def ensure_table(folder: Path, columns: Sequence[Column], schema: Schema) -> DeltaTable:
    """The table in a folder, made or widened so that it has all these columns.

    Args:
        folder: where it is, or will be.
        columns: what its files hold, with DuckDB types.
        schema: the same as Delta fields.

    Raises:
        LakeError: when a column is there with another type, or the folder cannot be written.
    """
    found = open_table(folder)
    if found is None:
        return _create(folder, columns, schema)
    return _widen(found, columns, schema)


def _create(folder: Path, columns: Sequence[Column], schema: Schema) -> DeltaTable:
    fields = [_field(column, schema) for column in columns]
    keys = [Field(column.name, PrimitiveType(_PATH_TYPES[column.type])) for column in PATH_COLUMNS]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        DeltaTable.create(
            str(folder),
            Schema([*fields, *keys]),
            mode="ignore",
            partition_by=[column.name for column in PATH_COLUMNS],
            configuration=cast("dict[str, str | None]", CONFIGURATION),
        )
    except OSError as error:
        raise LakeError(f"cannot write to the lake: {folder}: {error.strerror or error}") from error
    except DeltaError as error:
        if open_table(folder) is None:
            raise LakeError(f"the table {folder.name} cannot be made: {error}") from error
    return DeltaTable(str(folder))


def _widen(table: DeltaTable, columns: Sequence[Column], schema: Schema) -> DeltaTable:
    have = {column.name: column for column in columns_of(table)}
    changed = [each for each in columns if each.name in have and have[each.name].type != each.type]
    if changed:
        was = have[changed[0].name].type
        raise LakeError(
            f"the column {changed[0].name} of {Path(table.table_uri).name} is stored as {was} and cannot become "
            f"{changed[0].type}; give the new column another name"
        )
    missing = [_field(each, schema) for each in columns if each.name not in have]
    if missing:
        table.alter.add_columns(missing)
    return table


def _field(column: Column, schema: Schema) -> Field:
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


def active_files(table: DeltaTable) -> dict[str, Removed]:
    """The files of the snapshot by path on disk, as they would be removed."""
    if not table.file_uris():
        return {}
    actions = table.get_add_actions(flatten=True)
    names = [column.name for column in PATH_COLUMNS]
    paths = [unquote(path) for path in actions["path"].to_pylist()]
    sizes = actions["size_bytes"].to_pylist()
    values = zip(*(actions[f"partition.{name}"].to_pylist() for name in names), strict=True)
    return {
        path: Removed(path, size, dict(zip(names, map(str, row), strict=True)))
        for path, size, row in zip(paths, sizes, values, strict=True)
    }


def head(table: DeltaTable | None, stream: str) -> int | None:
    """The batch a stream was last brought to; None before its first commit."""
    return None if table is None else table.transaction_version(stream)


def commit_change(folder: Path, change: Change) -> None:
    """Make a change visible, whole, or not at all.

    Raises:
        CommitConflictError: someone else moved the stream or removed one of the files; plan again.
        LakeError: the log cannot be written.
    """
    failure: DeltaError | None = None
    for _ in range(ATTEMPTS):
        table = DeltaTable(str(folder))
        now = head(table, change.stream)
        if now == change.batch:
            return
        _check(table, change, now)
        try:
            _write(table, change)
        except (CommitFailedError, DeltaError) as error:
            failure = error
        else:
            _sync(folder)
            return
    raise LakeError(f"the commit to {folder.name} did not succeed: {failure}") from failure


def _check(table: DeltaTable, change: Change, now: int | None) -> None:
    if now != change.expected:
        raise CommitConflictError(f"another run committed to {change.stream} meanwhile")
    if change.removed and not {each.path for each in change.removed} <= active_files(table).keys():
        raise CommitConflictError(f"files of {change.stream} were rewritten meanwhile")


def _write(table: DeltaTable, change: Change) -> None:
    transactions = [Transaction(change.stream, change.batch)]
    if change.removed:
        transactions.append(Transaction(REWRITES, (table.transaction_version(REWRITES) or 0) + 1))
    table.create_write_transaction(
        [*(_add(each, change) for each in change.added), *(_remove(each, change) for each in change.removed)],
        mode="append",
        schema=table.schema(),
        partition_by=[column.name for column in PATH_COLUMNS],
        commit_properties=CommitProperties(app_transactions=transactions, max_commit_retries=0),
        post_commithook_properties=PostCommitHookProperties(create_checkpoint=True),
    )


def _add(file: Added, change: Change) -> AddAction:
    stats = {
        "numRecords": file.rows,
        "minValues": dict(file.minimum),
        "maxValues": dict(file.maximum),
        "nullCount": {},
    }
    modified = int(change.batch >> 20)
    return AddAction(file.path, file.size, dict(file.values), modified, change.data_change, json.dumps(stats))


def _remove(file: Removed, change: Change) -> RemoveAction:
    modified = int(change.batch >> 20)
    return RemoveAction(
        path=file.path,
        data_change=change.data_change,
        deletion_timestamp=modified,
        size=file.size,
        partition_values=dict(file.values),
    )


def _sync(folder: Path) -> None:
    log = folder / "_delta_log"
    for path in _newest(log.glob("*.json")):
        sync_file(path)
    sync_folder(log)


def _newest(paths: Iterable[Path]) -> list[Path]:
    return sorted(paths)[-1:]
