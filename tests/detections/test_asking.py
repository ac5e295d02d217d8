"""A query that others wrote is asked of one row, or not as rows come in; what does more than to read is refused."""

from __future__ import annotations

import pytest

from tailpipe_assets.detections.asking import Asking
from tailpipe_assets.detections.rules import RuleTable
from tailpipe_resources.errors import QueryError
from tailpipe_resources.model.schema import Column
from tailpipe_resources.query.engine import isolated

COLUMNS = (
    Column("tp_id", "VARCHAR", ""),
    Column("name", "VARCHAR", ""),
    Column("size", "BIGINT", ""),
    Column("tags", "VARCHAR[]", ""),
    Column("who", "STRUCT(arn VARCHAR)", ""),
)
TABLES = {name: RuleTable(name, COLUMNS) for name in ("door", "gate", "tailpipe_finding")}
ROWS = (
    "(VALUES ('1', 'a', 5, ['x', 'y'], {'arn': 'z'}), ('2', 'b', NULL, NULL, NULL)) "
    "AS door(tp_id, name, size, tags, who)"
)


@pytest.fixture
def asking() -> Asking:
    """Over a few tables."""
    return Asking(isolated(), TABLES)


@pytest.mark.parametrize(
    ("sql", "where"),
    [
        ("select * from door where size > 3 order by name;", "(size > 3)"),
        ("select d.name from door as d where d.size > 3 and d.who.arn = 'z'", "((size > 3) AND (who.arn = 'z'))"),
        ("select * from door", "true"),
        ("-- what it is for\nselect DOOR.name from Door where door.name ilike '%a%'", "(\"name\" ~~* '%a%')"),
    ],
)
def test_a_query_with_a_condition_is_that_condition(asking: Asking, sql: str, where: str) -> None:
    """Without its order, and the table's name before columns."""
    asked = asking.understand(sql)
    assert (asked.table, asked.where, asked.asks_table, asked.why) == ("door", where, False, "")


@pytest.mark.parametrize(
    "sql",
    [
        "select *, unnest(tags) as tag from door",
        "select door.* from door, unnest(tags) as t(tag) where tag = 'x'",
        "with big as (select *, tp_id as source_id from door where size > 3) select source_id from big",
        "select upper(name) as loud, tp_id from door where loud = 'A'",
        "select tp_id from door where name in (select unnest(['a']))",
        "select tp_id from door where size > 4 union all select tp_id from door where name = 'a'",
        "select distinct tp_id from door where size > 3",
    ],
)
def test_what_takes_more_than_a_condition_is_a_query_over_the_row(asking: Asking, sql: str) -> None:
    """It means the rows that the query gives, each once."""
    asked = asking.understand(sql)
    with isolated() as connection:
        connection.execute(f"CREATE TEMP TABLE door AS SELECT * FROM {ROWS}")
        found = connection.execute(f"SELECT tp_id FROM door WHERE {asked.where} ORDER BY ALL").fetchall()
    assert found == [("1",)]


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("select name, count(*) from door group by name", "it aggregates"),
        ("select max(size) from door", "it aggregates"),
        ("select *, row_number() over (order by size) from door", "it aggregates"),
        ("select * from door qualify row_number() over (order by size) = 1", "it aggregates"),
        ("select * from door limit 3", "it limits its rows"),
        ("select * from door using sample 10%", "it limits its rows"),
        ("select a.tp_id from door as a join door as b using (name)", "it compares rows"),
        ("with a as (from door) select a.tp_id from a, a as b", "it compares rows"),
        ("select tp_id from door where size > (select avg(size) from door)", "it aggregates"),
        ("select tp_id from door where exists (select 1 from door as b where b.name = door.name)", "it compares rows"),
        ("select name, unnest(tags) from door", "its result has no tp_id"),
        ("select * from tailpipe_finding", "it reads findings"),
    ],
)
def test_what_new_rows_alone_cannot_answer_is_left_to_schedules(asking: Asking, sql: str, why: str) -> None:
    """With the reason."""
    asked = asking.understand(sql)
    assert asked.where is None
    assert asked.why.startswith(why)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select * from dor", 'no table "dor"; did you mean "door"?'),
        ("select * from door, gate", "reads door and gate; one table"),
        ("select 1", "reads no table"),
        ("select nam from door", 'no column "nam"'),
        ("select * from door where size = 'x'", '"x" is not a number'),
        ("drop table door", "query only reads: DROP is refused"),
        ("select 1; select 2", "must be one query; found 2 statements"),
        ("select * from 'door.parquet'", 'no table "door.parquet"'),
        ("select * from main.door", 'no table "main.door"'),
        ("select * from door, read_csv('/etc/passwd')", "the table function read_csv is not allowed in a mod"),
        ("select * from door, glob('/*')", "the table function glob is not allowed in a mod"),
        ("select * from door, duckdb_settings()", "the table function duckdb_settings is not allowed in a mod"),
        ("select * from door where name = getenv('HOME')", "the function getenv is not allowed in a mod"),
        ("select * from (describe door)", "SHOW_REF is not allowed in a mod"),
        ("select * from query('select 1')", "query runs only SQL it can see: the function query is refused"),
    ],
)
def test_what_does_more_than_to_read_one_table_is_refused(asking: Asking, sql: str, message: str) -> None:
    """Each with what is wrong."""
    with pytest.raises(QueryError) as raised:
        asking.understand(sql)
    assert str(raised.value).startswith(message)


def test_values_of_a_result_are_known_where_a_row_is_enough(asking: Asking) -> None:
    """Those that need what the query makes on its way are left out."""
    asked = asking.understand(
        "select name, upper(name) as loud, tag, tp_id from door, unnest(tags) as t(tag) where tag = 'x'"
    )
    assert asked.columns == {"name": '"name"', "loud": 'upper("name")', "tp_id": "tp_id"}
