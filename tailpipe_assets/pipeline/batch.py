"""Batches: the records of many small artifacts, or of a piece of a large one, as one Arrow table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tailpipe_resources.plugins import speaking_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from tailpipe_assets.formats.base import Format, Piece
    from tailpipe_assets.pipeline.loaded import Loaded
    from tailpipe_resources.model.artifact import Artifact

BATCH_BYTES = 160 * 1024 * 1024
"""About how much text a batch holds. Each day and index value in it costs a statement: 16 ms however few its rows."""

CHUNK_RECORDS = 128
"""Pieces stay where they were read unless they hold fewer records than this on average: DuckDB takes a chunk at a
time, and many small ones cost more than a copy."""

PARSED_BYTES = 1024 * 1024
"""About how much JSON DuckDB should parse at a time. It builds the trees of a whole chunk before it looks at the first;
where text and trees outgrow the processor's cache, that takes up to twice as long. With less, what a chunk costs by
itself outweighs that in tables of many columns."""


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """Records and where each of them stood."""

    loaded: tuple[Loaded, ...]
    records: pa.Table
    """Columns `raw`, `tp_source_location`, `tp_source_version`, `tp_source_offset`, and `r` for text."""

    artifact: npt.NDArray[np.int32]
    """For each record, which of `loaded` it is of."""

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """The artifacts in it, in order."""
        return tuple(each.artifact for each in self.loaded)


def text_bytes(pieces: Sequence[Piece]) -> int:
    """How much text pieces hold."""
    return sum(piece.raw.nbytes for piece in pieces)


def for_parsing(records: pa.Table) -> pa.Table:
    """The same records in chunks of what is best parsed at a time. Nothing is copied."""
    count = records.num_rows
    at_once = count * PARSED_BYTES // max(records["raw"].nbytes, 1)
    return pa.Table.from_batches(records.to_batches(max_chunksize=max(at_once, CHUNK_RECORDS)), records.schema)


def make_batch(loaded: Sequence[Loaded], form: Format) -> RecordBatch:
    """All records of these artifacts, taken apart when the format does that."""
    pieces = [(number, piece) for number, each in enumerate(loaded) for piece in each.pieces]
    lengths = [len(piece.raw) for _, piece in pieces]
    codes = np.repeat(np.array([number for number, _ in pieces], dtype=np.int32), lengths)
    raw = _column([piece.raw for _, piece in pieces], pa.string())
    columns = {
        "raw": raw,
        "tp_source_location": _named(codes, [each.artifact.location for each in loaded]),
        "tp_source_version": _named(codes, [each.artifact.version for each in loaded]),
        "tp_source_offset": _column([piece.positions for _, piece in pieces], pa.int64()),
    }
    if form.groups is not None:
        columns["r"] = _fields(form, [piece for _, piece in pieces], raw)
    return RecordBatch(tuple(loaded), pa.table(columns), codes)


def _fields(form: Format, pieces: list[Piece], raw: pa.ChunkedArray) -> pa.ChunkedArray:
    with speaking_for("format", form.name):
        found = _taken_apart(form, pieces, raw)
        if len(found) != len(raw):
            raise ValueError(f"{len(raw)} records became {len(found)}")
        return found


def _taken_apart(form: Format, pieces: list[Piece], raw: pa.ChunkedArray) -> pa.ChunkedArray:
    if all(piece.fields is None for piece in pieces):
        return pa.chunked_array([form.fields(chunk) for chunk in raw.chunks])
    taken = [form.fields(piece.raw) if piece.fields is None else piece.fields for piece in pieces]
    return _column(taken, taken[0].type)


def _column(arrays: list[pa.Array], kind: pa.DataType) -> pa.ChunkedArray:
    if len({array.type for array in arrays}) > 1:
        arrays = [array.cast(pa.large_string()) for array in arrays]
    if sum(map(len, arrays)) < CHUNK_RECORDS * len(arrays):
        arrays = [pa.concat_arrays(arrays)]
    return pa.chunked_array(arrays or [pa.array([], kind)])


def _named(codes: npt.NDArray[np.int32], names: list[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(names, pa.string()))
