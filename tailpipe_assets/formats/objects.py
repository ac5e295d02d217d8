"""Records written as JSON objects, whole columns at a time: for formats whose fields differ from record to record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailpipe_assets.formats.base import Piece, Rejected
from tailpipe_assets.formats.strings import SHOWN_BYTES, bytes_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

_ESCAPES = (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"))
_CONTROLS = r"[\x00-\x08\x0b\x0c\x0e-\x1f]"


def members_of(columns: Mapping[str, pa.Array]) -> pa.Array:
    """For each record, `"name":"value"` of every column, separated by commas; a NULL is written `null`."""
    parts: list[pa.Array | str] = []
    for number, (name, values) in enumerate(columns.items()):
        parts += [("," if number else "") + json.dumps(name, ensure_ascii=False) + ":", json_strings(values)]
    return pc.binary_join_element_wise(*parts, "")


def members_of_pairs(keys: pa.Array, values: pa.Array, lines: npt.NDArray[np.int64], count: int) -> pa.Array:
    """The same for names that differ from record to record.

    Args:
        keys: the names, those of the first record first.
        values: what each name means.
        lines: which record each pair is of.
        count: how many records there are; one without a pair gets the empty text.
    """
    flat = pc.binary_join_element_wise(json_strings(keys), json_strings(values), ":")
    offsets = np.searchsorted(lines, np.arange(count + 1)).astype(np.int32)
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), flat), ",")


def objects(*members: pa.Array) -> pa.Array:
    """JSON objects of members; of those from several columns of members, all."""
    joined = members[0]
    for more in members[1:]:
        comma = pc.if_else(pc.or_(pc.equal(joined, ""), pc.equal(more, "")), "", ",")
        joined = pc.binary_join_element_wise(joined, comma, more, "")
    return pc.binary_join_element_wise("{", joined, "}", "")


def json_strings(values: pa.Array) -> pa.Array:
    """Texts as JSON strings, in quotes; NULL becomes `null`."""
    text = _escaped(values)
    return pc.fill_null(pc.binary_join_element_wise('"', text, '"', ""), "null")


def _escaped(values: pa.Array) -> pa.Array:
    bytes_ = bytes_of(values)
    odd = (bytes_ < ord(" ")) | (bytes_ == ord('"')) | (bytes_ == ord("\\"))
    if not odd.any():
        return values
    for plain, escape in _ESCAPES:
        values = pc.replace_substring(values, plain, escape)
    controls = pc.fill_null(pc.match_substring_regex(values, _CONTROLS), fill_value=False)
    if not pc.any(controls, min_count=0).as_py():
        return values
    written = [
        "".join(f"\\u{ord(letter):04x}" if letter < " " else letter for letter in value)
        for value in values.filter(controls).to_pylist()
    ]
    return pc.replace_with_mask(values, controls, pa.array(written, values.type))


def converted(piece: Piece, records: pa.Array, fits: npt.NDArray[np.bool_], reason: str) -> Piece:
    """A piece of lines as a piece of JSON objects; lines that do not fit are set aside as they were.

    Args:
        piece: the lines.
        records: an object for each of them; what it is for one that does not fit is no matter.
        fits: which of them fit.
        reason: what is wrong with the others.
    """
    if fits.all():
        return Piece(records, piece.positions, piece.rejected)
    misfits = np.flatnonzero(~fits)
    told = zip(piece.positions.take(misfits).to_pylist(), piece.raw.take(misfits).to_pylist(), strict=True)
    faults = tuple(Rejected(position, reason, line.encode()[:SHOWN_BYTES]) for position, line in told)
    kept = pa.array(fits)
    return Piece(records.filter(kept), piece.positions.filter(kept), (*piece.rejected, *faults))
