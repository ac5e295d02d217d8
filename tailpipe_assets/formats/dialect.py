"""Lines of space-separated, partly quoted fields, split a whole column at a time.

Splitting at quotes and spaces is several times quicker than a regular expression. It is used only for lines where it
cannot be wrong: as many quotes and spaces as the layout has, no backslash and no control character. All others are
left to the expression.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Columns = Mapping[str, pa.Array]
Parse = Callable[[pa.Array], pa.Array]
Check = Callable[[Columns], pa.Array]
_BACKSLASH, _SPACE = ord("\\"), ord(" ")
_OFFSETS = {pa.string(): np.int32, pa.large_string(): np.int64}
_ODD = r"[\\\x00-\x1f]"


class Dialect:
    """Fields between single spaces, in a fixed order, some of them between double quotes."""

    def __init__(self, plain: tuple[tuple[str, ...], ...], quoted: tuple[str, ...]) -> None:
        """Describe the dialect.

        Args:
            plain: the names of the plain fields before each quoted one and, last, after all of them.
            quoted: the names of the quoted fields.
        """
        self._plain = plain
        self._quoted = quoted

    def read(self, lines: pa.Array, make: Callable[[Columns], pa.Array], fits: Check, otherwise: Parse) -> pa.Array:
        """Take lines apart.

        Args:
            lines: the text, without line ends.
            make: the result out of the fields.
            fits: whether fields can be what the format says; false leaves the line to `otherwise`.
            otherwise: the same result, out of lines this dialect leaves.
        """
        split = pc.split_pattern(lines, '"')
        regular = _and(pc.equal(pc.list_value_length(split), len(self._plain) + len(self._quoted)), _ordinary(lines))
        columns, good = self._columns(_kept(split, regular), fits)
        made = make({name: _kept(column, good) for name, column in columns.items()})
        if len(made) == len(lines):
            return made
        read = pc.replace_with_mask(regular, regular, good)
        return merged(read, made, otherwise(lines.filter(pc.invert(read))))

    def _columns(self, split: pa.ListArray, fits: Check) -> tuple[Columns, pa.Array]:
        """The fields of lines that have the right number of quotes, and which of them are right in the rest too."""
        columns = {name: _nth(split, 2 * number + 1) for number, name in enumerate(self._quoted)}
        good = pa.array(np.ones(len(split), dtype=bool))
        for number, names in enumerate(self._plain):
            before, after = number > 0, number < len(self._quoted)
            if names:
                found, right = _plain_fields(_nth(split, 2 * number), names, before=before, after=after)
                columns.update(found)
            else:
                right = _is_text(split, 2 * number, " " if before and after else "")
            good = _and(good, right)
        return columns, _and(good, fits(columns))


def _plain_fields(text: pa.Array, names: tuple[str, ...], *, before: bool, after: bool) -> tuple[Columns, pa.Array]:
    """The fields between two quoted ones, and in which lines there are as many as there should be."""
    split = pc.split_pattern(text, " ")
    right = pc.equal(pc.list_value_length(split), len(names) + before + after)
    if not pc.all(right, min_count=0).as_py():
        split = pc.if_else(right, split, pa.scalar([""] * (len(names) + before + after), split.type))
    for edge in ([0] if before else []) + ([len(names) + before] if after else []):
        right = _and(right, _is_text(split, edge, ""))
    fields = {name: _nth(split, number + before) for number, name in enumerate(names)}
    for field in fields.values():
        right = _and(right, pc.greater(pc.binary_length(field), 0))
    return fields, right


def _kept(values: pa.Array, mask: pa.Array) -> pa.Array:
    return values if pc.all(mask, min_count=0).as_py() else values.filter(mask)


def _nth(lists: pa.ListArray, number: int) -> pa.Array:
    """The element at this place of lists that are all of one length."""
    values = lists.flatten()
    return values.take(pa.array(np.arange(number, len(values), len(values) // max(len(lists), 1) or 1)))


def _is_text(lists: pa.ListArray, number: int, text: str) -> pa.Array:
    """Where the element at this place is that text, of one character at most; no element is copied."""
    if not len(lists):
        return pa.array([], pa.bool_())
    values = lists.flatten()
    every = len(values) // len(lists)
    offsets = np.frombuffer(values.buffers()[1], _OFFSETS[values.type])[values.offset : values.offset + len(values) + 1]
    starts, ends = offsets[:-1][number::every], offsets[1:][number::every]
    found = ends - starts == len(text)
    if text:
        held = np.frombuffer(values.buffers()[2] or b"\0", np.uint8)
        found &= held.take(starts, mode="clip") == ord(text)
    return pa.array(found)


def _ordinary(lines: pa.Array) -> pa.Array:
    """Which lines have no backslash and no white space but plain spaces."""
    if is_ordinary(lines):
        return pa.array(np.ones(len(lines), dtype=bool))
    return pc.invert(pc.match_substring_regex(lines, _ODD))


def is_ordinary(lines: pa.Array) -> bool:
    """Whether all of them are so, as far as a glance tells."""
    text = np.frombuffer(lines.buffers()[2] or b"", np.uint8)
    return bool(text.size and text.min() >= _SPACE and not (text == _BACKSLASH).any())


def _and(one: pa.Array, other: pa.Array) -> pa.Array:
    return pc.and_(one, pc.fill_null(other, fill_value=False))


def merged(mask: pa.Array, chosen: pa.Array, others: pa.Array) -> pa.Array:
    """One column: the next of `chosen` where the mask is true, the next of `others` where it is not."""
    here = mask.to_numpy(zero_copy_only=False)
    order = np.empty(len(here), dtype=np.int64)
    order[here] = np.arange(len(chosen))
    order[~here] = np.arange(len(chosen), len(here))
    return pa.concat_arrays([chosen, others]).take(pa.array(order))
