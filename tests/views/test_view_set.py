"""The view set: the tables, and everything there is of them beside."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.cli.main import main
from tailpipe_resources.errors import QueryError
from tests.views.conftest import configured, reopened, rows

if TYPE_CHECKING:
    from tailpipe_assets.views.opened import OpenViews
    from tests.services.project import Project


def files_opened(opened: OpenViews, sql: str) -> int:
    """How many files a query opens."""
    opened.views.prepare(sql)
    [(_, plan)] = opened.connection.execute(f"EXPLAIN ANALYZE {sql}").fetchall()
    return sum(map(int, re.findall(r"Total Files Read: (\d+)", plan)))


def test_a_table_shows_all_of_its_collections(opened: OpenViews) -> None:
    """Under its plain name."""
    assert rows(opened, "SELECT tp_partition, count(*) FROM http_log GROUP BY ALL ORDER BY ALL") == [
        ("shop", 3),
        ("web", 6),
    ]


def test_a_collection_is_a_schema(opened: OpenViews) -> None:
    """With the tables it has rows of."""
    assert rows(opened, "SELECT count(*) FROM web.http_log") == [(6,)]
    assert rows(opened, "SELECT count(*) FROM production.aws_cloudtrail_log") == rows(
        opened, "SELECT count(*) FROM aws_cloudtrail_log"
    )
    with pytest.raises(QueryError, match="does not exist"):
        rows(opened, "SELECT count(*) FROM web.aws_cloudtrail_log")


def test_an_index_is_a_schema(opened: OpenViews) -> None:
    """Whatever is in its name."""
    assert rows(opened, 'SELECT count(*) FROM "10.0.0.2".http_log') == [(3,)]
    assert rows(opened, 'SELECT count(*) FROM "default".http_log') == [(3,)]


def test_an_index_is_a_schema_by_a_name_that_sql_tells_from_others(asked: Project) -> None:
    """Of letters only those of ASCII have no case in SQL."""
    line = '{} - - [07/Feb/2024:14:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "x"\n'
    asked.write("web/hosts.log", "".join(map(line.format, ("é", "É", "A", "a"))))
    asked.collect()
    with reopened(asked) as opened:
        assert rows(opened, 'SELECT tp_index FROM "é".http_log') == [("é",)]
        assert rows(opened, 'SELECT tp_index FROM "É".http_log') == [("É",)]
        assert rows(opened, "SELECT tp_index FROM a.http_log ORDER BY ALL") == [("A",), ("a",)]


@pytest.mark.parametrize("before", ["SELECT '\"' AS", '-- "\nSELECT 1 AS', '/* " */ SELECT 1 AS'])
def test_a_quote_in_a_text_or_comment_hides_no_name(opened: OpenViews, before: str) -> None:
    """An index is found behind it."""
    assert len(rows(opened, f'{before} x FROM "10.0.0.2".http_log')) == 3


def test_all_log_goes_over_every_table(opened: OpenViews) -> None:
    """The common columns, and the table's own as JSON."""
    assert rows(opened, "SELECT tp_table, count(*) FROM all_log GROUP BY ALL ORDER BY ALL") == [
        ("aws_cloudtrail_log", rows(opened, "SELECT count(*) FROM aws_cloudtrail_log")[0][0]),
        ("http_log", 9),
    ]
    assert rows(opened, "SELECT DISTINCT record->>'request_uri' FROM all_log WHERE record LIKE '%10.0.0.9%'") == [
        ("/9",)
    ]


def test_everything_is_there_and_empty_before_the_first_collection(asked: Project) -> None:
    """So that a query can be written, and a dashboard shown, from the first minute on."""
    configured(asked)
    text = (asked.folder / "tailpipe.hcl").read_text().replace("/lake", "/empty")
    (asked.folder / "tailpipe.hcl").write_text(text)
    with reopened(asked) as opened:
        for name in ("http_log", "web.http_log", "production.aws_cloudtrail_log", "all_log", "tailpipe_rejected"):
            assert rows(opened, f"SELECT * FROM {name}") == []
        assert rows(opened, "SELECT typeof(tp_timestamp), typeof(status) FROM http_log") == []


@pytest.mark.parametrize(
    ("condition", "files"),
    [
        ("tp_timestamp >= '2024-02-09'", 3),
        ("tp_timestamp >= '2024-02-08' AND tp_timestamp < '2024-02-09 12:00'", 3),
        ("tp_timestamp BETWEEN '2024-02-08' AND '2024-02-09 14:00'", 6),
        ("date_trunc('day', tp_timestamp) = '2024-02-08'", 3),
        ("tp_date = '2024-02-07' AND tp_index = '10.0.0.1'", 1),
        ("tp_index IN ('10.0.0.1', '10.0.0.2')", 6),
        ("tp_partition = 'shop' OR tp_date = '2024-02-07'", 5),
        ("tp_year = 2024 AND tp_month = 2 AND tp_day >= 8", 6),
        ("'2024-02-09' <= tp_date", 3),
        ("tp_timestamp < '2024-01-01'", 0),
        ("tp_timestamp > now() - INTERVAL 1 DAY", 0),
        ("tp_index LIKE '10.%'", 6),
        ("NOT tp_index = 'default'", 6),
        ("status = 200", 9),
        ("(tp_date = '2024-02-07' OR status = 200)", 9),
    ],
)
def test_only_files_that_can_hold_an_answer_are_opened(opened: OpenViews, condition: str, files: int) -> None:
    """And the answer is the same as over all of them."""
    sql = f"SELECT count(n) FROM (SELECT request AS n, * FROM http_log) WHERE {condition}"
    unpruned = opened.connection.execute(sql).fetchall()

    assert rows(opened, sql) == unpruned
    assert files_opened(opened, sql) == files


def test_a_table_read_twice_is_narrowed_to_what_both_need(opened: OpenViews) -> None:
    """Neither side of a join or a union loses rows to the conditions of the other."""
    union = "SELECT * FROM http_log WHERE tp_date = '2024-02-07' UNION ALL SELECT * FROM http_log"
    assert len(rows(opened, union)) == 12
    both = (
        "SELECT (SELECT count(*) FROM http_log WHERE tp_index = 'default'), "
        "(SELECT count(*) FROM http_log WHERE tp_date = '2024-02-07')"
    )
    assert rows(opened, both) == [(3, 3)]
    assert rows(opened, "SELECT count(*) FROM http_log") == [(9,)]


def test_conditions_with_parameters_narrow_as_well(opened: OpenViews) -> None:
    """What is bound is a constant like any other."""
    sql = "SELECT count(*) FROM http_log WHERE tp_timestamp >= $since"
    assert rows(opened, sql, since="2024-02-09") == [(3,)]
    assert rows(opened, sql, since="2024-02-08") == [(6,)]


def test_a_view_block_is_a_schema_with_a_view_a_table(asked: Project) -> None:
    """Of a time, some collections, some indexes and a condition."""
    configured(
        asked,
        'view "early" {\n  from = "2024-02-07"\n  to = "2024-02-08"\n}\n'
        'view "small" {\n  tables = ["http_*"]\n  collections = ["http_log.web"]\n  indexes = ["10.*.1"]\n'
        '  where = "status = 200 -- all of them"\n}\n',
    )
    with reopened(asked) as opened:
        assert rows(opened, "SELECT count(*) FROM early.http_log") == [(6,)]
        assert rows(opened, "SELECT count(*) FROM small.http_log") == [(3,)]
        assert files_opened(opened, "SELECT count(request) FROM early.http_log") == 6
        assert {view.name for view in opened.catalog.views if view.schema == "small"} == {"http_log"}


def test_a_view_block_may_be_a_query(asked: Project) -> None:
    """Of tables, of other schemas and of each other, in any order."""
    configured(
        asked,
        'view "b" {\n  sql = "select count(*) as n from a"\n}\n'
        'view "a" {\n  sql = "select request_uri from web.http_log where status = 200;"\n  description = "Pages."\n}\n',
    )
    with reopened(asked) as opened:
        assert rows(opened, "FROM b") == [(6,)]
        found = opened.catalog.find("a")
        assert found is not None
        assert ([column.name for column in found.columns], found.description) == (["request_uri"], "Pages.")


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ('sql = "select nothing from http_log"', "nothing"),
        ('sql = "select 1; select 2"', "more than one statement"),
        ("sql = \"copy http_log to 'x.csv'\"", "only reads"),
        ('where = "no_column = 1"', "no_column"),
        ('where = "true); select (1"', "more than one statement"),
    ],
)
def test_a_view_that_cannot_be_made_disturbs_nothing_else(asked: Project, block: str, reason: str) -> None:
    """It is not there, and the catalog says why."""
    configured(asked, f'view "v" {{\n  {block}\n}}\n')
    with reopened(asked) as opened:
        assert rows(opened, "SELECT count(*) FROM http_log") == [(9,)]
        assert any(reason in each for each in opened.catalog.lost), opened.catalog.lost


def test_a_schema_belongs_to_the_first_that_takes_its_name(asked: Project) -> None:
    """A view block before a collection, a collection before an index, and none in the place of SQL's own."""
    configured(asked, 'view "web" {\n  collections = ["shop"]\n}\n')
    with reopened(asked) as opened:
        assert rows(opened, "SELECT count(*) FROM web.http_log") == [(3,)]
        assert any("the collection web has no schema" in each for each in opened.catalog.lost)


def test_of_many_indexes_only_those_named_become_schemas(asked: Project) -> None:
    """The others cost nothing, and can be named any time."""
    lines = "".join(
        f'172.16.0.{n} - - [07/Feb/2024:14:00:00 +0000] "GET / HTTP/1.1" 200 {n} "-" "x"\n' for n in range(30)
    )
    asked.write("web/many.log", lines)
    asked.collect()
    with reopened(asked) as opened:
        assert len(opened.catalog.indexes) > 30
        assert "172.16.0.7" not in opened.catalog.schemas
        assert rows(opened, 'SELECT body_bytes_sent FROM "172.16.0.7".http_log') == [(7,)]
        assert "172.16.0.7" in opened.catalog.schemas
        assert "172.16.0.8" not in opened.catalog.schemas


def test_a_search_path_makes_plain_names_mean_a_schema(opened: OpenViews) -> None:
    """As in `SET search_path = 'web,main'`."""
    opened.views.change("SET search_path = 'web,main'")
    assert rows(opened, "SELECT count(*) FROM http_log") == [(6,)]
    opened.views.change("SET search_path = 'main'")
    assert rows(opened, "SELECT count(*) FROM http_log WHERE tp_date = '2024-02-07'") == [(3,)]


def test_what_is_made_meanwhile_is_asked_like_the_rest(opened: OpenViews) -> None:
    """A view of one's own narrows files; a table of one's own holds what it was made from."""
    opened.views.change("CREATE SCHEMA mine")
    opened.views.change("CREATE VIEW mine.early AS SELECT * FROM http_log WHERE tp_date = '2024-02-07'")
    opened.views.change("CREATE TABLE kept AS FROM http_log")
    assert files_opened(opened, "SELECT count(request) FROM mine.early") == 3
    assert rows(opened, "SELECT (SELECT count(*) FROM kept), (SELECT count(*) FROM mine.early)") == [(9, 3)]


def test_refreshing_shows_what_was_collected_since(asked: Project) -> None:
    """And only then; until then one moment is seen."""
    with reopened(asked) as opened:
        asked.write("shop/new.log", '10.0.0.7 - - [10/Feb/2024:13:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "x"\n')
        asked.collect()

        assert rows(opened, "SELECT count(*) FROM http_log") == [(9,)]
        assert opened.refresh()
        assert rows(opened, "SELECT count(*) FROM http_log") == [(10,)]
        assert not opened.refresh()


def test_a_query_outlasts_the_replacement_of_all_files(asked: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The lease keeps what was there when it began."""
    with reopened(asked) as opened:
        assert rows(opened, "SELECT count(*) FROM http_log") == [(9,)]
        with pytest.raises(SystemExit, match="0"):
            main(["compact"])
        assert "http_log.web" in capsys.readouterr().out
        assert rows(opened, "SELECT count(request) FROM http_log") == [(9,)]


def test_the_catalog_tells_what_columns_mean(opened: OpenViews) -> None:
    """Of tables, of collections and of all logs."""
    for name in ("http_log", "web.http_log", "all_log", "production.aws_cloudtrail_log"):
        found = opened.catalog.find(name)
        assert found is not None
        assert all(column.description for column in found.columns), name
    assert opened.catalog.schemas[0] == "main"
