"""Lines of space-separated, partly quoted fields, read as a CSV dialect.

A CSV reader is several times quicker than a regular expression and not as exact: what it understood is put together
again and compared with the line, and a line that comes out different is left to the regular expression. So no line is
lost or changed because the quick way could not read it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

BLOCK_BYTES = 16 * 1024 * 1024

Columns = Mapping[str, pa.Array]
Parse = Callable[[pa.Array], pa.Array]


class Dialect:
    """Fields between single spaces, in a fixed order."""

    def __init__(self, columns: tuple[str, ...], *, around: Mapping[str, tuple[str, str]]) -> None:
        """Describe the dialect.

        Args:
            columns: the fields in order.
            around: what stands before and after a field, by its name; double quotes are taken off, all else stays.
        """
        self._columns = columns
        self._around = around
        self._options = {
            "read_options": csv.ReadOptions(column_names=list(columns), use_threads=False, block_size=BLOCK_BYTES),
            "convert_options": csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        }

    def read(self, lines: pa.Array, make: Callable[[Columns], pa.Array], otherwise: Parse) -> pa.Array:
        """Take lines apart.

        Args:
            lines: the text, without line ends.
            make: the result out of the fields; null where they are not what the fields of such a line look like.
            otherwise: the same result out of lines this dialect cannot read.
        """
        columns = self._columns_of(lines)
        if columns is None:
            return otherwise(lines)
        same = pc.fill_null(pc.equal(self._written(columns), lines), fill_value=False)
        made = make(columns)
        left = pc.invert(pc.and_(same, made.is_valid()))
        return replaced(made, left, otherwise(lines.filter(left))) if pc.any(left).as_py() else made

    def _columns_of(self, lines: pa.Array) -> Columns | None:
        """The fields line by line, null where there were too many or too few; None when lines ran together."""
        skipped: list[int] = []
        try:
            table = csv.read_csv(pa.BufferReader(_text(lines)), parse_options=_parse(skipped), **self._options)
        except pa.ArrowInvalid:
            return None
        if table.num_rows + len(skipped) != len(lines):
            return None
        if skipped:
            table = table.take(_rows(len(lines), skipped))
        return {name: table[name].combine_chunks() for name in self._columns}

    def _written(self, columns: Columns) -> pa.Array:
        """The lines as these fields would be written."""
        parts: list[pa.Array | str] = []
        for name in self._columns:
            before, after = self._around.get(name, ("", ""))
            parts += [f" {before}" if parts else before, columns[name], after]
        return pc.binary_join_element_wise(*parts, "")


def replaced(values: pa.Array, where: pa.Array, by: pa.Array) -> pa.Array:
    """The values, with others where the mask says so. Arrow's own `replace_with_mask` takes no structs."""
    marked = where.to_numpy(zero_copy_only=False)
    places = np.arange(len(values))
    places[marked] = len(values) + np.arange(len(by))
    return pa.concat_arrays([values, by]).take(pa.array(places))


def _text(lines: pa.Array) -> pa.Buffer:
    whole = pa.LargeListArray.from_arrays(pa.array([0, len(lines)], pa.int64()), lines)
    return pc.binary_join(whole, "\n")[0].as_buffer()


def _parse(skipped: list[int]) -> csv.ParseOptions:
    def skip(row: csv.InvalidRow) -> str:
        skipped.append(row.number - 1)
        return "skip"

    return csv.ParseOptions(delimiter=" ", double_quote=False, ignore_empty_lines=False, invalid_row_handler=skip)


def _rows(count: int, skipped: list[int]) -> pa.Array:
    good = np.ones(count, dtype=bool)
    good[skipped] = False
    return pa.array(np.cumsum(good) - 1, mask=~good)
