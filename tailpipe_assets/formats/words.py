"""Lines cut into words: at single spaces, but not at those between quotes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tailpipe_assets.formats.strings import Bytes, Offsets, bytes_of, offsets_of

Mask = npt.NDArray[np.bool_]

_SPACE, _QUOTE = ord(" "), ord('"')


@dataclass(frozen=True, slots=True)
class Words:
    """The words of some lines, as many in each."""

    lines: pa.Array
    """These and maybe others."""

    starts: Offsets
    """A row for each word and a column for each line: where it starts in the text of all lines."""

    ends: Offsets

    def column(self, number: int) -> pa.Array:
        """The word at this place of each line."""
        return self._between(self.starts[number], self.ends[number])

    def unquoted(self, number: int) -> pa.Array:
        """The same without its first and last character."""
        return self._between(self.starts[number] + 1, self.ends[number] - 1)

    def are_quoted(self, number: int) -> Mask:
        """Where it begins and ends with a quote."""
        starts, ends, text = self.starts[number], self.ends[number], bytes_of(self.lines)
        first, last = text.take(starts, mode="clip"), text.take(ends - 1, mode="clip")
        quoted: Mask = (ends - starts > 1) & (first == _QUOTE) & (last == _QUOTE)
        return quoted

    def are_there(self, number: int) -> Mask:
        """Where it is not empty."""
        there: Mask = self.ends[number] > self.starts[number]
        return there

    def of(self, kept: Mask) -> Words:
        """Those of some of the lines."""
        return Words(self.lines, self.starts[:, kept], self.ends[:, kept])

    def _between(self, starts: Offsets, ends: Offsets) -> pa.Array:
        count = len(starts)
        if not count:
            return pa.array([], self.lines.type)
        offsets = np.empty(2 * count, starts.dtype)
        offsets[::2], offsets[1::2] = starts, ends
        buffers = [None, pa.py_buffer(offsets), self.lines.buffers()[2]]
        # What is between two of them is every other value.
        values = pa.Array.from_buffers(self.lines.type, 2 * count - 1, buffers)
        return values.take(pa.array(np.arange(0, 2 * count, 2, dtype=np.int32)))


def cut(lines: pa.Array, count: int, quotes: int | None) -> tuple[Mask, Words]:
    """The lines that have so many words, and these.

    Args:
        lines: the text.
        count: how many words.
        quotes: how many quotes such a line has; any, and spaces between them separate words too, when not given.
    """
    at = offsets_of(lines)
    right, cuts = _cut(bytes_of(lines)[at[0] : at[-1]], at - at[0], count, quotes)
    ends = np.empty((count, len(cuts)), at.dtype)
    ends[:-1], ends[-1] = cuts.T + at[0], at[1:][right]
    starts = np.empty_like(ends)
    starts[0], starts[1:] = at[:-1][right], ends[:-1] + 1
    return right, Words(lines, starts, ends)


def _cut(text: Bytes, at: Offsets, count: int, quotes: int | None) -> tuple[Mask, Offsets]:
    """Which lines of a text have so many words, and where each of those is cut."""
    spaces = text == _SPACE
    if quotes is None:
        cuts, right = np.flatnonzero(spaces), np.ones(len(at) - 1, dtype=bool)
    else:
        places = np.flatnonzero(spaces | (text == _QUOTE))
        is_quote = text[places] == _QUOTE
        before = np.searchsorted(np.compress(is_quote, places), at)
        right = np.diff(before) == quotes
        inside = np.logical_xor.accumulate(is_quote)
        if (before % 2).any():
            inside ^= np.repeat(before[:-1] % 2 == 1, np.diff(np.searchsorted(places, at)))
        cuts = np.compress(~(is_quote | inside), places)
    found = np.diff(np.searchsorted(cuts, at))
    right &= found == count - 1
    if not right.all():
        cuts = cuts[np.repeat(right, found)]
    return right, cuts.reshape(np.count_nonzero(right), count - 1)
