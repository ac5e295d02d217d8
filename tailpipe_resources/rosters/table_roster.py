"""Rosters of CSV and Parquet files, found by key or by network."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tailpipe_resources.model.names import hint
from tailpipe_resources.rosters.networks import NetworkError, Networks, span_of
from tailpipe_resources.rosters.roster import RosterError, distinct

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tailpipe_resources.rosters.networks import Span
    from tailpipe_resources.rosters.roster import Finder
    from tailpipe_resources.rosters.table_file import TableFile, Told

    Find = Callable[[str], int | None]
    """The row a value leads to."""

REMEMBERED = 1 << 16
"""So many addresses are remembered with what they led to."""

_TYPES: tuple[tuple[Callable[[Any], bool], str, pa.DataType], ...] = (
    (pa.types.is_boolean, "BOOLEAN", pa.bool_()),
    (lambda kind: kind in {pa.int8(), pa.int16(), pa.uint8()}, "SMALLINT", pa.int16()),
    (lambda kind: kind in {pa.int32(), pa.uint16()}, "INTEGER", pa.int32()),
    (lambda kind: kind in {pa.int64(), pa.uint32()}, "BIGINT", pa.int64()),
    (lambda kind: kind in {pa.float16(), pa.float32()}, "FLOAT", pa.float32()),
    (pa.types.is_float64, "DOUBLE", pa.float64()),
    (pa.types.is_date, "DATE", pa.date32()),
    (pa.types.is_timestamp, "TIMESTAMP WITH TIME ZONE", pa.timestamp("us", "UTC")),
    (lambda kind: _is_text(kind), "VARCHAR", pa.string()),
)
"""What a column of Parquet is stored as."""


class TableRoster:
    """The rows of a file, found by what a row's key is equal to or by the network it tells of."""

    def __init__(self, file: TableFile, digest: str, find: Find) -> None:
        self.name = file.block.name
        self.digest = digest
        self.rows = file.table.num_rows
        self._table = file.table
        self._find = find

    def type_of(self, name: str) -> str:
        """The type a column is stored with."""
        return self._kind(name)[0]

    def finder(self, names: Sequence[str]) -> Finder:
        """Finds the rows of values, with these columns of them."""
        columns = [self._table.column(name).cast(self._kind(name)[1]).combine_chunks() for name in names]
        rows = pa.StructArray.from_arrays(columns, [str(number) for number in range(len(names))])
        find = self._find

        def found(values: pa.Array) -> pa.StructArray:
            once, places = distinct(values)
            numbers = pa.array([None if value is None else find(value) for value in once], pa.int64())
            return rows.take(numbers.take(places))

        return found

    def _kind(self, name: str) -> tuple[str, pa.DataType]:
        if name not in self._table.column_names:
            raise RosterError(f'lookup "{self.name}" has no column "{name}"{hint(name, self._table.column_names)}')
        kind = self._table.schema.field(name).type
        known = next(((stored, arrow) for fits, stored, arrow in _TYPES if fits(kind)), None)
        if known is None:
            raise RosterError(f'"{name}" of lookup "{self.name}" is {kind}, which cannot be a column')
        return known


def by_key(file: TableFile, told: Told) -> Find:
    """Finds rows by the texts of their keys; a key that is there twice is a problem."""
    columns = [_texts(file, name, told) for name in file.block.key]
    rows: dict[str, int] = {}
    for row, parts in enumerate(zip(*columns, strict=True)):
        if None in parts:
            told.add(file.place(row), f"{_of(file, row)}the key is empty")
            continue
        first = rows.setdefault(joined(parts), row)
        if first != row:
            told.add(file.place(row), f'{_of(file, row)}the key "{", ".join(parts)}" is there {file.named(first)} too')
    return rows.get


def by_network(file: TableFile, told: Told) -> Find:
    """Finds rows by the narrowest network that holds an address; a network that is there twice is a problem."""
    first: dict[Span, int] = {}
    for row, text in enumerate(_texts(file, str(file.block.network), told)):
        try:
            span = span_of((text or "").strip())
        except NetworkError as error:
            told.add(file.place(row), f'{_of(file, row)}"{text or ""}" {error}')
            continue
        other = first.setdefault(span, row)
        if other != row:
            told.add(file.place(row), f'{_of(file, row)}the network "{text}" is there {file.named(other)} too')
    return lru_cache(maxsize=REMEMBERED)(Networks(first.items()).find)


def joined(parts: Sequence[str]) -> str:
    """The parts of a key as one text, which no other parts come to; `joined_sql` makes the same."""
    return parts[0] if len(parts) == 1 else "".join(f"{len(part.encode())}:{part}" for part in parts)


def joined_sql(parts: Sequence[str]) -> str:
    """SQL for the parts of a key as one text, NULL when one of them is."""
    texts = [f"CAST({part} AS VARCHAR)" for part in parts]
    return texts[0] if len(texts) == 1 else " || ".join(f"strlen({text}) || ':' || {text}" for text in texts)


def _texts(file: TableFile, name: str, told: Told) -> list[Any]:
    block = file.block
    names = file.table.column_names
    where = block.at("network" if block.network else "key")
    if name not in names:
        told.add(where, f'lookup "{block.name}" has no column "{name}"{hint(name, names)}')
        return []
    try:
        return list(file.table.column(name).cast(pa.string()).to_pylist())
    except pa.ArrowException:
        told.add(where, f'"{name}" of lookup "{block.name}" is {file.table.schema.field(name).type}; a key is text')
        return []


def _of(file: TableFile, row: int) -> str:
    return f'lookup "{file.block.name}": row {row + 1}: ' if file.lines is None else ""


def _is_text(kind: Any) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
