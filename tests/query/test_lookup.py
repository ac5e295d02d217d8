"""Lookups: what a file holds is always found in them, and what is damaged leaves nothing out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from tailpipe_resources.model.names import literal
from tailpipe_resources.model.schema import INSTANT, Column
from tailpipe_resources.query.lookup import build, digest, may_hold, parts_of

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = (
    Column("tp_timestamp", INSTANT),
    Column("id", "VARCHAR"),
    Column("name", "VARCHAR"),
    Column("nothing", "VARCHAR"),
    Column("ips", "VARCHAR[]"),
    Column("who", "STRUCT(key VARCHAR, session STRUCT(arn VARCHAR, seen BIGINT))"),
    Column("record", "JSON"),
)
ROWS = 5_000
SELECT = f"""SELECT TIMESTAMPTZ '2024-02-07 12:00:00Z' AS tp_timestamp, 'id ' || i AS id,
    CASE i % 3 WHEN 0 THEN 'Zoë' WHEN 1 THEN '' END AS name, NULL::VARCHAR AS nothing, ['a' || i % 7, NULL] AS ips,
    CASE WHEN i % 2 = 0 THEN {{key: 'key ' || i // 10, session: {{arn: 'arn ' || i // 5, seen: 1::BIGINT}}}} END AS who,
    '{{}}'::JSON AS record FROM range({ROWS}) t(i)"""


@pytest.fixture
def lookup(tmp_path: Path) -> Path:
    """The lookup of a file of some thousand rows in several row groups."""
    file, made = tmp_path / "it's.parquet", tmp_path / "x.lookup"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({SELECT}) TO {literal(str(file))} (ROW_GROUP_SIZE 2048)")
        made.write_bytes(build(connection, str(file), COLUMNS))
    return made


def found(lookup: Path, key: str, *texts: str) -> int:
    """How many of some texts the file may hold."""
    return sum(may_hold(str(lookup), key, digest(text)) for text in texts)


def test_every_text_of_the_file_may_be_there(lookup: Path) -> None:
    """Columns, fields of structs however deep, and members of lists."""
    assert found(lookup, "id", *(f"id {number}" for number in range(ROWS))) == ROWS
    assert found(lookup, "name", "Zoë", "") == 2
    assert found(lookup, "ips[]", *(f"a{number}" for number in range(7))) == 7
    assert found(lookup, "who.key", *(f"key {number}" for number in range(ROWS // 10))) == ROWS // 10
    assert found(lookup, "who.session.arn", *(f"arn {number}" for number in range(0, ROWS // 5, 2))) == ROWS // 10


def test_few_others_may(lookup: Path) -> None:
    """At most one in fifty; none in a column without any text."""
    others = [f"other {number}" for number in range(5_000)]

    for key in ("id", "name", "ips[]", "who.key", "who.session.arn"):
        assert found(lookup, key, *others) <= 100, key
    assert found(lookup, "nothing", *others, "") == 0


def test_what_a_lookup_does_not_know_may_be_there(lookup: Path, tmp_path: Path) -> None:
    """A column that is no text, one that came later, and a file without a lookup."""
    assert found(lookup, "record", "x") == found(lookup, "later", "x") == 1
    assert found(tmp_path / "none.lookup", "id", "x") == 1


@pytest.mark.parametrize("place", [0, 3, 9, 13, 40])
def test_a_damaged_header_leaves_nothing_out(lookup: Path, tmp_path: Path, place: int) -> None:
    """Whichever byte it is."""
    data = bytearray(lookup.read_bytes())
    data[place] ^= 0x10
    damaged = tmp_path / f"damaged{place}.lookup"
    damaged.write_bytes(data)

    assert found(damaged, "id", *(f"id {number}" for number in range(50)), "x", "y", "z") == 53


def test_a_damaged_or_missing_page_leaves_nothing_out(lookup: Path, tmp_path: Path) -> None:
    """Of whatever would have been read from it."""
    data = lookup.read_bytes()
    texts = [f"id {number}" for number in range(ROWS)]
    zeroed, short = tmp_path / "zeroed.lookup", tmp_path / "short.lookup"
    zeroed.write_bytes(data[:3000] + bytes(len(data) - 3000))
    short.write_bytes(data[:3000])

    assert found(zeroed, "id", *texts) == found(short, "id", *texts) == ROWS


def test_what_is_digested_is_what_duckdb_digests() -> None:
    """Lookups are written by SQL and read without it."""
    texts = ["", "a", "Zoë", "x" * 5_000]
    with duckdb.connect() as connection:
        told = [connection.execute("SELECT md5_number_lower(?)", [text]).fetchall()[0][0] for text in texts]

    assert told == [digest(text) for text in texts]


def test_a_name_that_could_mean_two_things_is_not_looked_up() -> None:
    """DuckDB tells conditions without quotes: `a.b` is a column, or a field of `a`."""
    columns = (
        Column("a", "STRUCT(b VARCHAR, c VARCHAR)"),
        Column("a.b", "VARCHAR"),
        Column("d", 'STRUCT(e VARCHAR, "f.g" VARCHAR)'),
    )

    assert [part.key for part in parts_of(columns)] == ["a.c"]


def test_a_file_without_rows_holds_nothing(tmp_path: Path) -> None:
    """And can be looked up all the same."""
    file, made = tmp_path / "empty.parquet", tmp_path / "empty.lookup"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (FROM ({SELECT}) WHERE false) TO {literal(str(file))} (FORMAT parquet)")
        made.write_bytes(build(connection, str(file), COLUMNS))

    assert found(made, "id", "id 1") == 0
