"""Outputs: the same values, exact in each."""

from __future__ import annotations

import csv
import json
import tracemalloc
from io import StringIO
from pathlib import Path

import pytest

from tailpipe_resources.errors import QueryError
from tailpipe_resources.query.ask import ask
from tailpipe_resources.query.engine import connect
from tailpipe_resources.query.export import write_parquet
from tailpipe_resources.query.render import OUTPUTS, Output, render

HERE = Path(__file__).parent
CASES = sorted(path.stem for path in (HERE / "cases").glob("*.sql"))


def written(sql: str, output: Output, *, header: bool = True, width: int | None = None) -> str:
    """What a query gives, in one of the outputs."""
    stream = StringIO()
    render(ask(connect(), sql), output, stream, header=header, width=width)
    return stream.getvalue()


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("case", CASES)
def test_every_value_is_written_as_agreed(case: str, output: Output) -> None:
    """What programs and eyes have come to expect stays, letter by letter."""
    sql = (HERE / "cases" / f"{case}.sql").read_text()

    assert written(sql, output) == (HERE / "golden" / f"{case}.{output}.txt").read_text()


def test_json_and_jsonl_say_the_same() -> None:
    """One is the other with brackets, and both are JSON."""
    sql = "SELECT range AS n, {'a': [range]} AS s FROM range(3)"

    assert json.loads(written(sql, "json")) == [json.loads(line) for line in written(sql, "jsonl").splitlines()]
    assert json.loads(written(f"{sql} WHERE false", "json")) == []


def test_csv_can_be_read_back() -> None:
    """Commas, quotes and line ends inside values survive."""
    [_, row] = csv.reader(StringIO(written("""SELECT 'a,"b"' || chr(13) || chr(10) AS q, ' x ' AS s""", "csv")))

    assert row == ['a,"b"\r\n', " x "]


@pytest.mark.parametrize("separator", [",", "\t", "|", "-", "1", "^", "é"])
def test_csv_is_the_same_whether_duckdb_or_python_writes_it(separator: str) -> None:
    """The quick way and the other agree about every letter; a nested column takes the other."""
    values = ["'a'", "''", "NULL", "' a'", "'a\t'", "'a' || chr(10)", "'a\"b'", "'1-1'", "'é|^'", "chr(160)", "chr(0)"]
    rows = ", ".join(
        f"({value}, {n}, {n}.50::DECIMAL(9, 2), {n} = 1, DATE '2024-02-07' + {n}, TIMESTAMPTZ '2024-02-07 10:00:00Z')"
        for n, value in enumerate(values)
    )
    sql = f"SELECT * FROM (VALUES {rows}) AS t(s, n, d, b, day, z)"
    streams = StringIO(), StringIO()
    for select, stream in zip((sql, f"SELECT *, [] AS l FROM ({sql})"), streams, strict=True):
        render(ask(connect(), select), "csv", stream, separator=separator, header=False)
    quick, slow = (stream.getvalue() for stream in streams)

    assert quick == slow.replace(f"{separator}[]\n", "\n")


def test_csv_tells_nothing_from_an_empty_text() -> None:
    """NULL is empty, an empty text is two quotes."""
    assert written("SELECT NULL AS a, '' AS b, NULL AS c", "csv", header=False) == ',"",\n'


def test_numbers_stand_right_and_wide_letters_count_twice() -> None:
    """Columns line up whatever is in them."""
    assert written("SELECT * FROM (VALUES ('日本', 5), ('a', 1234)) AS t(name, n)", "table") == (
        "name     n\n----  ----\n日本     5\na     1234\n"
    )


def test_a_narrow_terminal_gets_the_columns_that_fit() -> None:
    """What is left out is named, and long values are cut."""
    stream = StringIO()

    rendered = render(ask(connect(), "SELECT repeat('x', 99) AS a, 1 AS b, 'long' AS c"), "table", stream, width=66)

    assert rendered.columns_cut == ("c",)
    assert max(map(len, stream.getvalue().splitlines())) <= 66
    assert "x…" in stream.getvalue()


def test_without_a_terminal_nothing_is_cut() -> None:
    """A file gets everything."""
    assert "x" * 500 in written("SELECT repeat('x', 500) AS a", "table")


def test_a_log_line_cannot_steer_the_terminal() -> None:
    """Escape sequences and direction marks are written out."""
    sql = "SELECT chr(27) || '[2J' AS a, chr(8238) || 'b' AS b"

    assert "\x1b" not in written(sql, "table") + written(sql, "line")
    assert r"\u202eb" in written(sql, "line")


def test_a_plan_is_shown_as_drawn() -> None:
    """EXPLAIN's drawing keeps its lines."""
    assert len(written("EXPLAIN SELECT 1", "table").splitlines()) > 2


def test_names_that_occur_twice_stay_apart_in_json() -> None:
    """No value of a row is lost."""
    assert json.loads(written("SELECT 1 AS a, 2 AS a, 3 AS a_1", "jsonl")) == {"a": 1, "a_1": 2, "a_1_1": 3}


def test_order_is_kept() -> None:
    """Rows come as ORDER BY says, also where values are cast on the way."""
    lines = written("SELECT range AS n, now() AS t FROM range(50000) ORDER BY n DESC", "csv").splitlines()

    assert [int(line.split(",")[0]) for line in lines[1:]] == list(range(49999, -1, -1))


def test_many_rows_need_no_memory() -> None:
    """Rows pass through; they are not gathered."""

    class Nowhere(StringIO):
        def write(self, text: str) -> int:
            return len(text)

    result = ask(connect(threads=1), "SELECT range AS n, now() AS t, repeat('x', 100) AS s FROM range(60000)")
    tracemalloc.start()
    rendered = render(result, "csv", Nowhere())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert rendered.rows == 60000
    assert peak < 4_000_000


@pytest.mark.parametrize("sql", ["SELECT\n 'x'::INT, now()", "SELECT now(),\n ('x' || range)::INT FROM range(3)"])
def test_errors_point_into_the_sql_as_typed(sql: str) -> None:
    """A value that fails is shown in the user's own line, also while rows are read."""
    with pytest.raises(QueryError, match=r"LINE 2:  \(?'x'"):
        written(sql, "csv")


@pytest.mark.parametrize("sql", ["SELECT\n 1,\n\t'x'::INT", "SELECT 1,\n 2,\n\t('x' || range)::INT FROM range(3)"])
def test_errors_while_a_file_is_written_point_into_the_same_line(tmp_path: Path, sql: str) -> None:
    """At the place itself, also behind a tab."""
    with pytest.raises(QueryError) as caught:
        write_parquet(connect(threads=1), sql, tmp_path / "x.parquet")

    *_, line, mark = str(caught.value).splitlines()
    assert line.startswith("LINE 3:  ")
    assert line[mark.index("^") :].startswith("::INT")


def test_an_integer_that_parquet_cannot_hold_is_refused(tmp_path: Path) -> None:
    """With no line of SQL that the user has not written."""
    with pytest.raises(QueryError, match="Could not cast value") as caught:
        write_parquet(connect(threads=1), f"SELECT {'9' * 38}::HUGEINT + 1 AS n", tmp_path / "x.parquet")

    assert "\n" not in str(caught.value)
    assert not list(tmp_path.glob("x.*"))


@pytest.mark.parametrize("output", ["json", "jsonl"])
def test_json_of_any_depth_is_written(output: Output) -> None:
    """Also what Python itself cannot look into."""
    deep = "[" * 5_000 + "]" * 5_000

    assert deep in written(f"SELECT '{deep}'::JSON AS j", output)
