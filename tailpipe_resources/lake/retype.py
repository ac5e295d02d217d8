"""Widening types: a column whose type becomes a wider one is rewritten in every file, in one commit.

Delta can note a wider type beside files of the narrow one, but few readers know that, and none that reads the folders
alone. So no file of the narrow type stays: whatever reads the table, by its log or by its folders, meets one type.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from deltalake import Schema

from tailpipe_resources.errors import CommitConflictError
from tailpipe_resources.lake.attempts import attempt, sweep_attempts
from tailpipe_resources.lake.cleanup import commit_superseding
from tailpipe_resources.lake.compact import LOCK, STREAM, TARGET_BYTES
from tailpipe_resources.lake.delta import Change, Removed, Told, active_files, open_table
from tailpipe_resources.lake.inventory import open_leased
from tailpipe_resources.lake.ledger import new_batch
from tailpipe_resources.lake.local import locked
from tailpipe_resources.lake.lookups import stage_looked_up
from tailpipe_resources.lake.space import LEAST_BYTES, check_space
from tailpipe_resources.lake.storage import discard
from tailpipe_resources.lake.table import columns_of, field_of, types_of
from tailpipe_resources.lake.widths import is_wider
from tailpipe_resources.model.names import quote
from tailpipe_resources.model.schema import Column, storage_columns
from tailpipe_resources.model.slot import Slot
from tailpipe_resources.query.views import scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import duckdb

    from tailpipe_resources.lake.staging import StagedFile
    from tailpipe_resources.lake.storage import Lake

ATTEMPTS: Final = 5


def widenings(lake: Lake, table: str, columns: Sequence[Column], schema: Schema) -> tuple[Column, ...]:
    """The columns whose stored type holds less than the one they are to have, and holds nothing that this one does not.

    Args:
        lake: where the table lies.
        table: its name; there may be none yet.
        columns: what its files are to hold, with DuckDB types.
        schema: the same as Delta fields.
    """
    found = open_table(lake, table)
    if found is None:
        return ()
    stored, wanted = types_of(found.schema()), types_of(schema)
    return tuple(each for each in columns if each.name in stored and is_wider(wanted[each.name], stored[each.name]))


def retype(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    table: str,
    changed: Sequence[Column],
    schema: Schema,
    *,
    told: Told,
) -> int:
    """Give columns their wider types, in every file at once. Readers see all of it or nothing.

    Args:
        connection: must be allowed to read the lake and to write its scratch folder, and keeps the order of rows.
        lake: where the table lies.
        table: its name.
        changed: as `widenings` found them.
        schema: Delta fields, these among them.
        told: who does it, for the history.

    Returns:
        How many rows were written anew.

    Raises:
        CommitConflictError: others changed the table again and again. It is as it was.
        LakeFullError: there is no room for the table once more.
    """
    sweep_attempts(lake, table)
    with ExitStack() as until:
        folder = lake.staging(table, f"{STREAM}-{uuid.uuid4()}")
        until.callback(discard, folder)
        until.enter_context(locked(folder / LOCK, f"the widening of {table}"))
        for left in reversed(range(ATTEMPTS)):
            try:
                return _retype(connection, lake, table, changed, schema, told, folder)
            except CommitConflictError:
                if not left:
                    raise
    raise AssertionError


def _retype(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    table: str,
    changed: Sequence[Column],
    schema: Schema,
    told: Told,
    folder: Path,
) -> int:
    wide = {each.name: each for each in changed}
    with ExitStack() as until:
        found = open_leased(lake, table, until)
        if found is None:
            return 0
        files = active_files(found)
        check_space(lake, least=max(LEAST_BYTES, sum(each.size for each in files.values())))
        columns = storage_columns(wide.get(each.name, each) for each in columns_of(found))
        staged = [
            file
            for slot, some in _by_slot(table, files.values()).items()
            for file in _rewritten(connection, lake, slot, some, columns, folder)
        ]
        fields = [field_of(wide[each.name], schema) if each.name in wide else each for each in found.schema().fields]
    batch = new_batch(None)
    with attempt(lake, table, batch, [file.final for file in staged]):
        added = tuple(file.publish(lake) for file in staged)
        change = Change(added, tuple(files.values()), batch, data_change=False, told=told, schema=Schema(fields))
        commit_superseding(lake, table, change)
    return sum(file.rows for file in staged)


def _by_slot(table: str, files: Iterable[Removed]) -> dict[Slot, list[Removed]]:
    slots: defaultdict[Slot, list[Removed]] = defaultdict(list)
    for each in files:
        slots[Slot.from_path(f"{table}/{each.path}")].append(each)
    return slots


def _rewritten(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    slot: Slot,
    files: Sequence[Removed],
    columns: Sequence[Column],
    folder: Path,
) -> list[StagedFile]:
    addresses = [lake.store.address(f"{slot.table}/{each.path}") for each in files]
    names = ", ".join(quote(each.name) for each in columns)
    select = f"SELECT {names} FROM {scan(addresses, columns)}"
    piece = TARGET_BYTES if sum(each.size for each in files) > TARGET_BYTES else None
    return stage_looked_up(connection, lake, slot, select, folder, columns, piece_bytes=piece)
