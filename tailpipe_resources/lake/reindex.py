"""Reindexing: rows move to the folders of other index values, day by day. The rows stay what they are."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tailpipe_resources.errors import CommitConflictError
from tailpipe_resources.lake.attempts import attempt, sweep_attempts
from tailpipe_resources.lake.cleanup import commit_superseding
from tailpipe_resources.lake.compact import LOCK, STREAM, TARGET_BYTES
from tailpipe_resources.lake.delta import Change, Told, active_files, open_table
from tailpipe_resources.lake.inventory import open_leased
from tailpipe_resources.lake.ledger import new_batch
from tailpipe_resources.lake.local import locked
from tailpipe_resources.lake.lookups import stage_looked_up
from tailpipe_resources.lake.storage import discard
from tailpipe_resources.lake.table import columns_of
from tailpipe_resources.lake.taken import slot_of
from tailpipe_resources.model.names import literal, quote
from tailpipe_resources.model.schema import storage_columns
from tailpipe_resources.model.slot import Slot, can_be_folder
from tailpipe_resources.query.views import scan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from pathlib import Path

    import duckdb
    from deltalake import DeltaTable

    from tailpipe_resources.lake.delta import Removed
    from tailpipe_resources.lake.staging import StagedFile
    from tailpipe_resources.lake.storage import Lake

ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class Reindexed:
    """What moved."""

    days: int = 0
    files_before: int = 0
    files_after: int = 0
    moved: int = 0
    """Rows that now lie under another index value."""

    stuck: Mapping[str, int] = field(default_factory=dict)
    """Rows that stay where they are by a value that cannot be a folder's name."""

    def plus(self, other: Reindexed) -> Reindexed:
        """Both together."""
        return Reindexed(
            self.days + other.days,
            self.files_before + other.files_before,
            self.files_after + other.files_after,
            self.moved + other.moved,
            dict(Counter(self.stuck) + Counter(other.stuck)),
        )


def reindex(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    table: str,
    collection: str,
    column: str | None,
    *,
    told: Told,
    on_day: Callable[[date, Reindexed], None] = lambda *_: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Reindexed:
    """Move the rows of a collection to where a stored column says, a commit a day; collecting may go on meanwhile.

    Args:
        connection: must be allowed to read the lake and to write its scratch folder.
        lake: where the rows lie.
        table: their table.
        collection: their collection.
        column: holds the index value; None puts all rows under `default`.
        told: who does it, for the history.
        on_day: told what was done so far, after each day.
        stopped: asked between days.

    Raises:
        CommitConflictError: a day was changed again and again. Days before it are done.
    """
    done = Reindexed()
    sweep_attempts(lake, table)
    found = open_table(lake, table)
    with ExitStack() as until:
        folder = lake.staging(table, f"{STREAM}-{uuid.uuid4()}")
        until.callback(discard, folder)
        until.enter_context(locked(folder / LOCK, f"the reindexing of {table}.{collection}"))
        work = _Work(connection, lake, table, collection, column, told, folder)
        for day in sorted({day for day, _ in work.files(found)}):
            if stopped():
                break
            done = done.plus(work.day(day))
            on_day(day, done)
    return done


@dataclass(frozen=True, slots=True)
class _Work:
    """What all days share."""

    connection: duckdb.DuckDBPyConnection
    lake: Lake
    table: str
    collection: str
    column: str | None
    told: Told
    folder: Path

    def files(self, found: DeltaTable | None) -> list[tuple[date, Removed]]:
        """The collection's files, with their days."""
        files = () if found is None else active_files(found).values()
        return [(slot_of(each).day, each) for each in files if each.values["tp_partition"] == self.collection]

    def day(self, day: date) -> Reindexed:
        """Move the rows of one day, planned again when someone else changed it meanwhile."""
        for left in reversed(range(ATTEMPTS)):
            try:
                return self._day(day)
            except CommitConflictError:
                if not left:
                    raise
        raise AssertionError

    def _day(self, day: date) -> Reindexed:
        with ExitStack() as until:
            found = open_leased(self.lake, self.table, until)
            files = {self._address(each): each for at, each in self.files(found) if at == day}
            if found is None or not files:
                return Reindexed()
            columns = storage_columns(columns_of(found))
            index = self._index({each.name for each in columns})
            rows = self.connection.execute(
                f"SELECT filename, {index}, count(*) FROM {scan(files, columns)} GROUP BY ALL"
            ).fetchall()
            goes, stuck = _sorted_out(rows, files)
            if not goes:
                return Reindexed(stuck=stuck)
            names = ", ".join(quote(each.name) for each in columns)
            staged: list[StagedFile] = []
            for (value, wanted), addresses in _groups(rows, goes, files).items():
                slot = Slot(self.table, self.collection, value, day)
                select = f"SELECT {names} FROM {scan(addresses, columns)} WHERE {index} = {literal(wanted)}"
                size = sum(files[each].size for each in addresses)
                piece = TARGET_BYTES if size > TARGET_BYTES else None
                place = (self.connection, self.lake, slot, select, self.folder)
                staged += stage_looked_up(*place, columns, piece_bytes=piece)
        removed = tuple(files[each] for each in sorted(goes))
        self._commit(staged, removed)
        moved = sum(goes.values())
        return Reindexed(1, len(removed), len(staged), moved, stuck)

    def _index(self, columns: set[str]) -> str:
        """SQL for the index value a row is to have."""
        if self.column is None or self.column not in columns:
            return "'default'"
        return f"coalesce(nullif(CAST({quote(self.column)} AS VARCHAR), ''), 'default')"

    def _commit(self, staged: list[StagedFile], removed: tuple[Removed, ...]) -> None:
        batch = new_batch(None)
        with attempt(self.lake, self.table, batch, [file.final for file in staged]):
            added = tuple(file.publish(self.lake) for file in staged)
            change = Change(added, removed, batch, data_change=False, told=self.told)
            commit_superseding(self.lake, self.table, change)

    def _address(self, file: Removed) -> str:
        return self.lake.store.address(f"{self.table}/{file.path}")


def _sorted_out(
    rows: list[tuple[str, str, int]], files: Mapping[str, Removed]
) -> tuple[dict[str, int], dict[str, int]]:
    """The files with rows that belong elsewhere and how many these are; and the values that cannot be folders."""
    goes: Counter[str] = Counter()
    stuck: Counter[str] = Counter()
    for file, value, count in rows:
        if not can_be_folder(value):
            stuck[value] += count
        elif value != files[file].values["tp_index"]:
            goes[file] += count
    return dict(goes), dict(stuck)


def _groups(
    rows: list[tuple[str, str, int]], goes: Mapping[str, int], files: Mapping[str, Removed]
) -> Mapping[tuple[str, str], list[str]]:
    """By the folder rows are to lie in and the value they have, the files they come from."""
    groups: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for file, value, _ in rows:
        if file in goes:
            folder = value if can_be_folder(value) else files[file].values["tp_index"]
            groups[folder, value].append(file)
    return groups
