"""The seam to delta-rs: the only module that knows how a table's log is read and written.

Commits stand behind four guards, because deltalake 1.6 lets two rewrites of one file both succeed and takes a
transaction id a second time: what is removed must still be there, every rewrite carries one shared transaction id, a
stream's head must be the one the caller planned on, and after an error the log itself is asked what happened.
Format: https://github.com/delta-io/delta/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import json
import random
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction

from tailpipe_resources.errors import CommitConflictError, LakeDamagedError
from tailpipe_resources.lake.answers import failed, unbroken
from tailpipe_resources.lake.log import newest_whole
from tailpipe_resources.model.schema import PATH_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deltalake import Schema

    from tailpipe_resources.lake.storage import Lake

REWRITES = "tailpipe/rewrite"
"""The transaction id every commit that removes files carries, so that two of them cannot both succeed."""

TOLD_KEY = "tailpipe"
"""Where a commit's own information keeps who made it and why."""

PATIENCE_SECONDS = 60.0
"""For so long a commit that others come before is tried again."""

PAUSE_SECONDS = 0.01
MOST_PAUSE_SECONDS = 0.5
FAILURES = 2
"""How often the store itself may fail; it was asked several times each."""


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
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """Who makes a commit and why, for the table's history."""

    operation: str
    """`collect`, `overwrite`, `compact`, `delete`, `retention`, ..."""

    run: str = ""
    config: str = ""
    """A digest of the configuration it ran with."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One commit: what comes, what goes, and which stream it brings to which batch."""

    added: tuple[Added, ...]
    removed: tuple[Removed, ...]
    batch: int
    """Identifies the attempt; its upper bits are Unix milliseconds."""

    stream: str | None = None
    """The stream it moves on; None for a change that concerns none, such as compaction."""

    expected: int | None = None
    """The stream's head the change was planned on."""

    data_change: bool = True
    told: Told = field(default_factory=lambda: Told("collect"))
    schema: Schema | None = None
    """The table's fields from now on, when types change. Then `removed` are all files that there are."""


def open_table(lake: Lake, name: str, version: int | None = None) -> DeltaTable | None:
    """A table of the lake, or None when there is none of that name.

    A newest commit that a crash tore is read around: it was not finished, and the next run takes it out of the way.

    Raises:
        LakeDamagedError: when its log cannot be read.
        LakeError: when the lake cannot be reached.
    """
    options = dict(lake.store.delta_options())
    try:
        return unbroken(
            lambda: DeltaTable(f"{lake.root}/{name}", version=version, storage_options=options or None),
            (DeltaError, OSError),
        )
    except TableNotFoundError:
        return None
    except DeltaError as error:
        if not lake.store.folders(f"{name}/_delta_log") and not lake.store.keys(f"{name}/_delta_log"):
            return None
        whole = newest_whole(lake, name) if version is None else None
        if whole is not None:
            return open_table(lake, name, whole)
        raise LakeDamagedError(
            f"the Delta log of {lake.root}/{name} cannot be read: {str(error).splitlines()[0]}; "
            "`tailpipe lake repair` mends what a crash tore"
        ) from error
    except OSError as error:
        lake.store.folders(name)
        raise failed(f"{lake.root}/{name} cannot be read", error) from error


def active_files(table: DeltaTable) -> dict[str, Removed]:
    """The files of the snapshot by path on disk, as they would be removed."""
    if not table.file_uris():
        return {}
    actions = table.get_add_actions(flatten=True)
    names = [column.name for column in PATH_COLUMNS]
    paths = [unquote(path) for path in actions["path"].to_pylist()]
    sizes, rows = actions["size_bytes"].to_pylist(), actions["num_records"].to_pylist()
    values = zip(*(actions[f"partition.{name}"].to_pylist() for name in names), strict=True)
    return {
        path: Removed(path, size, dict(zip(names, map(str, row), strict=True)), count or 0)
        for path, size, row, count in zip(paths, sizes, values, rows, strict=True)
    }


def bounds(table: DeltaTable, column: str) -> dict[str, tuple[Any, Any]]:
    """The least and the greatest value of a column in each active file, by path on disk; None where it is not known."""
    if not table.file_uris():
        return {}
    actions = table.get_add_actions(flatten=True)
    known = set(actions.schema.names)
    nothing = [None] * len(actions["path"])
    first, last = (
        actions[name].to_pylist() if name in known else nothing for name in (f"min.{column}", f"max.{column}")
    )
    return dict(zip(map(unquote, actions["path"].to_pylist()), zip(first, last, strict=True), strict=True))


def head(table: DeltaTable | None, stream: str) -> int | None:
    """The batch a stream was last brought to; None before its first commit."""
    return None if table is None else table.transaction_version(stream)


def commit_change(lake: Lake, name: str, change: Change) -> int:
    """Make a change visible, whole, or not at all.

    Returns:
        A version of the table in which it is visible.

    Raises:
        CommitConflictError: someone else moved the stream or removed one of the files; plan again.
        LakeError: the log cannot be written.
    """
    failures: list[Exception] = []
    first, deadline = None, time.monotonic() + PATIENCE_SECONDS
    while True:
        table = open_table(lake, name)
        if table is None:
            raise CommitConflictError(f"the table {name} was removed meanwhile")
        first = table.version() if first is None else first
        moved = change.stream is None or head(table, change.stream) != change.expected
        active = active_files(table) if change.removed or moved or change.schema is not None else {}
        if _has_landed(table, change, active):
            break
        _check(table, change, active)
        if _is_hopeless(failures, deadline):
            last = failures[-1]
            raise failed(f"the commit to {lake.root}/{name} did not succeed", last) from last
        try:
            _write(table, change)
        except (CommitFailedError, DeltaError, OSError) as error:
            failures.append(error)
            # Of those that were in each other's way, one at a time comes through.
            longest = min(PAUSE_SECONDS * 2 ** len(failures), MOST_PAUSE_SECONDS)
            time.sleep(random.uniform(0, longest))  # noqa: S311 - only to spread writers
        else:
            break
    # Others may have committed since: a later version holds this one too.
    for version in range(first + 1, table.version() + 1):
        lake.store.settle(name, version)
    return table.version()


def _is_hopeless(failures: Sequence[Exception], deadline: float) -> bool:
    refused = sum(isinstance(each, OSError) for each in failures)
    return refused >= FAILURES or (bool(failures) and time.monotonic() > deadline)


def drop_old_commits(table: DeltaTable) -> None:
    """Delete commits before the newest checkpoint that are older than the log's retention, as far as that works."""
    with suppress(DeltaError, OSError):
        table.cleanup_metadata()


def _has_landed(table: DeltaTable, change: Change, active: Mapping[str, Removed]) -> bool:
    if change.stream is not None and head(table, change.stream) == change.batch:
        return True
    # Others may have gone on from it, and rewritten some of its files. One that is left tells.
    return any(each.path in active for each in change.added)


def _check(table: DeltaTable, change: Change, active: Mapping[str, Removed]) -> None:
    if change.stream is not None and head(table, change.stream) != change.expected:
        raise CommitConflictError(f"another run committed to {change.stream} meanwhile")
    removed = {each.path for each in change.removed}
    if not removed <= active.keys() or (change.schema is not None and removed != active.keys()):
        raise CommitConflictError(f"files of {change.stream or table.table_uri} were rewritten meanwhile")


def _write(table: DeltaTable, change: Change) -> None:
    """Commit, and bring the handle to a version that shows it."""
    transactions = [] if change.stream is None else [Transaction(change.stream, change.batch)]
    if change.removed:
        transactions.append(Transaction(REWRITES, (table.transaction_version(REWRITES) or 0) + 1))
    added = [_add(each, change) for each in change.added]
    table.create_write_transaction(
        # To overwrite takes out every file by itself, and is the only way to bring other types in the same commit.
        [*added, *(_remove(each, change) for each in change.removed if change.schema is None)],
        mode="append" if change.schema is None else "overwrite",
        schema=table.schema() if change.schema is None else change.schema,
        partition_by=[column.name for column in PATH_COLUMNS],
        commit_properties=CommitProperties(
            custom_metadata={TOLD_KEY: json.dumps(_about(change))},
            app_transactions=transactions,
            max_commit_retries=0,
        ),
        post_commithook_properties=PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=False),
    )
    table.update_incremental()


def _about(change: Change) -> dict[str, object]:
    """What history tells of a change, and could not find out once the log was tidied."""
    rows = {
        "rows_added": sum(each.rows for each in change.added),
        "rows_removed": sum(each.rows for each in change.removed),
    }
    about = {**asdict(change.told), "stream": change.stream, **rows}
    return {key: value for key, value in about.items() if value}


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
