"""`tailpipe compact`: what it selects, what it says, and that a second run has nothing to do."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.cli.compact import size_of
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.main import main
from tailpipe_resources.errors import UsageError
from tailpipe_resources.lake import snapshot
from tests.services.project import Project

if TYPE_CHECKING:
    from pathlib import Path

HCL = """
source "file" "web" {{
  path = "{logs}"
}}
collection "http_log" "one" {{
  source = source.file.web
}}
collection "http_log" "two" {{
  source = source.file.web
}}
"""
LINE = '10.0.0.1 - - [{day:02}/Feb/2024:12:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "curl"\n'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Two days in three files each, collected one after the other, and a line that does not fit in each."""
    monkeypatch.chdir(tmp_path)
    made = Project(tmp_path)
    made.configure(HCL.format(logs=made.logs))
    for number in range(3):
        made.write(f"{number}.log", "".join(LINE.format(day=day) for day in (7, 8)) + "nonsense\n")
        made.collect()
    return made


def compact(project: Project, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Exit code and output of the command."""
    code, out, _ = told(project, capsys, *words)
    return code, out


def told(project: Project, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """The same with what went to stderr."""
    with pytest.raises(SystemExit) as left:
        main(["compact", *words, "--config-path", str(project.folder / "tailpipe.hcl")])
    assert isinstance(left.value.code, int)
    return left.value.code, *capsys.readouterr()


def files(project: Project, table: str = "http_log") -> int:
    """How many Parquet files readers find."""
    return len(list(project.stored(table).glob("tp_partition=*/**/*.parquet")))


def test_every_day_becomes_one_file(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Of rows and of rejects, in every collection; the second run finds nothing to do."""
    assert (files(project), files(project, "tailpipe_rejected")) == (12, 6)

    code, out = compact(project, capsys)

    assert (code, files(project), files(project, "tailpipe_rejected")) == (Exit.OK, 4, 2)
    assert "http_log.one  3      9 -> 3" in out
    assert project.ask("select count(*), count(distinct tp_id) from http_log") == [(12, 6)]
    assert compact(project, capsys) == (Exit.OK, "nothing to compact\n")
    assert sum(each.rows for each in project.collect()) == 0


def test_a_selector_and_a_window_narrow_it(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """One collection, one day."""
    code, out = compact(project, capsys, "http_log.two", "--from", "2024-02-08", "--to", "2024-02-08", "--output=json")

    assert code == Exit.OK
    [told] = json.loads(out)["collections"]
    assert (told["collection"], told["slots"], told["days"]) == ("http_log.two", 1, ["2024-02-08"])
    assert files(project) == 10


def test_what_is_not_configured_any_more_is_compacted_too(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Its rows are still asked for."""
    project.configure("")

    assert compact(project, capsys, "one")[0] == Exit.OK
    assert files(project) == 8


def test_a_selector_that_means_nothing_is_refused(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """With the nearest name; nothing is done."""
    code, _, err = told(project, capsys, "http_lgo")

    assert code == Exit.USAGE
    assert 'did you mean "http_log"?' in err
    assert files(project) == 12


def test_an_empty_lake_has_nothing_to_compact(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first run of a nightly job is no failure."""
    made = Project(tmp_path)
    made.configure(HCL.format(logs=made.logs))

    assert compact(made, capsys) == (Exit.OK, "nothing to compact\n")


@pytest.mark.parametrize(("text", "size"), [("1MiB", 1 << 20), ("256 mb", 256 << 20), ("2G", 2 << 30)])
def test_sizes_are_read_as_people_write_them(text: str, size: int) -> None:
    """With and without the B, in either case."""
    assert size_of(text) == size


@pytest.mark.parametrize("text", ["", "big", "12", "-1G", "1.5G"])
def test_sizes_that_make_no_sense_are_refused(text: str) -> None:
    """Files of a few bytes would be no compaction."""
    with pytest.raises(UsageError, match="256MiB"):
        size_of(text)


def test_rows_move_when_their_index_changed(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Told by collection; what lies right is left alone, and flags of other work are refused."""
    hcl = project.folder / "tailpipe.hcl"
    hcl.write_text(hcl.read_text().replace('"http_log" "one" {', '"http_log" "one" {\n  tp_index = "remote_addr"'))

    code, out, err = told(project, capsys, "--reindex", "--output=json")
    moved = {each["collection"]: each for each in json.loads(out)["reindexed"]}

    assert (code, moved["http_log.two"]["days"]) == (Exit.OK, 0)
    assert {
        name: moved["http_log.one"][name] for name in ("days", "files_before", "files_after", "moved", "stuck")
    } == {
        "days": 2,
        "files_before": 6,
        "files_after": 2,
        "moved": 6,
        "stuck": {},
    }
    assert "http_log.one: 6 rows moved, up to 2024-02-08" in err
    assert project.ask("select distinct tp_index from http_log where tp_partition = 'one'") == [("10.0.0.1",)]
    assert compact(project, capsys, "--reindex") == (Exit.OK, "nothing to reindex: every row lies where it belongs\n")
    assert compact(project, capsys, "--reindex", "--dry-run")[0] == Exit.USAGE


def test_what_was_read_is_put_away_by_the_next_run(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Also when that run finds nothing to compact."""
    with ExitStack() as until:
        snapshot(project.lake, "http_log", until)
        compact(project, capsys)
        assert files(project) == 16

    assert compact(project, capsys) == (Exit.OK, "nothing to compact\n")
    assert files(project) == 4
