"""Questions of one table that DuckDB plans without the columns they do not name: the answer is the same."""

from __future__ import annotations

import random
import re
from collections import Counter
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_resources.errors import QueryError
from tailpipe_resources.model.window import Window
from tailpipe_resources.query.ask import ask
from tailpipe_resources.query.direct import direct, table_of
from tailpipe_resources.query.narrowing import Planner
from tailpipe_resources.query.restriction import Restriction, restricted
from tests.views.conftest import rows

if TYPE_CHECKING:
    from tailpipe_assets.views.opened import OpenViews

DAY = datetime(2024, 2, 8, tzinfo=UTC)
COLUMNS = (
    "tp_timestamp",
    "tp_date",
    "tp_index",
    "tp_partition",
    "tp_day",
    "tp_id",
    "event_name",
    "user_identity.arn",
    "user_identity",
    "request_parameters",
    "resources",
    "aws_cloudtrail_log.source_ip_address",
    "EVENT_SOURCE",
    '"recipient_account_id"',
)
CONDITIONS = (
    "tp_date = '2024-02-08'",
    "event_name LIKE '%e%'",
    "user_identity.type = 'IAMUser'",
    "tp_timestamp >= '2024-02-08 12:00'",
    "tp_index <> 'default' AND error_code IS NULL",
    "NOT (event_name = 'GetObject' OR tp_day = 9)",
    "tp_day = 1",
    "tp_day = 8 AND tp_partition = 'production'",
    "len(resources) > 0",
)


def plainly(opened: OpenViews, sql: str, **parameters: object) -> list[tuple[Any, ...]]:
    """What DuckDB answers over all files and columns."""
    opened.views.widen()
    return list(chain.from_iterable(ask(opened.connection, sql, parameters or None).batches))


def question(rng: random.Random) -> str:
    """Some question of one table, in an order that leaves nothing open."""
    columns = rng.sample(COLUMNS, rng.randint(1, 4))
    where = f" WHERE {rng.choice(CONDITIONS)}" if rng.random() < 0.7 else ""
    shown = [f"{column}::VARCHAR AS c{place}" for place, column in enumerate(columns)]
    if rng.random() < 0.4:
        having = rng.choice(("", " HAVING count(*) > 1", " HAVING max(aws_region) > 'e'"))
        return f"SELECT {', '.join(shown)}, count( * ) FROM aws_cloudtrail_log{where} GROUP BY ALL{having} ORDER BY ALL"
    last = rng.choice(("ORDER BY ALL", "ORDER BY ALL LIMIT 7", "QUALIFY row_number() OVER (ORDER BY tp_id) < 9"))
    return f"select {', '.join(shown)}, tp_id\nfrom Aws_CloudTrail_Log{where}\n{last}"


def test_any_question_of_some_columns_has_the_answer_that_all_of_them_give(opened: OpenViews) -> None:
    """Sixty of them, half of them within a window."""
    rng = random.Random(20240208)
    window = Window(datetime(2024, 2, 7, 18, tzinfo=UTC), datetime(2024, 2, 9, 6, tzinfo=UTC))
    for number in range(60):
        if number == 30:
            opened.restrict_to(Restriction(window))
        sql = question(rng)
        assert table_of(sql) == "aws_cloudtrail_log", sql
        assert Counter(map(repr, rows(opened, sql))) == Counter(map(repr, plainly(opened, sql))), sql


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM http_log",
        "SELECT 1 FROM http_log",
        "SELECT http_log FROM http_log ORDER BY tp_id",
        "SELECT to_json(h) FROM http_log h ORDER BY h.tp_id",
        "SELECT (h).status FROM http_log AS h",
        "SELECT b FROM http_log AS h(a, b) ORDER BY ALL",
        "SELECT #2 FROM http_log ORDER BY ALL",
        "SELECT columns('^tp_i') FROM http_log ORDER BY ALL",
        "SELECT status * 2 FROM http_log ORDER BY ALL",
        "SELECT h.* EXCLUDE (tp_id) FROM http_log h ORDER BY ALL",
        "SELECT count(status) FROM http_log, aws_cloudtrail_log",
        "SELECT count(status) FROM http_log NATURAL JOIN aws_cloudtrail_log",
        "SELECT upper(tp_id) AS request_uri, count(*) FROM http_log WHERE request_uri = '/1' GROUP BY ALL ORDER BY ALL",
        "SELECT tp_date AS tp_id FROM http_log GROUP BY tp_id, tp_date ORDER BY 1",
        "SELECT status FROM http_log UNION ALL VALUES (1) ORDER BY 1",
        "SELECT status FROM main.http_log",
        "SELECT main.http_log.status FROM http_log",
        "SELECT memory.main.http_log.status FROM http_log",
        "SELECT status FROM web.http_log",
        'SELECT "status" FROM "http_log"',
        "SELECT status /* from shop */ FROM http_log -- where nothing",
        "SELECT ' from http_log where ' AS text",
        "SELECT status FROM http_log USING SAMPLE 100%",
        "SELECT status IN (SELECT 200) FROM http_log",
        "SELECT list(status ORDER BY tp_id) FROM http_log;",
        "SELECT status FROM http_log LIMIT 3",
        "SELECT x FROM (SELECT status AS x FROM http_log) ORDER BY 1",
        "FROM http_log SELECT status",
        "SELECT extract(hour FROM tp_timestamp) FROM http_log",
    ],
)
def test_whatever_else_is_asked_has_its_answer_too(opened: OpenViews, sql: str) -> None:
    """What speaks of columns or tables in other ways than by their names is asked of all."""
    assert rows(opened, sql) == plainly(opened, sql)


PATHS = ("tp_partition", "tp_index", "tp_year", "tp_month", "tp_day", "tp_date")


@pytest.mark.parametrize(
    ("condition", "alike"),
    [
        ("tp_date = '2024-02-08' AND tp_index = '10.0.0.1'", PATHS),
        ("tp_day = 8", PATHS[2:]),
        ("tp_index = '10.0.0.1'", PATHS[:2]),
        ("tp_partition = 'web'", PATHS[:1]),
        ("tp_day = 1", ()),
        ("status = 200", ()),
    ],
)
def test_what_the_paths_of_all_files_say_alike_is_not_read_from_each(
    opened: OpenViews, condition: str, alike: tuple[str, ...]
) -> None:
    """The values and their types are those of the whole table; where paths differ each is read."""
    shown = ", ".join(f"{name}, typeof({name}), {name}::VARCHAR || 'x'" for name in PATHS)
    sql = f"SELECT {shown} FROM http_log WHERE {condition} ORDER BY ALL"
    planner = Planner(opened.found.views)
    [view] = [each for each in opened.found.views if each.name == "http_log"]
    planned = planner.plan(sql)
    assert planned is not None
    kept = view.over(filter(planned.tests.get("http_log", lambda _: True), view.stored))
    text = direct(sql, kept, planned) or ""

    assert rows(opened, sql) == plainly(opened, sql)
    assert {name for name in PATHS if f' AS "{name}"' in text} == set(PATHS)
    read = re.findall(r'regexp_extract\([^"]*AS "(\w+)"', text)
    assert {*read} == ({*PATHS} - {*alike} if kept.files else set())


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT b FROM t AS x(a, b)",
        "SELECT (TABLE t), ' from t where '",
        "SELECT a FROM t, u",
        "SELECT a FROM t JOIN u USING (a)",
        "SELECT a FROM t POSITIONAL JOIN u",
        "SELECT a FROM s.t",
        "SELECT t.* FROM t",
        "SELECT columns('a') FROM t",
        "SELECT #1 FROM t",
        "FROM t",
        "PIVOT t ON a USING count(*)",
        "SELECT a FROM t WHERE b IN (SELECT b FROM t)",
        "SELECT a FROM t WHERE b IN (TABLE u)",
        "WITH x AS (SELECT a FROM t) SELECT a FROM x",
    ],
)
def test_what_is_not_that_simple_is_asked_of_the_whole_table(sql: str) -> None:
    """By its words alone."""
    assert table_of(sql) is None


def test_columns_that_are_not_named_are_not_planned(opened: OpenViews) -> None:
    """Those of conditions are; where nothing can be spared the question stays as it is."""
    planner = Planner(opened.found.views)
    [view] = [each for each in opened.found.views if each.name == "http_log"]

    def put(sql: str) -> str | None:
        planned = planner.plan(sql)
        return None if planned is None else direct(sql, restricted(view, Restriction(Window(DAY))), planned)

    text = put("SELECT Status FROM http_log WHERE http_user_agent = 'x'")
    assert text is not None
    named = {column.name for column in view.all_columns if f'AS "{column.name}"' in text}
    assert named == {"status", "http_user_agent", "tp_timestamp"}
    assert put("SELECT http_log FROM http_log") is None


def test_names_that_a_user_gave_another_meaning_are_left_alone(opened: OpenViews) -> None:
    """A view in front of a table, another schema in use, and a search path."""
    opened.run("CREATE TEMP VIEW http_log AS SELECT 1 AS status")
    assert rows(opened, "SELECT status FROM http_log") == [(1,)]
    opened.run("DROP VIEW temp.http_log")
    assert rows(opened, "SELECT count(status) FROM http_log") == [(9,)]
    opened.run("CREATE VIEW mine AS SELECT status, request_uri FROM http_log")
    assert rows(opened, "SELECT count(status) FROM mine") == [(9,)]


@pytest.mark.parametrize("statement", ["SET search_path = 'web,main'", "SET schema = 'web'", "USE web"])
def test_a_plain_name_means_what_the_session_says(opened: OpenViews, statement: str) -> None:
    """Not the table, where another schema is searched before."""
    rows(opened, "SELECT count(*) FROM web.http_log")
    opened.views.change(statement)

    assert rows(opened, "SELECT count(status) FROM http_log") == [(6,)]


def test_parameters_are_bound_as_ever(opened: OpenViews) -> None:
    """In what is shown and in what is compared."""
    sql = "SELECT status + $more FROM http_log WHERE tp_index = $index ORDER BY ALL"

    assert rows(opened, sql, more=1, index="10.0.0.1") == [(201,)] * 3


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT status\nFROM http_log\nWHERE request_uri::INT = 1", "Could not convert string '/"),
        ("SELECT statu FROM http_log", "statu"),
        ("SELECT status\nFROM http_log\nWHERE nothing = 1", r"LINE 3: WHERE nothing = 1"),
        ("SELECT request_uri::INT\nFROM http_log", r"LINE 1: SELECT request_uri::INT"),
    ],
)
def test_errors_show_the_line_that_was_written(opened: OpenViews, sql: str, message: str) -> None:
    """And nothing of what stands before it."""
    with pytest.raises(QueryError, match=message) as error:
        rows(opened, sql)
    assert "read_parquet" not in str(error.value)
