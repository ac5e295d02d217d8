"""Flags of `tailpipe query`: what is asked, how it is written, how it is run."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import duckdb
import pytest

from tailpipe_assets.cli.exits import Exit
from tests.cli.test_cli_lake import lines, ran
from tests.services.project import Project

if TYPE_CHECKING:
    from pathlib import Path

COUNT = "select count(*) from http_log"
HCL = """
collection "http_log" "web" {
  source = source.file.logs
  prefix = "%(logs)s/a"
  format = "combined"
}
collection "http_log" "shop" {
  source = source.file.logs
  prefix = "%(logs)s/b"
  format = "combined"
  tp_index = "remote_addr"
}
collection "aws_cloudtrail_log" "production" {
  source = source.file.logs
  prefix = "%(logs)s/trail"
}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Three requests to `web`, two to `shop` a day later, no CloudTrail."""
    made = Project(tmp_path)
    made.configure(HCL % {"logs": made.logs})
    made.write("a.log", lines(1, 2, 3))
    made.write("b.log", lines(4, 5).replace("07/Feb", "08/Feb"))
    made.collect()
    monkeypatch.chdir(tmp_path)
    return made


def answer(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """What a query writes."""
    code, out, err = ran(capsys, "query", "--no-header", "--output", "csv", *argv)
    assert code == Exit.OK, err
    return out


def complaint(capsys: pytest.CaptureFixture[str], *argv: str, code: int = Exit.FAILED) -> str:
    """What a query that cannot be answered says."""
    ended, out, err = ran(capsys, "query", *argv)
    assert (ended, out) == (code, ""), err
    return err


@pytest.mark.parametrize(
    ("flags", "count"),
    [
        (["--from", "2024-02-08"], 2),
        (["--to", "2024-02-07"], 3),
        (["--from", "2024-02-07T13:00:02Z", "--to", "2024-02-07T13:00:03Z"], 1),
        (["--collection", "shop"], 2),
        (["--collection", "http_log.*"], 5),
        (["--collection", "aws_cloudtrail_log"], 0),
        (["--index", "10.*"], 2),
        (["--index", "default", "--index", "10.0.0.1"], 5),
        (["--from", "2024-02-08", "--collection", "web"], 0),
        (["--from", "2024-02-07T14:00:02", "--to", "2024-02-07T14:00:03", "--tz", "Europe/Berlin"], 1),
    ],
)
@pytest.mark.usefixtures("project")
def test_filters_leave_rows_out_of_every_view(capsys: pytest.CaptureFixture[str], flags: list[str], count: int) -> None:
    """Of the table, and of what stands on it."""
    assert answer(capsys, COUNT, *flags) == f"{count}\n"
    assert answer(capsys, "select count(*) from all_log", *flags) == f"{count}\n"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--collection", "shpo"], 'no collection fits "shpo"; did you mean "shop"?\n'),
        (["--collection", "http_log.n*"], 'no collection fits "http_log.n*"'),
        (["--index", "10.0.0.11"], 'no row has an index that fits "10.0.0.11"; did you mean "10.0.0.1"?\n'),
        (["--collection", "shop", "--index", "10.*", "--index", "default"], ""),
        (["--collection", "aws_cloudtrail_log"], ""),
    ],
)
@pytest.mark.usefixtures("project")
def test_a_filter_that_fits_nothing_is_told(capsys: pytest.CaptureFixture[str], flags: list[str], said: str) -> None:
    """No rows may also mean a quiet day; a collection that is configured may have none yet."""
    code, out, err = ran(capsys, "query", "--output", "csv", COUNT, *flags)

    assert (code, out.splitlines()[0]) == (Exit.OK, "count_star()")
    assert err.startswith(said)
    assert bool(said) == ("fits" in err)


@pytest.mark.usefixtures("project")
def test_values_are_bound_and_never_pasted(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever stands in them; each statement takes those it names."""
    hostile = "x'; drop table http_log; --"

    assert answer(capsys, "select $a as a", "--param", f"a={hostile}") == f"{hostile}\n"
    assert answer(
        capsys, f"{COUNT} where tp_timestamp >= $t; select $u", "--param", "t=2024-02-08", "--param", "u="
    ) == ('2\n""\n')
    assert "$missing has no value" in complaint(capsys, "select $missing", code=Exit.USAGE)
    assert 'did you mean "day"' in complaint(capsys, "select $day", "--param", "day=1", "--param", "dya=1", code=2)


@pytest.mark.usefixtures("project")
def test_times_are_shown_in_the_zone_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """And what is stored stays an instant."""
    first = "select min(tp_timestamp) as t from http_log"

    assert answer(capsys, first) == "2024-02-07 13:00:01Z\n"
    assert answer(capsys, first, "--tz", "Asia/Kolkata") == "2024-02-07 18:30:01+05:30\n"
    code, out, _ = ran(capsys, "query", first, "--tz", "Europe/Berlin", "--output", "jsonl")
    assert (code, out) == (Exit.OK, '{"t": "2024-02-07T14:00:01+01:00"}\n')
    assert answer(capsys, f"{COUNT} where tp_timestamp < '2024-02-07 14:00:02'", "--tz", "Europe/Berlin") == "1\n"
    assert "is no time zone" in complaint(capsys, first, "--tz", "Mars/Olympus", code=Exit.USAGE)


@pytest.mark.usefixtures("project")
def test_separators_and_formats_are_what_was_typed(capsys: pytest.CaptureFixture[str]) -> None:
    """And what makes no sense is said before anything is asked."""
    sql = "select 1 as a, 'x;y' as b"

    assert answer(capsys, sql, "--separator", ";") == '1;"x;y"\n'
    assert "belongs to --output csv" in complaint(capsys, sql, "--separator", ";", code=Exit.USAGE)
    assert 'did you mean "markdown"' in complaint(capsys, sql, "--output", "markdwn", code=Exit.USAGE)
    assert "parquet=FILE" in complaint(capsys, sql, "--output", "parquet", code=Exit.USAGE)


def test_a_result_is_stored_exactly_and_whole(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """As Parquet, with integers of any length; a failure leaves no file and no part of one."""
    file = project.folder / "out.parquet"
    sql = "select tp_timestamp, sum(9223372036854775807) over () as s, interval 1 month as i, 1 as i from http_log"
    code, out, err = ran(capsys, "query", f"{sql} limit 2", "--output", f"parquet={file}")

    assert (code, out) == (Exit.OK, ""), err
    assert "2 rows in" in err
    stored = duckdb.execute(f"select s::varchar, i, i_1, typeof(tp_timestamp) from '{file}'").fetchall()
    assert stored == [("46116860184273879035", "1 month", 1, "TIMESTAMP WITH TIME ZONE")] * 2

    before = file.read_bytes()
    broken = "select ('x' || range)::int as n from range(3)"
    complaint(capsys, broken, "--output", f"parquet={file}")
    assert file.read_bytes() == before
    assert "EXPLAIN" in complaint(capsys, f"explain {sql}", "--output", f"parquet={file}")
    assert [path.name for path in project.folder.glob("out*")] == ["out.parquet"]


def test_what_becomes_several_statements_is_stored(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A PIVOT first asks which values there are."""
    file = project.folder / "out.parquet"
    code, _, err = ran(
        capsys, "query", "pivot http_log on status using count(*) group by tp_day", "--output", f"parquet={file}"
    )

    assert code == Exit.OK, err
    assert "2 rows in" in err
    assert duckdb.execute(f"select tp_day, \"200\" from '{file}' order by all").fetchall() == [(7, 3), (8, 2)]


def test_storing_a_result_opens_no_other_door(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The folder it is stored in cannot be read, nor another file of it written."""
    secret = project.folder / "secret.csv"
    secret.write_text("a\n1\n")

    complaint(capsys, f"from read_csv('{secret}')", "--output", f"parquet={project.folder}/o.parquet")
    complaint(capsys, f"copy (select 1) to '{project.folder}/x.csv'", "--output", f"parquet={project.folder}/o.parquet")


@pytest.mark.usefixtures("project")
def test_a_query_that_takes_too_long_is_given_up(capsys: pytest.CaptureFixture[str]) -> None:
    """At once, and says why."""
    endless = "select count(*) from range(1_000_000_000_000) where hash(range) = 1"

    assert "after 0.2 seconds" in complaint(capsys, endless, "--timeout", "0.2")
    for odd in ("0", "-1", "nan", "soon"):
        assert f"{odd} is no number of seconds" in complaint(capsys, endless, f"--timeout={odd}", code=Exit.USAGE)


@pytest.mark.usefixtures("project")
def test_errors_point_at_the_place_and_name_what_is_near(capsys: pytest.CaptureFixture[str]) -> None:
    """For tables, schemas and columns."""
    table = complaint(capsys, "select 1 from\n  http_lgo where status = 1")
    assert 'no table is called "http_lgo"; did you mean "http_log"?' in table
    assert "LINE 2:   http_lgo where" in table
    assert table.splitlines()[-1].strip() == "^^^^^^^^"
    assert 'no schema is called "sop"; did you mean "shop"?' in complaint(capsys, "from sop.http_log")
    column = complaint(capsys, "select statsu from http_log")
    assert '"status"' in column
    assert column.splitlines()[-1].strip() == "^^^^^^"


def test_a_view_that_cannot_be_made_says_why(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Where it is asked, though its table is there."""
    view = 'view "odd" {\n  tables = ["http_log"]\n  where = "nonsense = 1"\n}\n'
    project.configure(HCL % {"logs": project.logs} + view)

    for sql in ("from odd.http_log", 'select 1\nfrom "odd"."http_log"'):
        told = complaint(capsys, sql)
        assert "the view odd.http_log cannot be made" in told
        assert "nonsense" in told


@pytest.mark.usefixtures("project")
def test_an_empty_table_says_what_fills_it(capsys: pytest.CaptureFixture[str]) -> None:
    """A table, a collection of it; not one that filters have emptied."""

    def told(sql: str, *flags: str) -> str:
        return ran(capsys, "query", sql, "--output", "csv", *flags)[2]

    assert "no rows yet: tailpipe collect aws_cloudtrail_log\n" in told("select count(*) from aws_cloudtrail_log")
    assert "no rows yet: tailpipe collect aws_cloudtrail_log\n" in told("from production.aws_cloudtrail_log")
    assert told(COUNT) == told("from all_log limit 1") == told(COUNT, "--from", "2024-03-01") == ""


@pytest.mark.usefixtures("project")
def test_a_setting_that_is_none_is_a_bad_flag(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing ran."""
    assert "Memory must have a number" in complaint(capsys, COUNT, "--memory", "lots", code=Exit.USAGE)


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(("closed", "answer"), [("<&-", b"5"), (">&-", b""), ("2>&-", b"5")])
def test_what_a_shell_has_closed_is_not_missed(closed: str, answer: bytes) -> None:
    """Neither input, output nor messages."""
    command = f'exec "$0" -m tailpipe_assets.cli query "{COUNT}" --output csv --no-header {closed}'
    done = subprocess.run(["sh", "-c", command, sys.executable], capture_output=True, check=False, timeout=60)

    assert (done.returncode, done.stdout.strip(), b"unexpected" in done.stderr) == (0, answer, False)


def test_unsafe_runs_anything_and_says_so(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Only then."""
    file = project.folder / "copied.csv"
    copy = f"copy (select 1 as a) to '{file}'"

    assert "COPY is refused" in complaint(capsys, copy)
    code, _, err = ran(capsys, "query", "--unsafe", f"{copy}; from '{file}'")
    assert code == Exit.OK, err
    assert "--unsafe: statements may write" in err
    assert file.read_text() == "a\n1\n"


@pytest.mark.usefixtures("project")
def test_a_reader_that_leaves_early_is_no_error() -> None:
    """As in `tailpipe query ... | head`."""
    command = [sys.executable, "-c", "import sys; from tailpipe_assets.cli.main import main; main(sys.argv[1:])"]
    asking = subprocess.Popen(
        [*command, "query", "--output", "csv", "select range from range(5_000_000)"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert asking.stdout is not None
    assert asking.stderr is not None
    assert [asking.stdout.readline() for _ in range(2)] == ["range\n", "0\n"]
    asking.stdout.close()

    assert (asking.stderr.read(), asking.wait(60)) == ("", Exit.OK)
