"""Web servers' logs by the layout their configuration states: variables between fixed text.

What a line means is said by a regular expression made of the layout. Lines of space-separated, partly quoted fields
are read by a dialect where the two cannot differ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailpipe_assets.formats.dialect import Columns, Dialect, Parse
from tailpipe_assets.formats.objects import members_of, objects

if TYPE_CHECKING:
    from collections.abc import Sequence

OTHERS = "others"
"""The group that holds, as JSON, variables without a group of their own."""

_ZONE = " zone"
_BETWEEN = re.compile(r"(\x01\d+\x02)")
_ONE = re.compile(r"\x01(\d+)\x02")
_AROUND = re.compile(r"([^\x01\x02]*)\x01(\d+)\x02([^\x01\x02]*)")


@dataclass(frozen=True, slots=True)
class Variable:
    """A part of a layout that differs from line to line."""

    name: str
    """The group it fills, else what it is called among the others."""

    pattern: str = r"\S+?"
    """What it can be where it is not in quotes."""

    is_word: bool = True
    """Whether that is one word, as a rule."""

    is_time: bool = False
    """Whether it is a time in brackets, of two words."""


Part = str | Variable


class Layout:
    """Takes lines apart that were written by a layout."""

    def __init__(self, parts: Sequence[Part], groups: Sequence[str]) -> None:
        """Make sense of a layout.

        Args:
            parts: fixed text and variables, in order.
            groups: the fields to deliver; a variable of another name goes to `others`.

        Raises:
            ValueError: it has no variable, one comes twice, or nothing stands between two of them.
        """
        self._variables = [part for part in parts if isinstance(part, Variable)]
        self._groups = tuple(groups)
        _check(parts, self._variables)
        marked = "".join(part if isinstance(part, str) else f"\x01{self._variables.index(part)}\x02" for part in parts)
        self._pattern = self._expression(marked.strip(" "))
        pc.extract_regex(pa.array([""]), self._pattern)
        self._tokens: dict[str, tuple[Variable, str, str]] = {}
        """By the dialect's name for it: a variable in no quotes, and what stands before and after it in its word."""
        self._dialect = self._made_dialect(marked.strip(" "))

    def fields(self, lines: pa.Array, otherwise: Parse | None = None) -> pa.Array:
        """The groups of each line; null where it does not fit, and in groups the layout does not have.

        Args:
            lines: the text.
            otherwise: the same, out of lines that are not read by the dialect; by the expression when not given.
        """
        left = otherwise or self.by_expression
        return left(lines) if self._dialect is None else self._dialect.read(lines, self._record, self._fits, left)

    def _expression(self, marked: str) -> str:
        made, quoted = [], False
        for piece in _BETWEEN.split(marked):
            one = _ONE.fullmatch(piece)
            if one is None:
                made.append(re.escape(piece))
                quoted ^= piece.count('"') % 2 == 1
                continue
            variable = self._variables[int(one[1])]
            pattern = r'(?:[^"\\]|\\.)*' if quoted else r"[^\]]*" if variable.is_time else variable.pattern
            made.append(f"(?P<v{one[1]}>{pattern})")
        return f"^{''.join(made)}\\s*$"

    def _made_dialect(self, marked: str) -> Dialect | None:
        segments = marked.split('"')
        quoted = [_ONE.fullmatch(each) for each in segments[1::2]]
        plain = [
            self._words(each, first=n == 0, last=2 * n == len(segments) - 1) for n, each in enumerate(segments[::2])
        ]
        if len(segments) % 2 == 0 or None in quoted or None in plain:
            return None
        names = tuple(f"v{each[1]}" for each in quoted if each is not None)
        return Dialect(tuple(words for words in plain if words is not None), names)

    def _words(self, segment: str, *, first: bool, last: bool) -> tuple[str, ...] | None:
        """The dialect's names for what stands between quoted fields; None when it cannot read that."""
        if (not first and segment[:1] not in {" ", ""}) or (not last and not segment.endswith(" ")):
            return None
        if not first and not segment and not last:
            return None
        names: list[str] = []
        for word in segment.strip(" ").split(" ") if segment.strip(" ") else []:
            found = _AROUND.fullmatch(word)
            if found is None:
                constant = f"c{len(self._tokens)}"
                if "\x01" in word or not word:
                    return None
                self._tokens[constant] = (Variable(""), word, "")
                names.append(constant)
                continue
            variable = self._variables[int(found[2])]
            if not (variable.is_word or variable.is_time):
                return None
            name = f"v{found[2]}"
            self._tokens[name] = (variable, found[1], found[3])
            names += [name, name + _ZONE] if variable.is_time else [name]
        return tuple(names)

    def _fits(self, columns: Columns) -> pa.Array:
        """Whether words begin and end as the layout says, and times are in their brackets."""
        good = pa.array(np.ones(len(next(iter(columns.values()))), dtype=bool))
        for name, (variable, before, after) in self._tokens.items():
            value, end = columns[name], columns[name + _ZONE if variable.is_time else name]
            if not variable.name:
                good = pc.and_(good, pc.equal(value, before))
                continue
            if before:
                good = pc.and_(good, pc.starts_with(value, before))
            if after:
                good = pc.and_(good, pc.ends_with(end, after))
            if variable.is_time:
                inner = pc.less(pc.find_substring(value, "]"), 0)
                last = pc.equal(pc.find_substring(end, "]"), pc.subtract(pc.binary_length(end), 1))
                good = pc.and_(good, pc.and_(inner, last))
            elif before or after:
                good = pc.and_(good, pc.greater(pc.binary_length(value), len((before + after).encode())))
        return good

    def _record(self, columns: Columns) -> pa.Array:
        values = {}
        for number, variable in enumerate(self._variables):
            name = f"v{number}"
            _, before, after = self._tokens.get(name, (variable, "", ""))
            value = columns[name]
            if variable.is_time and name in self._tokens:
                value = pc.binary_join_element_wise(value, columns[name + _ZONE], " ")
            if before or after:
                value = pc.utf8_slice_codeunits(value, len(before), -len(after) if after else None)
            values[variable.name] = value
        return self._struct(values, len(next(iter(columns.values()))))

    def by_expression(self, lines: pa.Array) -> pa.Array:
        """The same by the regular expression alone, which says what a line means."""
        found = pc.extract_regex(lines, self._pattern)
        names = [variable.name for variable in self._variables]
        return self._struct(dict(zip(names, found.flatten(), strict=True)), len(lines), found.is_null())

    def _struct(self, values: dict[str, pa.Array], count: int, null: pa.Array | None = None) -> pa.Array:
        absent = pa.nulls(count, pa.string())
        others = {name: value for name, value in values.items() if name not in self._groups}
        if others:
            values[OTHERS] = objects(members_of(others))
        columns = [values.get(group, absent) for group in self._groups]
        return pa.StructArray.from_arrays(columns, list(self._groups), mask=null)


def _check(parts: Sequence[Part], variables: Sequence[Variable]) -> None:
    if not variables:
        raise ValueError("the layout has no variable")
    names = [each.name for each in variables]
    again = next((name for number, name in enumerate(names) if name in names[:number]), None)
    if again is not None:
        raise ValueError(f'the layout has "{again}" twice')
    both = [(one, two) for one, two in pairwise(parts) if isinstance(one, Variable) and isinstance(two, Variable)]
    for one, two in both:
        raise ValueError(f'nothing stands between "{one.name}" and "{two.name}" in the layout')
