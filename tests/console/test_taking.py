"""Statements typed into a session: answered over the newest snapshot, and no mistake ends it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.console.taking import take
from tailpipe_assets.console.words import welcome
from tailpipe_assets.pipeline.compact import compact_collections
from tests.console.conftest import HCL, lines
from tests.services.console import session_over
from tests.services.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tailpipe_assets.console.session import Session

ROWS_AND_IDS = 'select count(*) as "rows", count(distinct tp_id) as ids from http_log;'
COUNT = "select count(*) as n from http_log;"


def taken(session: Session, capsys: pytest.CaptureFixture[str], text: str) -> tuple[str, str]:
    """What was written to both streams."""
    capsys.readouterr()
    take(session, text)
    told = capsys.readouterr()
    return told.out, told.err


def test_rows_go_to_stdout_and_the_rest_to_stderr(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    """As in a query without a console."""
    assert taken(session, capsys, COUNT) == ("n\n3\n", "1 row\n")


def test_statements_are_asked_in_order_until_one_fails(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    """Those behind it are not."""
    out, err = taken(session, capsys, "select 1 as a; select b; select 3 as c;")

    assert out == "a\n1\n"
    assert "b" in err
    assert taken(session, capsys, "select 4 as d;")[0] == "d\n4\n"


def test_each_statement_sees_the_newest_snapshot(
    project: Project, session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was collected meanwhile is there."""
    assert taken(session, capsys, COUNT)[0] == "n\n3\n"
    project.write("b.log", lines(4, 5))
    project.collect_one()

    assert taken(session, capsys, COUNT)[0] == "n\n5\n"


def test_a_table_that_appears_can_be_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A session that began before the first collection needs no new start."""
    made = Project(tmp_path)
    made.configure(HCL)
    session = session_over(made)
    assert "lake is empty" in welcome(session.tables)
    assert "no rows yet: tailpipe collect http_log" in taken(session, capsys, "from http_log;")[1]

    made.write("a.log", lines(1, 2))
    made.collect_one()

    assert taken(session, capsys, COUNT)[0] == "n\n2\n"


def test_counts_are_exact_while_compaction_replaces_every_file(
    project: Project, session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    """A statement reads one snapshot, whole, whatever happens beside it: no row is missing or counted twice."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        replacing = pool.submit(replace_all, project, range(10, 16))
        answers = [taken(session, capsys, ROWS_AND_IDS)]
        while not replacing.done():
            answers.append(taken(session, capsys, ROWS_AND_IDS))
        assert replacing.result() == 6
    answers.append(taken(session, capsys, ROWS_AND_IDS))

    assert {err for _, err in answers} == {"1 row\n"}
    counts = [tuple(map(int, out.splitlines()[1].split(","))) for out, _ in answers]
    assert all(rows == ids for rows, ids in counts)
    assert counts == sorted(counts)
    assert counts[-1] == (9, 9)


def replace_all(project: Project, numbers: range) -> int:
    """Collect one row more and put all rows into one file, again and again; gives how often that was done."""
    times = 0
    for number in numbers:
        project.write(f"{number}.log", lines(number))
        project.collect_one()
        [result] = compact_collections(project.lake, [("http_log", "web")])
        times += (result.files_before, result.files_after) == (2, 1)
    return times


def test_no_lease_is_held_between_statements(
    project: Project, session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    """A console that is left open overnight keeps no file from going."""
    taken(session, capsys, COUNT)
    before = {path.name for path in project.stored("http_log").rglob("*.parquet") if "_tailpipe" not in path.parts}
    project.write("b.log", lines(4))
    project.collect_one()
    compact_collections(project.lake, [("http_log", "web")])

    after = {path.name for path in project.stored("http_log").rglob("*.parquet") if "_tailpipe" not in path.parts}
    assert not before & after


def test_views_and_tables_live_as_long_as_the_session(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    """And plain names follow the search path."""
    assert taken(session, capsys, "create view ones as select 1 as n from http_log;") == ("", "done\n")
    assert taken(session, capsys, "create schema s; create table s.kept as select count(*) as n from ones;")[0] == ""
    assert taken(session, capsys, "set search_path = 's,main'; from kept;")[0] == "n\n3\n"


def test_the_search_path_does_not_hide_a_newer_snapshot(
    project: Project, session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    """Views are made anew where they belong."""
    taken(session, capsys, "create schema s; set search_path = 's,main';")
    project.write("b.log", lines(4))
    project.collect_one()

    assert taken(session, capsys, COUNT)[0] == "n\n4\n"


def test_views_over_the_folders_of_the_lake_can_be_made(
    project: Project, session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    """By globs over tables, collections, indexes and months; and a table made of one, in front of the lake's own."""
    root = project.folder / "lake"
    made = f"""
        create view every_log as select * from read_parquet('{root}/*/*/*/*/*/*/*.parquet', union_by_name = true);
        create schema my_partition;
        create view my_partition.http_log as select * from read_parquet('{root}/*/tp_partition=web/*/*/*/*/*.parquet');
        create schema my_conn;
        create view my_conn.http_log as select * from read_parquet('{root}/*/*/tp_index=*/*/*/*/*.parquet');
        create schema period_2024_q1;
        create view period_2024_q1.http_log as select * from read_parquet(
          ['{root}/http_log/*/*/tp_year=2024/tp_month=02/*/*.parquet']);
        create schema datatank;
        set search_path = 'datatank,main';
        create table http_log as select * from main.http_log where tp_index is not null limit 2;
    """
    _, err = taken(session, capsys, made)
    assert err.splitlines() == ["done"] * 10

    for name, count in (
        ("http_log", 2),
        ("every_log", 3),
        ("all_log", 3),
        ("my_partition.http_log", 3),
        ("period_2024_q1.http_log", 3),
    ):
        assert taken(session, capsys, f"select count(*) as n from {name};")[0] == f"n\n{count}\n"


@pytest.mark.parametrize(
    ("text", "line", "caret"),
    [
        ("select\n  statuz from http_log;", "LINE 2:   statuz from http_log", "          ^"),
        ("select lenght('a');", "LINE 1: select lenght('a')", "               ^"),
        ("select {'a': 1}.b;", "LINE 1: select {'a': 1}.b", "                        ^"),
        ("selec 1;", "LINE 1: selec 1", "        ^"),
    ],
)
def test_errors_show_the_line_and_a_caret(
    text: str, line: str, caret: str, session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    """Below the place that is wrong."""
    _, err = taken(session, capsys, text)

    assert line in err.splitlines()
    assert err.splitlines()[err.splitlines().index(line) + 1].startswith(caret)


def test_errors_name_the_nearest(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    """Of tables and columns."""
    assert 'no table is called "http_lgo"; did you mean "http_log"?' in taken(session, capsys, "from http_lgo;")[1]
    assert '"status"' in taken(session, capsys, "select statuz from http_log;")[1]


@pytest.mark.parametrize(
    "text",
    ["copy http_log to 'x';", "attach 'x';", "from read_text('/etc/passwd');", "set threads = 1;", "drop view a;"],
)
def test_nothing_else_runs(text: str, session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    """It is refused, and the session goes on."""
    out, err = taken(session, capsys, text)

    assert out == ""
    assert err
    assert "Traceback" not in err
    assert taken(session, capsys, COUNT)[0] == "n\n3\n"


def test_a_long_result_is_cut_and_counted(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody reads a million lines; how many there are is said."""
    out, err = taken(session, capsys, "from range(1500);")
    assert len(out.splitlines()) == 1001
    assert err == "1,500 rows, 1,000 shown\n"

    assert "more than 1" in taken(session, capsys, "from range(1_000_000_000_000);")[1]


def test_a_log_line_cannot_steer_the_terminal(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    """Not in csv either."""
    assert "\x1b" not in taken(session, capsys, "select chr(27) || '[2J' as a;")[0]
