"""Batches of records."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tailpipe_assets.pipeline.batch import CHUNK_RECORDS, PARSED_BYTES, for_parsing


def _records(lengths: list[int]) -> pa.Table:
    return pa.table({"raw": ["x" * length for length in lengths], "tp_source_offset": list(range(len(lengths)))})


@pytest.mark.parametrize(
    ("lengths", "most"),
    [([1024] * 3000, PARSED_BYTES // 1024), ([20_000] * 500, CHUNK_RECORDS), ([0] * 3000, 3000)],
    ids=["usual", "long", "empty"],
)
def test_records_are_parsed_a_few_at_a_time(lengths: list[int], most: int) -> None:
    """As many as fit the processor's cache, never very few, and all of them in their order."""
    records = _records(lengths)

    chunks = for_parsing(records)

    assert chunks.equals(records)
    assert CHUNK_RECORDS <= max(map(len, chunks["raw"].chunks)) <= most


def test_no_record_is_none_to_parse() -> None:
    """The columns stay."""
    assert for_parsing(_records([])).column_names == ["raw", "tp_source_offset"]
