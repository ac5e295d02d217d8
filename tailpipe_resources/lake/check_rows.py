"""Checking rows: every one is read, slot by slot, and compared with what the log and the ledgers count."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

import duckdb

from tailpipe_resources.lake.defects import RESTORE, Defect, counted
from tailpipe_resources.lake.table import columns_of
from tailpipe_resources.model.names import literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deltalake import DeltaTable

    from tailpipe_resources.lake.delta import Removed
    from tailpipe_resources.lake.known import Known
    from tailpipe_resources.lake.storage import Lake

AGAIN = "collect its window with --overwrite to replace its rows"
FOREIGN = "another program wrote them; only Tailpipe may write its tables"


def check_rows(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    table: str,
    opened: DeltaTable,
    files: Mapping[str, Removed],
    ledgers: Mapping[str, Mapping[str, Known]],
) -> Iterator[Defect]:
    """What is wrong with the rows of some files.

    Args:
        connection: reads them.
        lake: where they lie.
        table: whose they are.
        opened: the version of the table.
        files: those that are there, by path.
        ledgers: what is known of artifacts, by collection.
    """
    rows = _Rows(connection, lake, table, {column.name for column in columns_of(opened)})
    slots: defaultdict[str, dict[str, Removed]] = defaultdict(dict)
    for path, each in sorted(files.items()):
        slots[path.rpartition("/")[0]][path] = each
    for folder, inside in slots.items():
        yield from rows.slot(folder, inside)
    for collection, known in ledgers.items():
        if collection not in rows.unread:
            yield from _against_ledger(table, collection, rows.by_artifact[collection], known)


NO_ARTIFACT: Final = "no artifact"
"""Where rows come from that another program added without saying so."""


class _Rows:
    """The rows of a table while they are read."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, lake: Lake, table: str, columns: set[str]) -> None:
        self._connection = connection
        self._lake = lake
        self._table = table
        self._position = "(tp_source_location, tp_source_offset)" if "tp_source_offset" in columns else "1"
        self.by_artifact: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """Rows by collection and artifact."""

        self.unread: set[str] = set()
        """Collections not all of whose rows could be read."""

    def slot(self, folder: str, files: Mapping[str, Removed]) -> Iterator[Defect]:
        """What is wrong in one slot."""
        broken = False
        for path, each in files.items():
            try:
                found = self._count(path, each.values["tp_partition"])
            except duckdb.Error as error:
                self.unread.add(each.values["tp_partition"])
                broken = True
                reason = str(error).strip().splitlines()[0]
                yield self._defect(f"it cannot be read: {reason}", path, RESTORE)
            else:
                if found != each.rows:
                    what = f"it holds {counted(found, 'row')}, but {each.rows:,} were written"
                    yield self._defect(what, path, RESTORE)
        if not broken:
            yield from self._doubled(folder, files)

    def _count(self, path: str, collection: str) -> int:
        """Read every value of a file, and count its rows by artifact."""
        found = self._connection.execute(
            f"SELECT coalesce(tp_source_location, {literal(NO_ARTIFACT)}), count(*), bit_xor(hash(rows)) "
            f"FROM read_parquet([{self._address(path)}], hive_partitioning = false) rows GROUP BY ALL"
        ).fetchall()
        self.by_artifact[collection].update({location: count for location, count, _ in found})
        return sum(count for _, count, _ in found)

    def _doubled(self, folder: str, files: Mapping[str, Removed]) -> Iterator[Defect]:
        listed = ", ".join(map(self._address, files))
        source = f"read_parquet([{listed}], hive_partitioning = false, union_by_name = true)"
        if "tp_id" not in self._columns(source):
            return
        rows, ids = self._one(f"SELECT count(tp_id), count(DISTINCT tp_id) FROM {source}")
        if rows == ids:
            return
        (doubled,) = self._one(
            f"SELECT coalesce(sum(more), 0)::BIGINT FROM (SELECT count(*) - count(DISTINCT {self._position}) AS more "
            f"FROM {source} WHERE tp_id IS NOT NULL GROUP BY tp_id)"
        )
        if doubled:
            yield self._defect(f"{counted(doubled, 'row')} too many, there twice", folder, AGAIN)
        if rows - ids > doubled:
            what = f"{counted(rows - ids - doubled, 'row')} more than events: the source delivered some twice"
            where, advice = f"{self._table}/{folder}", "to count events, ask for count(DISTINCT tp_id)"
            yield Defect(self._table, "warning", what, where, advice)

    def _columns(self, source: str) -> set[str]:
        return {row[0] for row in self._connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}

    def _one(self, query: str) -> tuple[int, ...]:
        row: tuple[int, ...] | None = self._connection.execute(query).fetchone()
        return row or ()

    def _address(self, path: str) -> str:
        return literal(self._lake.store.address(f"{self._table}/{path}"))

    def _defect(self, what: str, path: str, advice: str) -> Defect:
        return Defect(self._table, "error", what, f"{self._table}/{path}", advice)


def _against_ledger(
    table: str, collection: str, rows: Mapping[str, int], known: Mapping[str, Known]
) -> Iterator[Defect]:
    expected = {location: each.rows + each.older for location, each in known.items()}
    for location in sorted(rows.keys() | expected.keys()):
        has, should = rows.get(location, 0), expected.get(location, 0)
        if has == should:
            continue
        what = f"{counted(has, 'row')} of {location}, but the ledger counts {should:,}"
        advice = FOREIGN if location == NO_ARTIFACT else AGAIN
        yield Defect(table, "error", what, f"{table}.{collection}", advice)
