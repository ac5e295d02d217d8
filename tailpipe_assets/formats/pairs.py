"""Lines of `name=value` taken apart, whole columns at a time.

Where names and values begin and end is found by counting bytes, so that no line is ever looked at by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailpipe_assets.formats.strings import bytes_of, offsets_of

if TYPE_CHECKING:
    import numpy.typing as npt

    Places = npt.NDArray[np.int64]

_BACKSLASH, _EQUALS, _SPACE = ord("\\"), ord("="), ord(" ")
_IS_KEY = np.zeros(256, dtype=bool)
"""Letters a CEF extension's name is made of."""
_IS_KEY[list(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-[]")] = True
_MARK = "\x00"


@dataclass(frozen=True, slots=True)
class Pairs:
    """What lines say, pair by pair."""

    keys: pa.Array
    values: pa.Array
    lines: Places
    """Which line each pair is of, in order."""

    sound: npt.NDArray[np.bool_]
    """For each line, whether its quotes are closed."""


@dataclass(frozen=True, slots=True)
class Lines:
    """A column of lines as bytes, and where each of them begins and ends."""

    data: npt.NDArray[np.uint8]
    """With one byte more than there is, so that what follows an end can be looked at."""

    starts: Places
    ends: Places

    @classmethod
    def of(cls, text: pa.StringArray) -> Lines:
        """The bytes of a column of text that has no gaps in it, as filters and trims leave it."""
        offsets = offsets_of(text)
        first, last = (int(offsets[0]), int(offsets[-1])) if len(text) else (0, 0)
        data = np.zeros(last - first + 1, np.uint8)
        data[:-1] = bytes_of(text)[first:last]
        bounds = offsets.astype(np.int64) - first
        return cls(data, bounds[:-1], bounds[1:])

    def where(self, byte: int) -> Places:
        """Where a byte stands within the lines."""
        found: Places = np.flatnonzero(self.data[:-1] == byte)
        return found

    def line_of(self, places: Places) -> Places:
        """Which line each place is in."""
        found: Places = np.searchsorted(self.starts, places, side="right") - 1
        return found

    def escaped(self) -> Places:
        """The places that a backslash before them takes the meaning of."""
        slashes = self.where(_BACKSLASH)
        if not len(slashes):
            return slashes
        begins = np.diff(slashes, prepend=-2) != 1
        begins |= np.isin(slashes, self.starts)
        first = np.flatnonzero(begins)
        lengths = np.diff(np.append(first, len(slashes)))
        after: Places = slashes[first[lengths % 2 == 1]] + lengths[lengths % 2 == 1]
        return after[~np.isin(after, self.starts)]


def separated_pairs(text: pa.Array, separator: str, assign: str, quote: str, *, bare: bool) -> Pairs:
    r"""Pairs between separators, such as `a=1 b="two words"`.

    Args:
        text: the lines, without gaps.
        separator: one ASCII character between pairs; within quotes it means nothing.
        assign: one between name and value.
        quote: one around values that hold separators; a backslash before it makes it a letter. Empty for none.
        bare: whether a word without a value is a name, whose value is then `true`; else it is passed over.
    """
    lines = Lines.of(text)
    quotes = lines.where(ord(quote)) if quote else np.array([], np.int64)
    quotes = _but(quotes, lines.escaped())
    before = np.searchsorted(quotes, lines.starts)
    sound = (np.searchsorted(quotes, lines.ends) - before) % 2 == 0
    splits = _outside(lines, lines.where(ord(separator)), quotes, before)
    starts = np.sort(np.concatenate((lines.starts, splits + 1)), kind="stable")
    ends = np.sort(np.concatenate((lines.ends, splits)), kind="stable")
    starts = _without_space_after(lines, starts, ends)
    ends = _without_space_before(lines, starts, ends)
    assigns = _outside(lines, lines.where(ord(assign)), quotes, before)
    middle = np.append(assigns, len(lines.data))[np.searchsorted(assigns, starts)]
    has_value = middle < ends
    taken = (ends > starts) & (middle != starts) & (has_value | bare)
    starts, ends, middle, has_value = starts[taken], ends[taken], middle[taken], has_value[taken]
    key_end, value = np.where(has_value, middle, ends), np.where(has_value, middle + 1, ends)
    key_end = _without_space_before(lines, starts, key_end)
    value = _without_space_after(lines, value, ends)
    inner = _quoted(lines, value, ends, quote)
    keys, values = _slices(lines, starts, key_end, value + inner, ends - inner)
    if bare:
        values = pc.if_else(pa.array(has_value), values, "true")
    return Pairs(keys, unescaped(values, ((f"\\{quote}", quote),)) if quote else values, lines.line_of(starts), sound)


def extension_pairs(text: pa.Array) -> Pairs:
    r"""Pairs of a CEF extension: values hold spaces, and reach to the next name; `\=` is no assignment."""
    lines = Lines.of(text)
    assigns = lines.where(_EQUALS)
    assigns = _but(assigns, lines.escaped())
    others = np.flatnonzero(~_IS_KEY[lines.data])
    line = lines.line_of(assigns)
    before = np.append(others, -1)[np.searchsorted(others, assigns) - 1]
    start = np.maximum(before + 1, lines.starts[line])
    first = before < lines.starts[line]
    is_space = lines.data[np.maximum(before, 0)] == _SPACE
    named = (start < assigns) & (first | is_space)
    start, assigns, line = start[named], assigns[named], line[named]
    ends = np.append(start[1:] - 1, 0)
    last = np.append(line[1:] != line[:-1], [True] * bool(len(line)))
    ends = np.where(last, lines.ends[line], ends[: len(line)])
    ends = _without_space_before(lines, assigns + 1, np.maximum(ends, assigns + 1))
    keys, values = _slices(lines, start, assigns, assigns + 1, ends)
    values = unescaped(values, (("\\=", "="), ("\\n", "\n"), ("\\r", "\r"), ("\\|", "|")))
    return Pairs(keys, values, line, np.ones(len(text), dtype=bool))


def unescaped(values: pa.Array, escapes: tuple[tuple[str, str], ...]) -> pa.Array:
    r"""Texts with what backslashes mean in their place; `\\` is a backslash."""
    odd = pc.match_substring(values, "\\")
    if not pc.any(odd, min_count=0).as_py():
        return values
    some = pc.replace_substring(pc.filter(values, odd), "\\\\", _MARK)
    for written, plain in escapes:
        some = pc.replace_substring(some, written, plain)
    return pc.replace_with_mask(values, odd, pc.replace_substring(some, _MARK, "\\"))


def _but(places: Places, others: Places) -> Places:
    """The places without some others."""
    if not len(others) or not len(places):
        return places
    rest: Places = np.setdiff1d(places, others, assume_unique=True)
    return rest


def _outside(lines: Lines, places: Places, quotes: Places, before: Places) -> Places:
    """Those of the places that stand outside of their line's quotes."""
    if not len(quotes):
        return places
    outside: Places = places[(np.searchsorted(quotes, places) - before[lines.line_of(places)]) % 2 == 0]
    return outside


def _without_space_after(lines: Lines, starts: Places, ends: Places) -> Places:
    """The starts moved over spaces, up to the ends."""
    while (spaces := (lines.data[starts] == _SPACE) & (starts < ends)).any():
        starts = starts + spaces
    return starts


def _without_space_before(lines: Lines, starts: Places, ends: Places) -> Places:
    """The ends moved back over spaces, down to the starts."""
    while (spaces := (lines.data[ends - 1] == _SPACE) & (ends > starts)).any():
        ends = ends - spaces
    return ends


def _quoted(lines: Lines, starts: Places, ends: Places, quote: str) -> Places:
    """1 where a value stands between quotes, else 0."""
    if not quote or not len(starts):
        return np.zeros(len(starts), np.int64)
    opened, closed = lines.data[starts] == ord(quote), lines.data[ends - 1] == ord(quote)
    inside: Places = (opened & closed & (ends - starts >= 2)).astype(np.int64)
    return inside


def _slices(lines: Lines, *bounds: Places) -> tuple[pa.Array, pa.Array]:
    """Names and values by their bounds, which follow one another: a column of slices of which every other is taken."""
    count = len(bounds[0])
    if not count:
        return pa.array([], pa.string()), pa.array([], pa.string())
    offsets = np.append(np.stack(bounds, axis=1).ravel(), bounds[3][-1]).astype(np.int32)
    cut = pa.Array.from_buffers(pa.string(), 4 * count, [None, pa.py_buffer(offsets), pa.py_buffer(lines.data)])
    places = np.arange(count, dtype=np.int64) * 4
    return cut.take(pa.array(places)), cut.take(pa.array(places + 2))
