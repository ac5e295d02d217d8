"""Folder names that hold any text and lose none of it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tailpipe_resources.model.names import literal
from tailpipe_resources.model.schema import Column
from tailpipe_resources.model.slot import MAX_ENCODED, Slot, encode
from tailpipe_resources.query.engine import connect
from tailpipe_resources.query.views import View, create_views

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = [
    "..",
    ".",
    "../../etc/passwd",
    "a/b",
    "a\\b",
    "tp_index=x",
    "a=b/tp_day=9",
    "100%",
    "%2F",
    "a b",
    "a+b",
    "*",
    "?",
    "[x]",
    "{a,b}",
    "'; drop table t; --",
    '"',
    "é ü 日本 😀",
    "\n\t\r",
    "\x00\x01",
    "~",
    "-rf",
    "x.parquet",
    "CON",
    " ",
    "__HIVE_DEFAULT_PARTITION",
]
TEXTS = (st.sampled_from(HOSTILE) | st.text(min_size=1, max_size=30)).filter(
    lambda text: len(encode(text)) <= MAX_ENCODED
)
DAYS = st.dates(date(1970, 1, 1), date(9999, 12, 31))


@examples(max_examples=300)
@given(TEXTS, TEXTS, DAYS)
def test_a_slot_and_its_path_are_the_same(collection: str, index: str, day: date) -> None:
    """The way back gives the same slot, from the folder and from a file in it."""
    slot = Slot("t", collection, index, day)

    assert Slot.from_path(slot.path) == slot
    assert Slot.from_path(f"{slot.path}/x.parquet") == slot


@examples(max_examples=200)
@given(TEXTS)
def test_no_value_leaves_its_folder(index: str) -> None:
    """It is one part of the path, which names exactly one folder below the table."""
    table, *folders = Slot("t", "c", index, date(2024, 2, 7)).path.split("/")

    assert table == "t"
    assert [each.split("=")[0] for each in folders] == ["tp_partition", "tp_index", "tp_year", "tp_month", "tp_day"]
    assert folders[2:] == ["tp_year=2024", "tp_month=02", "tp_day=07"]
    assert not {"\0", "/", "\\", "*", "?", "[", "%%"} & set(folders[1])
    assert len(folders[1].encode()) < 255


@examples(max_examples=60)
@given(TEXTS)
def test_duckdb_decodes_what_we_encode(index: str) -> None:
    """As a function."""
    assert duckdb.execute("select url_decode(?)", [encode(index)]).fetchall() == [(index,)]


@examples(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(TEXTS, TEXTS)
def test_views_and_plain_duckdb_read_the_values_back(tmp_path: Path, collection: str, index: str) -> None:
    """Our views by their expression, others by hive partitioning."""
    assume("\0" not in collection + index)
    slot = Slot("t", collection, index, date(2024, 2, 7))
    folder = tmp_path / slot.path
    folder.mkdir(parents=True, exist_ok=True)
    path = literal(str(folder / "x.parquet"))
    with connect(threads=1) as connection:
        connection.execute(f"copy (select 1 as n) to {path} (format parquet)")
        create_views(connection, [View("t", (Column("n", "INTEGER"),), (str(folder / "x.parquet"),))])
        mine = connection.execute("select tp_partition, tp_index, tp_date from t").fetchall()
        plain = connection.execute(
            f"select tp_partition, tp_index from read_parquet({path}, hive_partitioning = true, "
            "hive_types = {'tp_partition': varchar, 'tp_index': varchar})"
        ).fetchall()

    assert mine == [(collection, index, date(2024, 2, 7))]
    assert plain == [(collection, index)]


@pytest.mark.parametrize(
    "path", ["", "t", "t/tp_partition=c/tp_index=i", "t/tp_partition=/tp_index=i/tp_year=1/tp_month=1/tp_day=1"]
)
def test_other_paths_are_no_slots(path: str) -> None:
    """A folder of somebody else's is not mistaken for ours."""
    with pytest.raises(ValueError, match="not a path of the lake"):
        Slot.from_path(path)
