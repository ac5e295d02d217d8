"""Statements: what reads is run, everything else is refused and has no effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.errors import QueryError
from tailpipe_resources.query.ask import ask
from tailpipe_resources.query.engine import connect, restrict
from tailpipe_resources.query.statements import check

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

READING = [
    "SELECT * FROM t",
    "VALUES (1, 2)",
    "FROM t",
    "FROM t LIMIT 1;",
    "TABLE t",
    "WITH a AS (FROM t) SELECT * FROM a",
    "WITH RECURSIVE r AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM r WHERE x < 3) FROM r",
    "FROM t UNION ALL (FROM t EXCEPT FROM t)",
    "EXPLAIN FROM t",
    "EXPLAIN ANALYZE FROM t",
    "EXPLAIN (FORMAT json) FROM t",
    "explain /* why */ analyze -- now\n (SELECT 1)",
    "DESCRIBE t",
    "DESC SELECT 1",
    "SHOW TABLES",
    "SHOW ALL TABLES",
    "SUMMARIZE t",
    "PIVOT t ON verb USING sum(n)",
    "PIVOT t ON verb IN ('a', 'b') USING sum(n)",
    "UNPIVOT (SELECT 1 AS a, 2 AS b) ON a, b INTO NAME k VALUE v",
    "SELECT copy, 'insert into' AS \"delete\" FROM t -- drop",
]

HOSTILE = [
    "COPY t TO '{out}'",
    "COPY (SELECT 1) TO '{out}'",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{out}'",
    "EXPLAIN (ANALYZE) COPY (SELECT 1) TO '{out}'",
    "EXPLAIN /**/ ANALYZE COPY (SELECT 1) TO '{out}'",
    "EXPLAIN /* /* */ */ ANALYZE COPY (SELECT 1) TO '{out}'",
    "WITH a AS (COPY (SELECT 1) TO '{out}') SELECT * FROM a",
    "EXPLAIN ANALYZE WITH a AS (COPY (SELECT 1) TO '{out}') SELECT * FROM a",
    "WITH a AS (COPY (SELECT 1) TO '{out}') PIVOT t ON verb USING sum(n)",
    "SELECT * FROM (WITH a AS (COPY (SELECT 1) TO '{out}') PIVOT t ON verb USING sum(n))",
    "COPY (PIVOT t ON verb USING sum(n)) TO '{out}'",
    "SELECT 1; COPY (SELECT 1) TO '{out}'",
    "FROM query('FROM t')",
    "FROM system.main.\"query\"('FROM t')",
    "FROM json_execute_serialized_sql('{}')",
    "PRAGMA json_execute_serialized_sql('{}')",
    "FROM register_external_resource_type('a', kind := 'catalog', create_function := 'query')",
    "FROM register_external_resource('a', 'b', MAP {'x': 'y'}, uri := '{out}', attached_db_type := 'duckdb')",
    "FROM Destroy_External_Resource('json_each', MAP {'x': 'y'})",
    "SELECT * FROM (FROM destroy_external_resource('json_each', MAP {'x': 'y'})) PIVOT (count(*) FOR success)",
    "FROM add_grammar_extension('a')",
    "EXPORT DATABASE '{out}'",
    "IMPORT DATABASE '{out}'",
    "ATTACH '{out}'",
    "DETACH memory",
    "INSTALL httpfs",
    "LOAD httpfs",
    "UPDATE EXTENSIONS",
    "CREATE TABLE u (i INT)",
    "CREATE VIEW u AS SELECT 1",
    "CREATE MACRO u() AS 1",
    "CREATE TABLE u AS PIVOT t ON verb USING sum(n)",
    "CREATE SECRET (TYPE s3)",
    "INSERT INTO t VALUES ('x', 'y', 1)",
    "WITH a AS (INSERT INTO t VALUES ('x', 'y', 1) RETURNING *) FROM a",
    "WITH a AS (DELETE FROM t RETURNING *) FROM a",
    "UPDATE t SET n = 0",
    "DELETE FROM t",
    "TRUNCATE t",
    "MERGE INTO t USING t AS s ON t.n = s.n WHEN MATCHED THEN DELETE",
    "DROP TABLE t",
    "ALTER TABLE t ADD COLUMN z INT",
    "COMMENT ON TABLE t IS 'x'",
    "SET threads = 1",
    "SET VARIABLE x = 1",
    "RESET threads",
    "USE memory",
    "PRAGMA version",
    "CALL pragma_version()",
    "CHECKPOINT",
    "VACUUM",
    "BEGIN",
    "COMMIT",
    "PREPARE p AS FROM t",
    "EXECUTE p",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder that DuckDB itself would write into."""
    found = tmp_path / "lake"
    found.mkdir()
    return found


@pytest.fixture
def connection(folder: Path) -> duckdb.DuckDBPyConnection:
    """One table in memory."""
    found = connect()
    found.execute("CREATE TABLE t AS SELECT 'a' AS verb, 'b' AS copy, 1 AS n")
    restrict(found, [str(folder)])
    return found


@pytest.mark.parametrize("sql", READING)
def test_what_reads_is_run(sql: str, connection: duckdb.DuckDBPyConnection) -> None:
    """Every kind of question gets an answer."""
    for statement in check(connection, sql):
        assert list(ask(connection, statement).batches)


@pytest.mark.parametrize("sql", HOSTILE)
def test_what_does_more_is_refused(sql: str, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Nothing is written, made, changed or set, not even by the statement before."""
    with pytest.raises(QueryError):
        check(connection, sql.replace("{out}", str(folder / "out")))

    assert list(folder.iterdir()) == []
    assert connection.execute("FROM t").fetchall() == [("a", "b", 1)]
    assert connection.execute("SHOW TABLES").fetchall() == [("t",)]


def test_a_smuggled_copy_would_have_written(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """DuckDB alone does not stop a COPY inside a SELECT: the check is needed."""
    connection.execute(f"WITH a AS (COPY (SELECT 1) TO '{folder}/out.csv') SELECT * FROM a").fetchall()

    assert (folder / "out.csv").exists()


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("COPY t TO 'x'", "query only reads: COPY is refused"),
        ("/* a */ insert into t values (1)", "query only reads: INSERT is refused"),
        ("WITH a AS (COPY t TO 'x') FROM a", "query only reads: COPY in a WITH clause is refused"),
        (
            "PIVOT t ON copy USING sum(n)",
            (
                'query only reads: "copy" is refused in a PIVOT that does not name its values; '
                "write PIVOT ... ON column IN (value, ...)"
            ),
        ),
        ("FROM query('FROM t')", "query runs only SQL it can see: the function query is refused"),
    ],
)
def test_refusals_are_plain(sql: str, message: str, connection: duckdb.DuckDBPyConnection) -> None:
    """The message says what is refused."""
    with pytest.raises(QueryError) as refused:
        check(connection, sql)

    assert str(refused.value) == message


def test_statements_come_apart_without_their_ends(connection: duckdb.DuckDBPyConnection) -> None:
    """Semicolons in texts and comments do not count; those between statements are dropped."""
    assert check(connection, "SELECT 'é;' ; -- a; b\nSELECT 2 -- c;\n;;") == ("SELECT 'é;'", "SELECT 2 -- c;")
    assert check(connection, " ; -- nothing\n") == ()


def test_broken_sql_is_pointed_at(connection: duckdb.DuckDBPyConnection) -> None:
    """A syntax error has DuckDB's caret under it."""
    with pytest.raises(QueryError, match=r'^syntax error at or near "selec"\n\nLINE 1: selec 1\n +\^+$'):
        check(connection, "selec 1")
