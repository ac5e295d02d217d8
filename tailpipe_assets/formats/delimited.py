"""Delimited text: CSV, TSV and their relatives, with or without a header line.

References:
    https://www.rfc-editor.org/rfc/rfc4180
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from tailpipe_assets.formats.base import Piece
from tailpipe_assets.formats.lines import split_lines
from tailpipe_assets.formats.object_lines import one_character
from tailpipe_assets.formats.objects import converted, members_of, objects
from tailpipe_resources.errors import BadArtifactError
from tailpipe_resources.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailpipe_assets.formats.base import Readable

_LONGEST_NAME = 128 * 1024
"""Characters; Python's own parser refuses longer ones unless somebody has told it otherwise."""

_NO_FIT = "the line has another number of fields than the {}, or a quote is not closed"


class DelimitedOptions(Options):
    """How fields are told apart, and what they are called."""

    delimiter: str = ","
    r"""The character between fields, such as `";"` or `"\t"`."""

    quote: str = '"'
    """The character around fields that hold the delimiter; doubled it stands for itself. `""` for none."""

    columns: tuple[str, ...] | list[str] = ()
    """The fields in order. Without them the first line of every artifact names them."""

    comment: str = ""
    """What lines begin with that are no records, such as `#`."""

    description: str = ""
    """What the format is for."""


class DelimitedFormat:
    """Lines of fields between delimiters."""

    name: ClassVar[str] = "delimited"
    description: ClassVar[str] = "Delimited text such as CSV or TSV: columns by a header line, or named by you."
    options: ClassVar[type[Options]] = DelimitedOptions

    def __init__(self, options: DelimitedOptions) -> None:
        self._rows = _Rows(
            one_character("delimiter", options.delimiter), one_character("quote", options.quote, or_none=True)
        )
        self._names = tuple(options.columns)
        self._comment = options.comment
        _check_names(self._names)

    @property
    def by_lines(self) -> bool:
        """Whether a line means something without the header."""
        return bool(self._names)

    @property
    def groups(self) -> tuple[str, ...] | None:
        """The named columns; None when headers name them, and each line becomes a JSON object."""
        return self._names or None

    def split(self, stream: Readable, *, piece_bytes: int) -> Iterator[Piece]:
        """Cut a stream into lines; below a header, each becomes an object.

        Raises:
            BadArtifactError: from the stream, or its header cannot be read.
        """
        pieces = map(self._without_comments, split_lines(stream, piece_bytes=piece_bytes))
        yield from pieces if self._names else self._below_header(pieces)

    def fields(self, raw: pa.Array) -> pa.Array:
        """The fields of each line; null where there are more or fewer than columns."""
        return self._rows.read(raw, self._names)

    def _below_header(self, pieces: Iterator[Piece]) -> Iterator[Piece]:
        names: tuple[str, ...] = ()
        for piece in pieces:
            if names or not len(piece.raw):
                yield self._objects(piece, names) if names else piece
                continue
            names = self._rows.header(piece.raw[0].as_py())
            yield self._objects(Piece(piece.raw.slice(1), piece.positions.slice(1), piece.rejected), names)

    def _objects(self, piece: Piece, names: tuple[str, ...]) -> Piece:
        rows = self._rows.read(piece.raw, names)
        fits = rows.is_valid().to_numpy(zero_copy_only=False)
        columns = {name: pc.fill_null(values, "") for name, values in zip(names, rows.flatten(), strict=True)}
        return converted(piece, objects(members_of(columns)), fits, _NO_FIT.format("header"))

    def _without_comments(self, piece: Piece) -> Piece:
        piece = _without_mark(piece)
        if not self._comment or not len(piece.raw):
            return piece
        kept = pc.invert(pc.starts_with(piece.raw, self._comment))
        return Piece(piece.raw.filter(kept), piece.positions.filter(kept), piece.rejected)


class _Rows:
    """Takes lines apart."""

    def __init__(self, delimiter: str, quote: str) -> None:
        if delimiter == quote:
            raise ValueError('"delimiter" and "quote" must differ')
        self._delimiter = delimiter
        self._quote = quote
        field = r"(?:{q}(?:[^{q}]|{q}{q})*{q}|[^{q}{d}][^{d}]*|)"
        field = field.format(q=re.escape(quote), d=re.escape(delimiter))
        self._sound = f"^{field}(?:{re.escape(delimiter)}{field})*$"

    def header(self, line: str) -> tuple[str, ...]:
        """The names a header line gives.

        Raises:
            BadArtifactError: when it cannot name columns.
        """
        quoted = {"quotechar": self._quote} if self._quote else {"quoting": csv.QUOTE_NONE}
        try:
            (row,) = csv.reader([line], delimiter=self._delimiter, **quoted)
            names = tuple(name.strip() for name in row)
            _check_names(names)
        except (ValueError, csv.Error) as error:
            raise BadArtifactError(f"its header cannot be used: {error}") from None
        return names

    def read(self, lines: pa.Array, names: tuple[str, ...]) -> pa.Array:
        """A struct of the fields for each line, null where their number is another or a quote is not closed."""
        sound = self._is_sound(lines)
        good = lines if pc.all(sound, min_count=0).as_py() else lines.filter(sound)
        rows, misfits = self._parsed(good, names)
        fits = sound.to_numpy(zero_copy_only=False).copy()
        fits[np.flatnonzero(fits)[misfits]] = False
        if fits.all():
            return rows
        places = np.where(fits, np.cumsum(fits) - 1, -1)
        return rows.take(pa.array(places, mask=~fits))

    def _parsed(self, lines: pa.Array, names: tuple[str, ...]) -> tuple[pa.StructArray, list[int]]:
        misfits: list[int] = []

        def passed_over(row: arrow_csv.InvalidRow) -> str:
            misfits.append(row.number - 1)
            return "skip"

        kinds = [pa.string()] * len(names)
        if not len(lines):
            return pa.StructArray.from_arrays([pa.array([], kind) for kind in kinds], list(names)), misfits
        text = pc.binary_join(pa.ListArray.from_arrays(pa.array([0, len(lines)], pa.int32()), lines), "\n")
        data = text.buffers()[2]
        read = arrow_csv.read_csv(
            data,
            read_options=arrow_csv.ReadOptions(column_names=list(names), use_threads=False, block_size=data.size + 1),
            parse_options=self._parsing(passed_over),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict(zip(names, kinds, strict=True)), strings_can_be_null=False, check_utf8=False
            ),
        ).combine_chunks()
        columns = [column.chunk(0) if column.num_chunks else pa.array([], pa.string()) for column in read.columns]
        return pa.StructArray.from_arrays(columns, list(names)), misfits

    def _is_sound(self, lines: pa.Array) -> pa.Array:
        """Which lines have their quotes in order: one that has not would take the next lines with it."""
        if not self._quote:
            return pa.array(np.ones(len(lines), dtype=bool))
        plain = pc.invert(pc.match_substring(lines, self._quote))
        if pc.all(plain, min_count=0).as_py():
            return plain
        return pc.or_(plain, pc.match_substring_regex(lines, self._sound))

    def _parsing(self, handler: object = None) -> arrow_csv.ParseOptions:
        return arrow_csv.ParseOptions(
            delimiter=self._delimiter,
            quote_char=self._quote or False,
            double_quote=bool(self._quote),
            ignore_empty_lines=False,
            invalid_row_handler=handler,
        )


def _without_mark(piece: Piece) -> Piece:
    """A piece without the byte order mark that an artifact may begin with."""
    if not len(piece.raw) or piece.positions[0].as_py() or not piece.raw[0].as_py().startswith("\ufeff"):
        return piece
    first = pa.array([piece.raw[0].as_py()[1:]], piece.raw.type)
    return Piece(pa.concat_arrays([first, piece.raw.slice(1)]), piece.positions, piece.rejected)


def _check_names(names: tuple[str, ...]) -> None:
    again = next((name for number, name in enumerate(names) if name in names[:number]), None)
    if again is not None:
        raise ValueError(f'the column "{again}" comes twice')
    if "" in names:
        raise ValueError("a column has no name")
    if any(len(name) > _LONGEST_NAME for name in names):
        raise ValueError(f"a name is longer than {_LONGEST_NAME} characters")
