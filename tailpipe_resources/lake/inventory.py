"""What a lake holds: its tables, and the files of a table's current snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailpipe_resources.lake.delta import active_files, columns_of, open_table
from tailpipe_resources.model.slot import Slot

if TYPE_CHECKING:
    from datetime import date

    from tailpipe_resources.lake.storage import Lake
    from tailpipe_resources.model.schema import Column


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One version of a table. Its files stay readable while the reader holds on to it."""

    table: str
    version: int
    columns: tuple[Column, ...]
    """What the files hold."""

    files: tuple[str, ...]
    """Absolute paths."""


def tables(lake: Lake) -> tuple[str, ...]:
    """The names of the lake's tables, sorted; none when there is no lake yet."""
    if not lake.root.is_dir():
        return ()
    return tuple(sorted(each.name for each in lake.root.iterdir() if (each / "_delta_log").is_dir()))


def snapshot(lake: Lake, table: str) -> Snapshot | None:
    """The table as it is now, or None when the lake has none of that name."""
    folder = lake.table(table)
    found = open_table(folder)
    if found is None:
        return None
    files = tuple(f"{folder}/{path}" for path in sorted(active_files(found)))
    return Snapshot(table, found.version(), columns_of(found), files)


def first_day(lake: Lake) -> date | None:
    """The earliest day any table holds rows of; read from folder names only, never from logs or the network."""
    days = [Slot.from_path(f"{name}/{path}").day for name in tables(lake) for path in _folders(lake, name)]
    return min(days, default=None)


def _folders(lake: Lake, table: str) -> list[str]:
    pattern = "tp_partition=*/tp_index=*/tp_year=*/tp_month=*/tp_day=*"
    return [path.relative_to(lake.table(table)).as_posix() for path in lake.table(table).glob(pattern)]
