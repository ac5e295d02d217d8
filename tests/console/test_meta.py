"""Meta commands over a real lake."""

from __future__ import annotations

import csv
import json
import stat
from typing import TYPE_CHECKING

import duckdb
import pytest

from tailpipe_assets.console.history import FileHistory, is_private
from tailpipe_assets.console.meta import COMMANDS, find
from tailpipe_assets.pipeline.compact import compact_collections
from tailpipe_resources.errors import UsageError
from tests.console.conftest import lines
from tests.console.test_taking import COUNT, taken

if TYPE_CHECKING:
    from pathlib import Path

    from tailpipe_assets.console.session import Session
    from tests.services.project import Project

Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (".h", None),
        (".he", None),
        (".hel", ".help"),
        (".t", None),
        (".ta", ".tables"),
        (".TABLES", ".tables"),
        (".q", ".quit"),
        ("to", ".to"),
        (".to", ".to"),
        (".ins", ".inspect"),
    ],
)
def test_the_beginning_of_a_name_will_do(typed: str, meant: str | None) -> None:
    """Where only one command begins so; else those that do are named."""
    if meant is not None:
        assert find(typed).name == meant
        return
    with pytest.raises(UsageError, match=r" or \."):
        find(typed)


def test_a_typo_is_told_the_nearest(session: Session, capsys: Captured) -> None:
    """And nothing is done."""
    assert taken(session, capsys, ".inspcet http_log") == (
        "",
        'no command is called ".inspcet"; did you mean ".inspect"?; see .help\n',
    )


def test_help_lists_every_command(session: Session, capsys: Captured) -> None:
    """Or one."""
    out, _ = taken(session, capsys, ".help")
    assert [line.split()[0] for line in out.splitlines() if line.startswith(".")] == [each.name for each in COMMANDS]
    assert taken(session, capsys, ".help save")[0].startswith(".save NAME")


def test_what_there_is_can_be_seen(session: Session, capsys: Captured) -> None:
    """Tables, their columns with what they mean, views and collections."""
    taken(session, capsys, "create view mine as select 1 as n; create schema s; create table s.t as select 1 as m;")

    assert "http_log" in taken(session, capsys, ".tables")[0]
    taken(session, capsys, "select count(*) from all_log;")
    own = [line.split()[0] for line in taken(session, capsys, ".tables")[0].splitlines() if "of this session" in line]
    assert own == ["mine"]
    assert "the rows of all tables" in taken(session, capsys, ".tables")[0]
    assert "s " in taken(session, capsys, ".views")[0]
    assert "all_log" in taken(session, capsys, ".views")[0]
    assert "remote_addr" in taken(session, capsys, ".inspect http_log")[0]
    assert "remote_addr" in taken(session, capsys, ".inspect web.http_log")[0]
    assert "tp_timestamp" in taken(session, capsys, ".inspect HTTP_LOG")[0]
    assert taken(session, capsys, ".inspect s.t")[0].splitlines()[-1].split() == ["m", "INTEGER"]
    assert 'did you mean "http_log"?' in taken(session, capsys, ".inspect http_lg")[1]
    assert taken(session, capsys, ".collections")[0].splitlines()[-1].split()[:2] == ["http_log.web", "3"]


def test_lists_keep_within_eighty_columns(session: Session, capsys: Captured) -> None:
    """Long descriptions go on below themselves."""
    taken(
        session,
        capsys,
        "create view wide as select {'a_rather_long_name': 1, 'another_long_name': {'inner': 'x'}} as s;",
    )
    for command in (".inspect wide", ".help", ".inspect http_log", ".tables", ".collections"):
        assert max(map(len, taken(session, capsys, command)[0].splitlines())) <= 80


def test_rows_outside_the_window_are_not_there(session: Session, capsys: Captured) -> None:
    """For any statement, until all are wanted again."""
    assert taken(session, capsys, ".from 2024-02-07T13:00:02Z")[1] == "rows from 2024-02-07 13:00:02Z\n"
    assert taken(session, capsys, COUNT)[0] == "n\n2\n"
    taken(session, capsys, ".to 2024-02-07T13:00:03Z")
    assert taken(session, capsys, COUNT)[0] == "n\n1\n"
    assert "T-7d" in taken(session, capsys, ".from yesterday")[1]
    taken(session, capsys, ".from all")
    assert ".to all" in taken(session, capsys, ".from 2024-02-08")[1]
    assert taken(session, capsys, ".to 2024-02-07")[1] == "rows to 2024-02-08\n"
    assert taken(session, capsys, COUNT)[0] == "n\n3\n"
    assert taken(session, capsys, ".to all")[1] == "all rows\n"
    assert taken(session, capsys, COUNT)[0] == "n\n3\n"


def test_what_is_shown_can_be_changed_after_a_compaction(project: Project, session: Session, capsys: Captured) -> None:
    """Whose files took the place of those that the statement before has read."""
    project.write("b.log", lines(4))
    project.collect_one()
    assert taken(session, capsys, COUNT)[0] == "n\n4\n"
    compact_collections(project.lake, [("http_log", "web")])

    assert taken(session, capsys, ".from 2024-02-07T13:00:02Z")[1] == "rows from 2024-02-07 13:00:02Z\n"
    assert taken(session, capsys, COUNT)[0] == "n\n3\n"


def test_what_is_shown_stays_when_it_cannot_be_changed(project: Project, session: Session, capsys: Captured) -> None:
    """As the console says, as soon as the lake can be read again."""
    assert taken(session, capsys, COUNT)[0] == "n\n3\n"
    (file,) = (project.folder / "lake" / "http_log").rglob("*.parquet")
    file.rename(file.with_suffix(".away"))
    assert "cannot be read" in taken(session, capsys, ".from 2024-02-07T13:00:02Z")[1]
    file.with_suffix(".away").rename(file)
    project.write("b.log", lines(4))
    project.collect_one()

    assert taken(session, capsys, COUNT)[0] == "n\n4\n"
    assert taken(session, capsys, ".from")[1] == "all rows\n"


def test_rows_of_other_indexes_are_not_there(session: Session, capsys: Captured) -> None:
    """Values may be patterns."""
    [index] = taken(session, capsys, "select distinct tp_index from http_log;")[0].splitlines()[1:]
    assert 'no row has an index that fits "nobody"' in taken(session, capsys, ".index nobody")[1]
    assert taken(session, capsys, COUNT)[0] == "n\n0\n"
    taken(session, capsys, f".index nobody {index[:3]}*")
    assert taken(session, capsys, COUNT)[0] == "n\n3\n"
    assert taken(session, capsys, ".index all")[1] == "all rows\n"


def test_outputs_are_chosen_and_switched(session: Session, capsys: Captured) -> None:
    """`.mode` is another name of `.output`."""
    taken(session, capsys, ".mode jsonl")
    assert json.loads(taken(session, capsys, "select 1 as a;")[0]) == {"a": 1}
    assert 'did you mean "json"?' in taken(session, capsys, ".output jsn")[1]
    taken(session, capsys, ".output csv")
    taken(session, capsys, ".header off")
    assert taken(session, capsys, "select 1 as a;")[0] == "1\n"
    taken(session, capsys, ".timing on")
    assert " in 0." in taken(session, capsys, "select 1 as a;")[1]
    assert taken(session, capsys, ".pager off")[1] == "pager: off\n"


def test_a_plan_is_shown_without_asking(session: Session, capsys: Captured) -> None:
    """And the statement stays the last one."""
    taken(session, capsys, COUNT)
    taken(session, capsys, ".output table")
    assert "PARQUET" in taken(session, capsys, ".explain")[0].upper()
    assert session.last == COUNT.removesuffix(";")


def test_saved_queries_are_asked_by_name(project: Project, session: Session, home: Path, capsys: Captured) -> None:
    """The user's own, and those beside the configuration."""
    shared = project.folder / "queries"
    shared.mkdir()
    (shared / "all_rows.sql").write_text("-- How many rows there are.\nselect count(*) as all_rows from http_log;\n")
    taken(session, capsys, COUNT)

    assert "saved" in taken(session, capsys, ".save rows")[1]
    assert (home / "queries" / "rows.sql").read_text() == COUNT + "\n"
    assert "replaced" in taken(session, capsys, ".save rows select 7 as seven")[1]
    assert taken(session, capsys, ".run rows")[0] == "seven\n7\n"
    assert taken(session, capsys, ".run all_rows")[0] == "all_rows\n3\n"
    assert "How many rows there" in taken(session, capsys, ".run")[0]
    assert 'did you mean "rows"?' in taken(session, capsys, ".run rosw")[1]
    assert taken(session, capsys, ".open queries/all_rows.sql")[0] == "all_rows\n3\n"
    assert "cannot be read" in taken(session, capsys, ".open nothing.sql")[1]


@pytest.mark.parametrize("name", ["../x", "a/b", "", "a b;", ".sql"])
def test_a_query_is_saved_nowhere_else(name: str, session: Session, home: Path, capsys: Captured) -> None:
    """Its name is a name, not a path."""
    taken(session, capsys, f".save {name}")

    assert not list(home.rglob("*.sql")) or name == "a b;"


def test_an_export_has_every_row(project: Project, session: Session, capsys: Captured) -> None:
    """Also those that the screen did not show."""
    taken(session, capsys, "from range(1500) as t(n);")

    assert taken(session, capsys, ".export rows.csv")[1] == "1,500 rows written to rows.csv\n"
    with (project.folder / "rows.csv").open() as file:
        assert [row[0] for row in csv.reader(file)] == ["n", *map(str, range(1500))]
    assert "there already" in taken(session, capsys, ".export rows.csv")[1]
    assert taken(session, capsys, ".export rows.parquet")[1] == "1,500 rows written to rows.parquet\n"
    assert duckdb.execute("select sum(n) from 'rows.parquet'").fetchall() == [(sum(range(1500)),)]
    taken(session, capsys, ".export one.json select 1 as a")
    assert json.loads((project.folder / "one.json").read_text()) == [{"a": 1}]


@pytest.mark.parametrize(
    "what",
    [
        ".export x.csv select nothing",
        ".export x.csv select 'a'::int from range(9)",
        ".export x.doc select 1",
        ".export lake/x.csv select 1",
        ".export x.csv copy t to 'y'",
        ".export no/x.csv select 1",
        ".export x.csv create table t as select 1",
    ],
)
def test_an_export_that_fails_leaves_nothing(what: str, project: Project, session: Session, capsys: Captured) -> None:
    """No part of a file, and nothing in the lake."""
    before = files_of(project.folder)
    _, err = taken(session, capsys, what)

    assert err
    assert files_of(project.folder) == before


def files_of(folder: Path) -> list[Path]:
    """Everything in a folder but what a lake keeps for itself."""
    return sorted(path for path in folder.rglob("*") if "_tailpipe" not in path.parts)


def test_leaving_ends_the_session(session: Session, capsys: Captured) -> None:
    """By either name."""
    taken(session, capsys, ".exit")
    assert session.is_over


def test_history_is_kept_for_its_owner_alone(home: Path) -> None:
    """Line ends survive; the newest comes first."""
    first = FileHistory()
    first.append_string("select\n  1;")
    first.append_string(".tables")

    assert list(FileHistory().load_history_strings()) == [".tables", "select\n  1;"]
    assert stat.S_IMODE((home / "history").stat().st_mode) == 0o600


def test_history_does_not_grow_for_ever(home: Path) -> None:
    """The oldest half goes."""
    home.mkdir()
    (home / "history").write_text("".join(f"{json.dumps(f'select {n};')}\n" for n in range(6000)) + '"torn')

    assert list(FileHistory().load_history_strings())[:2] == ["select 5999;", "select 5998;"]
    assert len((home / "history").read_text().splitlines()) == 2500
    assert stat.S_IMODE((home / "history").stat().st_mode) == 0o600


@pytest.mark.parametrize("text", [" select 1;", "select * from t where password = 'x';", "select {secret_key: 'x'};"])
def test_secrets_are_not_written_down(text: str, home: Path) -> None:
    """Neither is what begins with a blank."""
    assert is_private(text)
    FileHistory().append_string(text)
    assert not (home / "history").exists()
