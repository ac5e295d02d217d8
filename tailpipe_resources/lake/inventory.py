"""What a lake holds: its tables, and the files of a table's current snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailpipe_resources.lake.delta import active_files, open_table
from tailpipe_resources.lake.described import described
from tailpipe_resources.lake.leases import arriving, lease
from tailpipe_resources.lake.log import read_log
from tailpipe_resources.lake.lookup_names import lookup_key
from tailpipe_resources.lake.past import keys_of, version_at
from tailpipe_resources.lake.retired import open_at
from tailpipe_resources.lake.staging import is_compacted
from tailpipe_resources.lake.table import columns_of
from tailpipe_resources.model.own_tables import OWN_TABLES
from tailpipe_resources.model.slot import Slot

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack
    from datetime import date

    from deltalake import DeltaTable

    from tailpipe_resources.lake.past import AsOf
    from tailpipe_resources.lake.storage import Lake
    from tailpipe_resources.model.schema import Column
    from tailpipe_resources.model.stored_file import StoredFile


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One version of a table."""

    table: str
    version: int
    columns: tuple[Column, ...]
    """What the files hold."""

    stored: tuple[StoredFile, ...]
    """Its files, sorted by their paths."""

    @property
    def files(self) -> tuple[str, ...]:
        """Their addresses, as SQL names them."""
        return tuple(each.address for each in self.stored)


def tables(lake: Lake) -> tuple[str, ...]:
    """The names of the lake's tables, sorted; none when there is no lake yet."""
    return tuple(name for name in lake.store.folders("") if is_table(lake, name))


def is_table(lake: Lake, name: str) -> bool:
    """Whether the lake has a table of this name."""
    return "_delta_log" in lake.store.folders(name)


def collections(lake: Lake) -> tuple[tuple[str, str], ...]:
    """Table and collection of everything that has rows in the lake, sorted; whether or not it is still configured."""
    opened = ((name, open_table(lake, name)) for name in tables(lake) if name not in OWN_TABLES)
    return tuple(
        sorted(
            {
                (name, file.values["tp_partition"])
                for name, found in opened
                if found is not None
                for file in active_files(found).values()
            }
        )
    )


def snapshot(
    lake: Lake,
    table: str,
    until: ExitStack | None = None,
    *,
    as_of: AsOf | None = None,
    known: Snapshot | None = None,
) -> Snapshot | None:
    """The table as it is now or was then, or None when the lake has or had none of that name.

    Args:
        lake: where it lies.
        table: its name.
        until: keeps the snapshot's files readable until it is closed.
        as_of: a time or a version; now when not given.
        known: what it was when somebody looked last: still so, when nothing was committed since.

    Raises:
        PastError: what it held then is no longer kept.
    """
    if until is None and as_of is None:
        return _snapshot(lake, table)
    with arriving(lake, table):
        if as_of is not None:
            found = _earlier(lake, table, as_of)
        elif known is not None and read_log(lake, table).newest == known.version:
            found = known
        else:
            found = _snapshot(lake, table)
        if found is not None and until is not None:
            lease(lake, table, found.version, until)
        return found


def open_leased(lake: Lake, table: str, until: ExitStack) -> DeltaTable | None:
    """A table as it is now, its files kept readable until the stack is closed; None when there is none."""
    with arriving(lake, table):
        found = open_table(lake, table)
        if found is not None:
            lease(lake, table, found.version(), until)
        return found


def _snapshot(lake: Lake, table: str) -> Snapshot | None:
    found = open_table(lake, table)
    if found is None:
        return None
    stored = described(found, lambda path: lake.store.address(f"{table}/{path}"), _lookups(lake, table))
    return Snapshot(table, found.version(), columns_of(found), stored)


def _earlier(lake: Lake, table: str, as_of: AsOf) -> Snapshot | None:
    version = version_at(lake, table, as_of)
    found = None if version is None else open_at(lake, table, version)
    if found is None:
        return None
    places = map(lake.store.address, keys_of(lake, table, found))
    told = described(found, str, _lookups(lake, table))
    stored = (each._replace(address=place) for each, place in zip(told, places, strict=True))
    return Snapshot(table, found.version(), columns_of(found), tuple(stored))


def _lookups(lake: Lake, table: str) -> Callable[[str], str]:
    """Where the lookup of a file of the table would be."""
    if lake.store.is_remote:
        return lambda _: ""
    root = lake.store.scratch
    return lambda path: f"{root}/{lookup_key(table, path)}" if is_compacted(path) else ""


def first_day(lake: Lake) -> date | None:
    """The earliest day any table holds rows of; read from folder names only, never from logs or the network."""
    if lake.store.is_remote:
        return None
    days = [Slot.from_path(f"{name}/{path}").day for name in tables(lake) for path in _folders(lake, name)]
    return min(days, default=None)


def _folders(lake: Lake, table: str) -> list[str]:
    pattern = "tp_partition=*/tp_index=*/tp_year=*/tp_month=*/tp_day=*"
    folder = lake.store.scratch / table
    return [path.relative_to(folder).as_posix() for path in folder.glob(pattern)]
