"""The views that people make over hive folders by hand are here already, or can be made in a session."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import duckdb

from tests.views.conftest import configured, reopened

if TYPE_CHECKING:
    from tailpipe_assets.views.opened import OpenViews
    from tests.services.project import Project


def one(opened: OpenViews, sql: str) -> Any:
    """The single value of a query."""
    ((value,),) = chain.from_iterable(opened.ask(sql).batches)
    return value


def by_hand(project: Project, pattern: str) -> int:
    """What a view over a pattern of paths counts."""
    found = duckdb.execute(
        f"SELECT count(*) FROM read_parquet('{project.folder}/lake/{pattern}', union_by_name = true)"
    )
    ((count,),) = found.fetchall()
    return int(count)


def test_a_view_of_one_table_and_the_first_question_of_it(asked: Project, opened: OpenViews) -> None:
    """`create view t as select * from 't/*/*/*/*/*/*.parquet'`, with an absolute path or one below the home."""
    assert one(opened, "SELECT count(*) FROM http_log") == by_hand(asked, "http_log/*/*/*/*/*/*.parquet")
    first = "SELECT event_name, count(*) AS total FROM aws_cloudtrail_log GROUP BY ALL ORDER BY total DESC"
    assert len(list(chain.from_iterable(opened.ask(first).batches))) > 1


def test_a_view_across_all_log_types(asked: Project, opened: OpenViews) -> None:
    """`create view all_log as select * from read_parquet('*/*/*/*/*/*/*.parquet')`."""
    assert one(opened, "SELECT count(*) FROM all_log") == by_hand(asked, "[ah]*/*/*/*/*/*/*.parquet")


def test_a_view_across_collections(asked: Project, opened: OpenViews) -> None:
    """`create view aws_cloudtrail_log as ...`, and another for every other table."""
    for table in ("aws_cloudtrail_log", "http_log"):
        assert one(opened, f"SELECT count(*) FROM {table}") == by_hand(asked, f"{table}/*/*/*/*/*/*.parquet")


def test_a_schema_of_one_collection(asked: Project, opened: OpenViews) -> None:
    """`create view my_partition.t as ... '*/tp_partition=my_partition/*/*/*/*/*.parquet'`."""
    assert one(opened, "SELECT count(*) FROM web.http_log") == by_hand(
        asked, "http_log/tp_partition=web/*/*/*/*/*.parquet"
    )


def test_a_schema_of_all_logs_of_one_account(asked: Project, opened: OpenViews) -> None:
    """`create view my_conn.t as ... '*/*/tp_index=my_conn/*/*/*/*.parquet'`."""
    account = one(opened, "SELECT min(tp_index) FROM aws_cloudtrail_log")
    assert one(opened, f'SELECT count(*) FROM "{account}".aws_cloudtrail_log') == by_hand(
        asked, f"aws_cloudtrail_log/*/tp_index={account}/*/*/*/*.parquet"
    )


def test_an_accelerated_table_that_plain_names_mean(opened: OpenViews) -> None:
    """`create table t as ...` in a schema `datatank`, and `set search_path = 'datatank,main'`."""
    opened.views.change("CREATE SCHEMA datatank")
    opened.views.change("CREATE TABLE datatank.http_log AS SELECT * FROM http_log WHERE tp_partition = 'web'")
    opened.views.change("SET search_path = 'datatank,main'")

    assert one(opened, "SELECT count(*) FROM http_log") == 6
    assert one(opened, "SELECT count(*) FROM http_log WHERE tp_date = '2024-02-07'") == 2
    assert one(opened, "SELECT count(*) FROM main.http_log") == 9
    assert one(opened, "SELECT count(*) > 0 FROM aws_cloudtrail_log") is True


def test_a_view_of_a_period(asked: Project) -> None:
    """`create view period_2024_q1.t as ...` with a pattern a month, as a block of the configuration."""
    configured(asked, 'view "period_2024_q1" {\n  from = "2024-01-01"\n  to = "2024-03-31"\n}\n')
    with reopened(asked) as opened:
        for table in ("http_log", "aws_cloudtrail_log"):
            assert one(opened, f"SELECT count(*) FROM period_2024_q1.{table}") == by_hand(
                asked, f"{table}/*/*/tp_year=2024/tp_month=0[123]/*/*.parquet"
            )
