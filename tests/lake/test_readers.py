"""Whoever reads the lake sees the same rows: our views, Polars, and plain DuckDB over the folders."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import duckdb
import polars as pl
import pytest
from deltalake import DeltaTable

from tailpipe_resources.errors import LakeDamagedError, LakeError
from tailpipe_resources.lake import Batch, commit, local_lake, snapshot, tables
from tailpipe_resources.lake.delta import open_table
from tailpipe_resources.lake.intent import Entry
from tailpipe_resources.lake.inventory import first_day
from tailpipe_resources.lake.schema import delta_schema
from tailpipe_resources.lake.staging import stage
from tailpipe_resources.lake.table import columns_of, ensure_table
from tailpipe_resources.model.names import literal
from tailpipe_resources.model.schema import Column
from tailpipe_resources.model.slot import Slot
from tailpipe_resources.query.engine import connect
from tests.lake.conftest import BOTH, COLUMNS, DAY, RUN, Workshop

if TYPE_CHECKING:
    from pathlib import Path


INDEXES = ["i", "../../x", "a b", "é", "100%", "a=b", "%2F", "'quoted'", "[x]*?", "2024", "a+b&c"]
KEYS = "tp_index, tp_year, tp_month, tp_day, tp_source_location, n"


def filled(workshop: Workshop) -> None:
    """A file an index value, on two days."""
    state = workshop.state()
    files = [workshop.stage(f"at {each}", range(2), index=each) for each in INDEXES]
    files.append(workshop.stage("late", range(2), day=date(2024, 12, 31)))
    commit(workshop.connection, workshop.lake, state, Batch("t", "c", RUN, tuple(files)))


def test_all_readers_see_the_same_rows(workshop: Workshop) -> None:
    """Index values of any kind and all path columns included."""
    filled(workshop)
    folder = workshop.folder("t")

    ours = sorted(workshop.ask(f"select {KEYS} from t"))
    frame = pl.scan_delta(str(folder)).select(KEYS.split(", ")).collect()
    plain = duckdb.execute(
        f"select {KEYS} from read_parquet({literal(f'{folder}/*/*/*/*/*/*.parquet')}, hive_partitioning = true, "
        "hive_types = {'tp_index': varchar, 'tp_year': integer, 'tp_month': integer, 'tp_day': integer})"
    ).fetchall()

    assert len(ours) == 2 * len(INDEXES) + 2
    assert {row[0] for row in ours} == set(INDEXES)
    assert sorted(frame.rows()) == ours
    assert sorted(plain) == ours


def test_the_log_knows_rows_and_bounds(workshop: Workshop) -> None:
    """So that readers can skip files without opening them."""
    filled(workshop)

    actions = DeltaTable(str(workshop.folder("t"))).get_add_actions(flatten=True)

    assert sum(actions["num_records"].to_pylist()) == 2 * len(INDEXES) + 2
    assert {str(each)[:10] for each in actions["min.tp_timestamp"].to_pylist()} == {"2024-02-07", "2024-12-31"}
    assert sorted(actions["max.tp_source_location"].to_pylist()) == sorted(
        ["late", *(f"at {each}" for each in INDEXES)]
    )


def test_the_table_asks_for_the_oldest_protocol(workshop: Workshop) -> None:
    """Any Delta reader will do."""
    protocol = DeltaTable(str(workshop.folder("t"))).protocol()

    assert (protocol.min_reader_version, protocol.min_writer_version) == (1, 2)


@BOTH
def test_columns_can_be_added(workshop: Workshop) -> None:
    """Old rows read as NULL there, in our views and in Polars."""
    state = workshop.state()
    first = commit(workshop.connection, workshop.lake, state, workshop.batch("old"))
    wider = (*COLUMNS, Column("added", "VARCHAR"), Column("more", "STRUCT(a BIGINT, b VARCHAR[])"))
    workshop.make("t", columns=wider)
    workshop.make("t", columns=COLUMNS)
    select = (
        "SELECT 'x' AS tp_id, TIMESTAMPTZ '2024-02-07 12:00:00Z' AS tp_timestamp, 'new' AS tp_source_location, "
        "9::BIGINT AS n, 'there' AS added, {'a': 1::BIGINT, 'b': ['x']} AS more"
    )
    file = stage(workshop.connection, workshop.lake, Slot("t", "c", "i", DAY), select, stream="t/c")
    assert file is not None
    commit(workshop.connection, workshop.lake, first.state, Batch("t", "c", RUN, (file,)))

    assert workshop.ask("select n, added, more from t order by n") == [
        (0, None, None),
        (1, None, None),
        (2, None, None),
        (9, "there", {"a": 1, "b": ["x"]}),
    ]
    if not workshop.lake.store.is_remote:
        assert pl.scan_delta(str(workshop.folder("t"))).collect()["added"].drop_nulls().to_list() == ["there"]
    found = open_table(workshop.lake, "t")
    assert found is not None
    assert [each.name for each in columns_of(found)] == [each.name for each in wider]


@BOTH
def test_a_widened_table_can_have_rows_replaced(workshop: Workshop) -> None:
    """Files from before the widening are written anew as they were."""
    state = workshop.state()
    first = commit(workshop.connection, workshop.lake, state, workshop.batch("a", "b"))
    workshop.make("t", columns=(*COLUMNS, Column("added", "VARCHAR")))
    file = workshop.stage("a", [7])
    batch = Batch("t", "c", RUN, (file,), (Entry("a", "2", "ok", rows=1),), replaced=frozenset({"a"}))

    commit(workshop.connection, workshop.lake, first.state, batch)

    assert workshop.ask("select tp_source_location, count(*), max(added) from t group by all order by all") == [
        ("a", 1, None),
        ("b", 3, None),
    ]


@pytest.mark.parametrize("kind", ["VARCHAR", "INTEGER", "JSON", "BIGINT[]"])
@BOTH
def test_a_column_keeps_its_type(workshop: Workshop, kind: str) -> None:
    """Another type under the same name is refused with both in words."""
    with pytest.raises(LakeError, match=r"the column n of t is stored as BIGINT and cannot become "):
        workshop.make("t", columns=(*COLUMNS[:-1], Column("n", kind)))


@BOTH
def test_json_stays_json(workshop: Workshop) -> None:
    """Delta knows only text; the column's own type is remembered."""
    columns = (Column("tp_id", "VARCHAR"), Column("j", "JSON"), Column("s", "STRUCT(a JSON)"))
    workshop.make("u", columns=columns)

    found = open_table(workshop.lake, "u")

    assert found is not None
    assert columns_of(found) == columns


def test_a_lake_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    """Asking it makes nothing either."""
    lake = local_lake(tmp_path / "nowhere")

    assert (tables(lake), snapshot(lake, "t"), first_day(lake)) == ((), None, None)
    assert not lake.store.scratch.exists()


def test_the_first_day_is_read_off_the_folders(workshop: Workshop) -> None:
    """Of all tables."""
    filled(workshop)

    assert first_day(workshop.lake) == DAY
    assert tables(workshop.lake) == ("t", "tailpipe_rejected")


def test_a_log_that_is_torn_says_so(workshop: Workshop) -> None:
    """It is neither empty nor new."""
    log = workshop.folder("t") / "_delta_log"
    for path in log.glob("*.json"):
        path.write_bytes(path.read_bytes()[:100])

    with pytest.raises(LakeDamagedError, match="cannot be read"):
        open_table(workshop.lake, "t")


def test_a_lake_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "lake").write_text("")
    with duckdb.connect() as connection, pytest.raises(LakeError, match="cannot write to the lake"):
        ensure_table(local_lake(tmp_path / "lake"), "t", COLUMNS[:1], delta_schema(connection, COLUMNS[:1]))


@pytest.mark.parametrize("name", ["with space", "odd [x]*", "100% é", "it's"])
def test_a_lake_may_lie_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    """Staging, committing, replacing and reading do not mistake it for a pattern."""
    with connect(threads=1) as connection:
        shop = Workshop(local_lake(tmp_path / name), connection)
        shop.make("t", "tailpipe_rejected")
        first = commit(connection, shop.lake, shop.state(), shop.batch("a"))
        batch = Batch("t", "c", RUN, (shop.stage("a", [1]),), (), replaced=frozenset({"a"}))

        assert commit(connection, shop.lake, first.state, batch).replaced == 3
        assert shop.counts() == {"a": 1}
