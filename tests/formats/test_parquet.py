"""Parquet files as logs: rows are records, and what is nested stays so."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tailpipe_assets.formats.parquet import ROWS
from tailpipe_resources.errors import BadArtifactError
from tests.services.cutting import made, read

PARQUET = made("parquet")


def stored(table: pa.Table) -> bytes:
    """The bytes of a file with these rows."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def test_values_keep_what_they_mean() -> None:
    """Structs, lists, times, decimals, and nothing at all; a column may have any name."""
    row = {
        "record": "r",
        "at": datetime(2024, 2, 7, 12, tzinfo=UTC),
        "day": date(2024, 2, 7),
        "n": 9007199254740993,
        "price": Decimal("1.50"),
        "who": {"name": "é", "tags": ["a", None]},
        "none": None,
        "yes": True,
    }
    table = pa.Table.from_pylist([row]).set_column(6, "none", pa.array([None], pa.string()))

    assert read(PARQUET, stored(table)) == (
        [{**row, "at": "2024-02-07 12:00:00+00", "day": "2024-02-07", "price": 1.5}],
        [0],
        [],
    )


def test_rows_are_counted_through_the_whole_file() -> None:
    """Their positions are those in the file, over more than is taken at once."""
    count = 2 * ROWS + 5
    records, positions, rejected = read(PARQUET, stored(pa.table({"n": range(count)})), 1000)

    assert [each["n"] for each in records] == list(range(count)) == positions
    assert rejected == []


def test_a_file_without_rows_or_bytes_holds_no_record() -> None:
    """Neither is an error."""
    assert read(PARQUET, b"") == ([], [], [])
    assert read(PARQUET, stored(pa.table({"n": pa.array([], pa.int64())}))) == ([], [], [])


def test_a_broken_file_is_named() -> None:
    """Half of one, and what is none."""
    whole = stored(pa.table({"n": range(1000)}))

    for data in (whole[: len(whole) // 2], b"PAR1" + whole[4:-100] + b"x" * 96 + b"PAR1", b"hello world, no parquet"):
        with pytest.raises(BadArtifactError, match="no sound Parquet file"):
            read(PARQUET, data)
