"""Lines of plain, quoted and bracketed fields, to which a vendor adds new ones at the end over the years."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from tailpipe_assets.formats.dialect import Dialect, merged
from tailpipe_assets.formats.regex import LinePattern
from tailpipe_assets.formats.spaced import matched, optional

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailpipe_assets.formats.spaced import Columns, Make

_ZONE = "_zone"
_PLAIN, _BRACKETED = r'(?P<{}>[^\s"]+)', r"\[(?P<{}>[^\]]*)\]"
_STRICT = r'(?:"(?P<{}>(?:[^"\\]|\\.)*)"|-)'
_LOOSE = r'(?:"(?P<{}>.*?)"|-)'


class QuotedLines:
    r"""Lines by a template such as `host [time] "request" status`.

    What is quoted may also be a bare `-`. Quotes inside of it should be escaped, as `\"`; where they are not, the line
    is read so that the other fields fit. A bracketed field holds one space.
    """

    def __init__(self, template: str, *, ends: Sequence[str]) -> None:
        """Describe the lines.

        Args:
            template: all fields that are known.
            ends: the fields a line may end with, the first of them being the least a line has; unknown fields may
                follow the last.
        """
        fields = template.split()
        names = [field.strip('"[]') for field in fields]
        cuts = [names.index(name) + 1 for name in ends]
        self._brackets = tuple(name for field, name in zip(fields, names, strict=True) if field.startswith("["))
        self._dialects = [_dialect(fields[:cut]) for cut in reversed(cuts)]
        self._strict = LinePattern(_expression(fields, cuts[0], _STRICT))
        self._loose = LinePattern(_expression(fields, cuts[0], _LOOSE))

    def read(self, lines: pa.Array, make: Make) -> pa.Array:
        """Take lines apart.

        Args:
            lines: the text, without line ends.
            make: the result out of the fields, and which lines have none.
        """
        first = pa.array(lines.slice(0, 1).to_pylist(), pa.string())
        likely = sorted(self._dialects, key=lambda each: not self._reads(each, first))
        return self._read(lines, make, likely)

    def _read(self, lines: pa.Array, make: Make, dialects: Sequence[Dialect]) -> pa.Array:
        if not dialects:
            return self._by_expression(lines, make)
        return dialects[0].read(
            lines,
            lambda columns: make(self._unbracketed(columns), None),
            self._is_bracketed,
            lambda others: self._read(others, make, dialects[1:]),
        )

    def _reads(self, dialect: Dialect, lines: pa.Array) -> bool:
        """Whether a dialect can read all of these lines."""
        read = dialect.read(
            lines,
            lambda columns: next(iter(columns.values())).is_valid(),
            self._is_bracketed,
            lambda others: pa.nulls(len(others), pa.bool_()),
        )
        return not read.null_count

    def _by_expression(self, lines: pa.Array, make: Make) -> pa.Array:
        strict = matched(self._strict, lines, make)
        if not strict.null_count:
            return strict
        missed = strict.is_null()
        found = strict.is_valid()
        return merged(found, strict.filter(found), matched(self._loose, lines.filter(missed), make))

    def _unbracketed(self, columns: Columns) -> Columns:
        whole = {
            name: pc.utf8_slice_codeunits(pc.binary_join_element_wise(columns[name], columns[name + _ZONE], " "), 1, -1)
            for name in self._brackets
        }
        return {**columns, **whole}

    def _is_bracketed(self, columns: Columns) -> pa.Array:
        """Whether brackets open and close where they should, and nowhere else."""
        good = next(iter(columns.values())).is_valid()
        for name in self._brackets:
            time, zone = columns[name], columns[name + _ZONE]
            for part in (
                pc.starts_with(time, "["),
                pc.less(pc.find_substring(time, "]"), 0),
                pc.equal(pc.find_substring(zone, "]"), pc.subtract(pc.binary_length(zone), 1)),
            ):
                good = pc.and_(good, part)
        return good


def _dialect(fields: Sequence[str]) -> Dialect:
    plain: list[list[str]] = [[]]
    quoted = []
    for field in fields:
        name = field.strip('"[]')
        if field.startswith('"'):
            quoted.append(name)
            plain.append([])
        else:
            plain[-1] += [name, name + _ZONE] if field.startswith("[") else [name]
    return Dialect(tuple(map(tuple, plain)), tuple(quoted))


def _expression(fields: Sequence[str], required: int, quoted: str) -> str:
    made = [_field(field, quoted) for field in fields]
    return f"^{' '.join(made[:required])}{optional([*made[required:], '.*'])}\\s*$"


def _field(field: str, quoted: str) -> str:
    kind = {'"': quoted, "[": _BRACKETED}.get(field[0], _PLAIN)
    return kind.format(field.strip('"[]'))
