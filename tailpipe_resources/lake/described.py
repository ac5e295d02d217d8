"""What a table's log tells of each file of a snapshot."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import unquote

from tailpipe_resources.model.stored_file import StoredFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from deltalake import DeltaTable


def described(table: DeltaTable, address: Callable[[str], str], lookup: Callable[[str], str]) -> tuple[StoredFile, ...]:
    """Every file of the snapshot, sorted by its path.

    Args:
        table: the snapshot.
        address: what SQL calls the file of a path relative to the table.
        lookup: where the lookup of such a file is, if it has one.
    """
    if not table.file_uris():
        return ()
    actions = table.get_add_actions(flatten=True)
    known, nothing = set(actions.schema.names), [None] * actions.num_rows
    names = ("tp_partition", "tp_index", "tp_year", "tp_month", "tp_day")
    keys = [
        *(f"partition.{name}" for name in names),
        "min.tp_timestamp",
        "max.tp_timestamp",
        "num_records",
        "size_bytes",
        "modification_time",
    ]
    columns = [actions[key].to_pylist() if key in known else nothing for key in keys]
    paths = map(unquote, actions["path"].to_pylist())
    days: dict[tuple[int, int, int], date] = {}
    found = []
    for path, collection, index, year, month, day, first, last, rows, size, written in sorted(
        zip(paths, *columns, strict=True), key=lambda row: row[0]
    ):
        key = (int(year), int(month), int(day))
        when = days[key] if key in days else days.setdefault(key, date(*key))
        told = (rows or 0, size or 0, lookup(path), (written or 0) / 1000)
        found.append(StoredFile(address(path), collection, index, when, first, last, *told))
    return tuple(found)
