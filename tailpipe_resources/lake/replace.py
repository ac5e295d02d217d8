"""Taking the rows of some artifacts out of a table, by writing the files that hold them anew without them."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tailpipe_resources.lake.delta import Removed, active_files, bounds
from tailpipe_resources.lake.staging import StagedFile, stage
from tailpipe_resources.model.artifact import GENERATION, generation_mark, generation_of
from tailpipe_resources.model.names import literal
from tailpipe_resources.model.slot import Slot

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import date

    import duckdb
    from deltalake import DeltaTable

    from tailpipe_resources.lake.intent import Moved
    from tailpipe_resources.lake.storage import Lake


@dataclass(frozen=True, slots=True)
class Replacement:
    """What has to go, and what stands in its place."""

    removed: tuple[Removed, ...] = ()
    rewritten: tuple[StagedFile, ...] = ()
    """Not in place yet."""

    rows: int = 0
    """Rows that are gone once this is committed."""


def without(
    connection: duckdb.DuckDBPyConnection, lake: Lake, table: DeltaTable, *, name: str, rows_of: RowsOf
) -> Replacement:
    """The change that takes the rows of some artifacts out of a table."""
    active = files_of(table, rows_of)
    removed, rewritten, rows = [], [], 0
    for path, count in _holding(connection, lake, name, active, rows_of):
        removed.append(active[path])
        rows += count
        slot = Slot.from_path(f"{name}/{path}")
        others = _others(lake.store.address(f"{name}/{path}"), rows_of)
        staged = stage(connection, lake, slot, others, stream=rows_of.stream)
        if staged is not None:
            rewritten.append(staged)
    return Replacement(tuple(removed), tuple(rewritten), rows)


def files_of(table: DeltaTable, rows_of: RowsOf) -> dict[str, Removed]:
    """The active files that may hold such rows, by path: those that lie, and whose bounds in the log are, around them.

    Most files hold the rows of an artifact or two, so that few of thousands have to be opened.
    """
    spans, wanted = bounds(table, "tp_source_location"), sorted(rows_of.touched)

    def may_hold(path: str) -> bool:
        first, last = spans[path]
        if first is None or last is None:
            return True
        at = bisect_left(wanted, first)
        return at < len(wanted) and wanted[at] <= last

    return {path: each for path, each in active_files(table).items() if rows_of.may_be_in(each) and may_hold(path)}


def rows_by_location(
    connection: duckdb.DuckDBPyConnection, lake: Lake, table: DeltaTable, name: str, rows_of: RowsOf
) -> dict[str, int]:
    """How many such rows there are, by artifact."""
    active = files_of(table, rows_of)
    if not active or not rows_of.touched:
        return {}
    files = _list(lake.store.address(f"{name}/{path}") for path in active)
    found = connection.execute(
        f"SELECT tp_source_location, count(*) FROM read_parquet({files}, hive_partitioning = false, "
        f"union_by_name = true) WHERE {rows_of.condition} GROUP BY ALL"
    ).fetchall()
    return dict(found)


def days_of_rows(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    table: DeltaTable,
    name: str,
    rows_of: RowsOf,
    among: Callable[[date], bool],
) -> frozenset[date]:
    """On which of some days such rows lie. Files of other days are not opened."""
    days = {path: Slot.from_path(f"{name}/{path}").day for path in files_of(table, rows_of)}
    paths = [path for path, day in days.items() if among(day)]
    return frozenset(days[path] for path, _ in _holding(connection, lake, name, paths, rows_of))


def moved_by_generation(
    connection: duckdb.DuckDBPyConnection, lake: Lake, table: DeltaTable, name: str, rows_of: RowsOf
) -> dict[tuple[str, int], int]:
    """How many rows are meant only because they are moved, by the location and the generation they lie under."""
    meant = replace(rows_of, locations=frozenset())
    active = files_of(table, meant)
    if not active:
        return {}
    files = _list(lake.store.address(f"{name}/{path}") for path in active)
    found = connection.execute(
        f"SELECT tp_source_location, coalesce(regexp_extract(tp_source_version, {literal(GENERATION)}), ''), count(*) "
        f"FROM read_parquet({files}, hive_partitioning = false, union_by_name = true) "
        f"WHERE {rows_of.condition_moved} GROUP BY ALL"
    ).fetchall()
    return {(location, generation_of(mark)): count for location, mark, count in found}


@dataclass(frozen=True, slots=True)
class RowsOf:
    """Which rows: those of some artifacts, within a collection and, where given, an index value."""

    locations: frozenset[str]
    stream: str
    collection: str
    index: str | None = None
    parts: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """Artifacts of which only some rows are meant: how their versions begin, and the first offset."""

    broken: frozenset[str] = frozenset()
    """Artifacts of which only the row without an offset is meant, which sets them aside whole."""

    moved: Moved = field(default_factory=dict)
    """Rows beside these that are meant too."""

    @property
    def touched(self) -> frozenset[str]:
        """The artifacts of which any rows are meant."""
        return self.locations.union(self.moved)

    @property
    def condition(self) -> str:
        """SQL that is true of these rows, where they are in the collection."""
        whole = self.locations - self.parts.keys() - self.broken
        broken = self.locations & self.broken
        meant = [f"tp_source_location IN {_tuple(whole)}"] if whole else []
        if broken:
            meant.append(f"(tp_source_location IN {_tuple(broken)} AND tp_source_offset IS NULL)")
        meant += [
            f"(tp_source_location = {literal(location)} AND starts_with(tp_source_version, {literal(mark)}) "
            f"AND coalesce(tp_source_offset, 0) >= {offset})"
            for location, (mark, offset) in sorted(self.parts.items())
            if location in self.locations - self.broken
        ]
        return " OR ".join([*meant, *self._moved]) or "false"

    @property
    def condition_moved(self) -> str:
        """The same of rows that are meant because they are moved, and for no other reason."""
        return f"({' OR '.join(self._moved) or 'false'}) AND ({replace(self, moved={}).condition}) IS NOT TRUE"

    @property
    def _moved(self) -> list[str]:
        return [
            f"(tp_source_location = {literal(location)} AND {_is_of(generation)} AND tp_source_offset >= {offset})"
            for location, pieces in sorted(self.moved.items())
            for generation, offset in pieces
        ]

    def may_be_in(self, file: Removed) -> bool:
        """Whether the file lies where such rows can be."""
        same = file.values["tp_partition"] == self.collection
        return same and self.index in (None, file.values["tp_index"])


def _holding(
    connection: duckdb.DuckDBPyConnection, lake: Lake, name: str, paths: Collection[str], rows_of: RowsOf
) -> list[tuple[str, int]]:
    if not paths or not rows_of.touched:
        return []
    start = lake.store.address(f"{name}/")
    files = _list(f"{start}{path}" for path in paths)
    found = connection.execute(
        f"SELECT filename, count(*) FROM read_parquet({files}, filename = true, hive_partitioning = false, "
        f"union_by_name = true) WHERE {rows_of.condition} GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return [(filename.removeprefix(start), count) for filename, count in found]


def _others(file: str, rows_of: RowsOf) -> str:
    source = f"read_parquet({_list([file])}, hive_partitioning = false)"
    return f"SELECT * FROM {source} WHERE ({rows_of.condition}) IS NOT TRUE"


def _is_of(generation: int) -> str:
    """SQL that is true of the rows of one generation of a file."""
    if generation:
        return f"starts_with(tp_source_version, {literal(generation_mark(generation))})"
    return f"NOT regexp_matches(tp_source_version, {literal(GENERATION)})"


def _list(items: Iterable[str]) -> str:
    return f"[{', '.join(map(literal, items))}]"


def _tuple(items: Iterable[str]) -> str:
    return f"({', '.join(map(literal, sorted(items)))})"
