"""Parquet files whose rows are records; what is nested stays nested."""

from __future__ import annotations

import tempfile
from typing import IO, TYPE_CHECKING, ClassVar

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tailpipe_assets.formats.strings import piece
from tailpipe_resources.errors import BadArtifactError
from tailpipe_resources.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailpipe_assets.formats.base import Piece, Readable

HELD_BYTES = 64 * 1024 * 1024
"""A larger file is kept on disk while it is read."""

ROWS = 16_384
"""How many are taken at once."""


class ParquetOptions(Options):
    """Parquet needs no settings."""

    description: str = ""
    """What the format is for."""


class ParquetFormat:
    """Parquet: one record a row, in the order of the file."""

    name: ClassVar[str] = "parquet"
    description: ClassVar[str] = "Parquet files: each row is a record; structs and lists become JSON."
    by_lines: ClassVar[bool] = False
    options: ClassVar[type[Options]] = ParquetOptions

    def __init__(self, options: ParquetOptions) -> None:
        del options

    @property
    def groups(self) -> None:
        """Rows become JSON objects; the table takes them apart."""
        return

    def split(self, stream: Readable, *, piece_bytes: int) -> Iterator[Piece]:
        """Read a file's rows.

        Raises:
            BadArtifactError: from the stream, or it is no sound Parquet file.
        """
        for each, _ in parquet_pieces(stream, piece_bytes=piece_bytes):
            yield each

    def fields(self, raw: pa.Array) -> pa.Array:
        """Not for Parquet, whose rows the table takes apart."""
        raise NotImplementedError


def parquet_pieces(stream: Readable, *, piece_bytes: int) -> Iterator[tuple[Piece, pa.RecordBatch]]:
    """A file's rows as records of JSON, and all of them as they are; the first is at position 0.

    Raises:
        BadArtifactError: from the stream, or it is no sound Parquet file.
    """
    with tempfile.SpooledTemporaryFile(HELD_BYTES) as kept, duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        while block := stream.read(piece_bytes):
            kept.write(block)
        if not kept.tell():
            return
        kept.seek(0)
        first = 0
        for batch in _batches(kept):
            connection.register("rows", pa.table({"record": batch.to_struct_array()}))
            records = connection.sql("SELECT CAST(to_json(record) AS VARCHAR) AS record FROM rows").to_arrow_table()
            connection.unregister("rows")
            texts = records["record"].cast(pa.string()).combine_chunks()
            made = piece(texts, np.arange(first, first + len(texts), dtype=np.int64))
            yield made, batch
            first += len(texts)


def _batches(file: IO[bytes]) -> Iterator[pa.RecordBatch]:
    try:
        yield from pq.ParquetFile(file).iter_batches(batch_size=ROWS)
    except (pa.ArrowException, OSError) as error:
        raise BadArtifactError(f"it is no sound Parquet file: {str(error).splitlines()[0]}") from error
