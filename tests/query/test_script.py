"""The script that makes every view elsewhere."""

from __future__ import annotations

import duckdb

from tailpipe_resources.model.schema import INSTANT, Column
from tailpipe_resources.query.layers import Layer, all_log
from tailpipe_resources.query.script import Secret, relocated, script
from tailpipe_resources.query.views import View

COLUMNS = (Column("tp_timestamp", INSTANT), Column("n", "BIGINT"))
TAIL = "t/tp_partition=c/tp_index=i/tp_year=2024/tp_month=02/tp_day=07/x.parquet"


def test_a_lake_in_a_bucket_is_reached_without_a_key_in_the_script() -> None:
    """Files have the addresses that DuckDB itself understands, and keys come from where AWS keeps them."""
    view = relocated(View("t", COLUMNS, (f"lake1://lake/{TAIL}",)), {"lake1://lake/": "s3://bucket/logs/"})
    settings = {"PROVIDER": "credential_chain", "PROFILE": "'audit'", "CHAIN": "'config'"}

    text = script(
        [view], [all_log([view])], about=["Made for a test."], secrets=[Secret("s3://bucket/logs/", settings)]
    )

    assert f"'s3://bucket/logs/{TAIL}'" in text
    assert "lake1" not in text
    about, *needed, first, second, third, fourth, secret = text.splitlines()[:8]
    loading = [first, second, third, fourth]
    assert about == "-- Made for a test."
    assert all(line.startswith("-- ") for line in needed)
    assert "httpfs and aws, which DuckDB downloads once" in needed[0]
    assert loading == ["INSTALL httpfs;", "LOAD httpfs;", "INSTALL aws;", "LOAD aws;"]
    assert secret.endswith("SCOPE 's3://bucket/logs/', PROVIDER credential_chain, PROFILE 'audit', CHAIN 'config');")


def test_a_lake_on_a_disk_needs_no_extension() -> None:
    """Its addresses are paths already."""
    text = script([View("t", COLUMNS, (f"/lake/{TAIL}",))], [], about=[])

    assert "INSTALL" not in text
    assert "LOAD" not in text
    assert text.startswith("SET TimeZone = 'UTC';\nCREATE OR REPLACE VIEW main.\"t\" AS SELECT")


def test_a_comment_at_the_end_of_a_view_hides_nothing() -> None:
    """What comes behind it is made, too."""
    commented = Layer("main", "n", "query", "SELECT 1 AS one -- and only one", ())
    connection = duckdb.connect()

    connection.execute(script([], [commented, Layer("main", "m", "query", "FROM n", ())], about=[]))

    assert connection.execute("FROM m").fetchall() == [(1,)]
