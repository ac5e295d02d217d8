"""What the console runs beside what reads, and that it is no way around the rest."""

from __future__ import annotations

import pytest

from tailpipe_assets.console.allowed import is_change
from tailpipe_resources.errors import QueryError
from tailpipe_resources.query.engine import connect

TAKEN = frozenset({"http_log"})


@pytest.mark.parametrize(
    "statement",
    [
        "create view errors as select 1 as n",
        "create or replace view errors as from range(3)",
        "create temp table t as select 1 as n",
        "create table if not exists s.t as (select 1 as n)",
        'create table "as" as with a as (select 1 as n) from a',
        "create table t (a integer, b varchar default 'as select')",
        "create /* why */ schema if not exists s -- so",
        "set search_path = 's,main'",
        "SET search_path TO 's'",
    ],
)
def test_names_of_the_session_are_made(statement: str) -> None:
    """Views, tables and schemas in memory, and where plain names are looked for."""
    connection = connect()
    connection.execute("create schema s")

    assert is_change(connection, statement, TAKEN)
    connection.execute(statement)


@pytest.mark.parametrize("statement", ["select 1", "from range(3)", "describe select 1", "explain select 1"])
def test_what_reads_is_no_change(statement: str) -> None:
    """It has rows."""
    assert not is_change(connect(), statement, TAKEN)


@pytest.mark.parametrize(
    "statement",
    [
        "create view v as with a as (copy (select 1) to '/tmp/x') from a",
        "create table t as select * from query('select 1')",
        "create table t as select * from json_execute_serialized_sql('x')",
        "create macro f(x) as x",
        "create function f(x) as x",
        "create secret s (type s3)",
        "create persistent secret s (type s3)",
        "create sequence s",
        "create type t as enum ('a')",
        "create index i on t (a)",
        "create",
        "set threads = 1",
        "set search_path = 's'; copy t to 'x'",
        "drop view v",
        "insert into t values (1)",
        "copy (select 1) to '/tmp/x'",
        "attach '/tmp/x'",
        "use s",
        "reset search_path",
        "pragma version",
    ],
)
def test_everything_else_is_refused(statement: str) -> None:
    """As in a query without a console."""
    with pytest.raises(QueryError):
        is_change(connect(), statement, TAKEN)


@pytest.mark.parametrize("name", ["http_log", "HTTP_LOG", "main.http_log", '"http_log"', "memory.main.http_log"])
def test_a_table_of_the_lake_cannot_be_hidden(name: str) -> None:
    """Its name stays its own."""
    with pytest.raises(QueryError, match="http_log is a table of the lake"):
        is_change(connect(), f"create or replace view {name} as select 1 as n", TAKEN)
