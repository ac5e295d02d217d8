"""Lines of fields between single spaces, none of them quoted, split a whole column at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from tailpipe_assets.formats.dialect import fields_of, merged
from tailpipe_assets.formats.regex import LinePattern

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Columns = Mapping[str, pa.Array]
    Make = Callable[[Columns, pa.Array | None], pa.Array]


class SpacedLines:
    """Lines that hold these fields in this order."""

    def __init__(self, names: Sequence[str], *, required: int | None = None, more: bool = False) -> None:
        r"""Describe the lines.

        Args:
            names: the fields.
            required: how many of them every line has; all when not given.
            more: whether unknown fields may follow.
        """
        self._names = tuple(names)
        needed = len(self._names) if required is None else required
        fields = [f"(?P<{name}>\\S+)" for name in self._names]
        rest = optional([*fields[needed:], *([".*"] if more else [])])
        self._pattern = LinePattern(f"^{' '.join(fields[:needed])}{rest}\\s*$")

    def read(self, lines: pa.Array, make: Make) -> pa.Array:
        """Take lines apart.

        Args:
            lines: the text, without line ends.
            make: the result out of the fields, and which lines have none.
        """
        fit, columns = fields_of(lines, self._names)
        if not fit.any():
            return self._matched(lines, make)
        made = make(columns, None)
        return made if fit.all() else merged(fit, made, self._matched(lines.filter(pa.array(~fit)), make))

    def _matched(self, lines: pa.Array, make: Make) -> pa.Array:
        return matched(self._pattern, lines, make)


def optional(expressions: Sequence[str]) -> str:
    """A regular expression for fields that may be missing from any of them on, a space before each."""
    return "".join(f"(?: {each}" for each in expressions) + ")?" * len(expressions)


def matched(pattern: LinePattern, lines: pa.Array, make: Make) -> pa.Array:
    """What a regular expression finds; a group that took no part in the match is null."""
    found = pattern.fields(lines)
    columns = (pc.if_else(pc.equal(column, ""), None, column) for column in found.flatten())
    return make(dict(zip(pattern.groups, columns, strict=True)), found.is_null())


def struct_of(groups: Sequence[str], columns: Columns, null: pa.Array | None = None) -> pa.Array:
    """Columns as one struct of these groups; those that are not there are null."""
    absent = pa.nulls(len(next(iter(columns.values()))), pa.string())
    return pa.StructArray.from_arrays([columns.get(group, absent) for group in groups], list(groups), mask=null)


def host_and_port(text: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The two parts of `host:port`, of IPv6 addresses too, with brackets or without; the port is null without one."""
    has_port = pc.greater_equal(pc.find_substring(text, ":"), 0)
    whole = text if pc.all(has_port).as_py() else pc.if_else(has_port, text, joined(text, ":-"))
    parts = pc.split_pattern(whole, ":", max_splits=1, reverse=True)
    return pc.ascii_trim(pc.list_element(parts, 0), characters="[]"), pc.list_element(parts, 1)


def joined(*texts: pa.Array | str) -> pa.Array:
    """Columns and texts, one after the other."""
    return pc.binary_join_element_wise(*texts, "")
