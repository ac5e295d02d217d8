"""CSV and Parquet files as columns, with the places of their rows."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from tailpipe_resources.model.place import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tailpipe_resources.model.lookup import LookupBlock
    from tailpipe_resources.model.place import Problems

MOST_TOLD = 10
"""So many problems of one file are told; more of the same help nobody."""

_LARGEST_CELL = 1 << 24


@dataclass(frozen=True, slots=True)
class TableFile:
    """The rows of a lookup's file."""

    table: pa.Table
    block: LookupBlock
    lines: Sequence[int] | None = None
    """Where each row begins; None for Parquet, which has no lines."""

    def place(self, row: int) -> Place:
        """Where a row is; for Parquet, where its file is named."""
        return self.block.at("path") if self.lines is None else Place(self.block.path, self.lines[row])

    def named(self, row: int) -> str:
        """What to call a row in a message about another."""
        return f"in row {row + 1}" if self.lines is None else f"at line {self.lines[row]}"


class Told:
    """Notes the first problems of a file, and how many more there are."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self.count = 0
        self._last: Place | None = None

    def add(self, place: Place, message: str) -> None:
        """Note a problem, unless there are many already."""
        self.count, self._last = self.count + 1, place
        if self.count <= MOST_TOLD:
            self._problems.add(place, message)

    def end(self) -> None:
        """Say how many were not told."""
        if self.count > MOST_TOLD and self._last is not None:
            self._problems.add(self._last, f"{self.count - MOST_TOLD} more rows of this file are wrong like these")


def read_table(block: LookupBlock, data: bytes, told: Told) -> TableFile | None:
    """The rows of a file; None after noting that there are none."""
    reads: dict[str, Callable[[LookupBlock, bytes, Told], TableFile | None]] = {".parquet": _parquet}
    found = reads.get(block.suffix, _csv)(block, data, told)
    if found is None:
        return None
    names = found.table.column_names
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        told.add(found.block.at("path"), f'{_title(block)}: the file has several columns called "{twice}"')
    return found if twice is None else None


def _csv(block: LookupBlock, data: bytes, told: Told) -> TableFile | None:
    """Every value is text; an empty one is NULL."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        told.add(Place(block.path, data[: error.start].count(b"\n") + 1), "the file is not UTF-8 here")
        return None
    csv.field_size_limit(_LARGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if block.suffix == ".tsv" else ",", strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    line = 1
    try:
        for row in reader:
            if row:
                rows.append(row)
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        told.add(Place(block.path, line), f"this is no row of CSV: {error}")
        return None
    if not rows:
        told.add(block.at("path"), f"{_title(block)}: {block.path} is empty; its first line names the columns")
        return None
    header = [name.strip() for name in rows.pop(0)]
    del lines[0]
    for row, place in zip(rows, lines, strict=True):
        if len(row) != len(header):
            told.add(Place(block.path, place), f"the row has {len(row)} values, the header {len(header)}")
    if told.count:
        return None
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(header)
    arrays = [pa.array([value or None for value in column], pa.string()) for column in columns]
    return TableFile(pa.Table.from_arrays(arrays, header), block, lines)


def _parquet(block: LookupBlock, data: bytes, told: Told) -> TableFile | None:
    try:
        return TableFile(pq.read_table(pa.BufferReader(data)), block)
    except (pa.ArrowException, OSError) as error:
        told.add(block.at("path"), f"{_title(block)}: {block.path} is no Parquet file that can be read: {error}")
        return None


def _title(block: LookupBlock) -> str:
    return f'lookup "{block.name}"'
