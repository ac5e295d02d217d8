"""Destinations that cannot take rows: told in words with the place, and what is there stays as it is."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.main import main
from tailpipe_resources.model.names import literal
from tests.services.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINE = "2024-02-07T12:00:00Z {word}\n"
HCL = """
collection "custom" "words" {
  table_name = "words"
  source = source.file.logs
  format = "^(?P<at>\\\\S+) (?P<word>.*)$"
  timestamp = "at"
}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """One line to collect; the working directory is the project."""
    monkeypatch.chdir(tmp_path)
    made = Project(tmp_path)
    made.write("a.log", LINE.format(word="one"))
    made.configure(HCL)
    return made


@pytest.fixture
def small(project: Project) -> Iterator[Path]:
    """The lake's folder as a small file system of its own."""
    folder = project.folder / "lake"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128m", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def collect(capfd: pytest.CaptureFixture[str]) -> tuple[int | str | None, str]:
    """What `tailpipe collect` leaves with, and all that it says."""
    with pytest.raises(SystemExit) as left:
        main(["collect", "--no-record"])
    said = capfd.readouterr()
    return left.value.code, f"{said.out}{said.err}"


def refused(capfd: pytest.CaptureFixture[str], *words: str) -> None:
    """Collecting fails as a lake's fault, with these words and no traceback."""
    code, said = collect(capfd)

    assert code == Exit.FAILED
    for each in words:
        assert each in said
    assert "Traceback" not in said


def test_a_file_in_its_place(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    """The destination is a file."""
    (project.folder / "lake").write_text("mine")

    refused(capfd, "cannot write to the lake", f"{project.folder}/lake", "Not a directory")

    assert (project.folder / "lake").read_text() == "mine"


def test_a_delta_table_of_somebody_else(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    """It is left as it is."""
    write_deltalake(str(project.stored("words")), pa.table({"n": [1, 2]}))

    refused(capfd, "the table words there was not made by Tailpipe", "choose another path for the destination")

    assert DeltaTable(str(project.stored("words"))).version() == 0


def test_hive_files_that_are_not_ours(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    """They would be in plain globs and in no query; so they are not mixed with ours."""
    folder = (
        project.stored("words") / "tp_partition=words" / "tp_index=x" / "tp_year=2024" / "tp_month=02" / "tp_day=07"
    )
    folder.mkdir(parents=True)
    duckdb.execute(f"COPY (SELECT 1 AS n) TO {literal(str(folder / 'a.parquet'))}")

    refused(capfd, "holds Parquet files that no Tailpipe lake knows of", "or move them away", "lake/words")

    assert [each.name for each in project.stored("words").rglob("*.parquet")] == ["a.parquet"]


def test_a_lake_of_a_later_version(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    """It is not written to."""
    assert collect(capfd)[0] == Exit.OK
    DeltaTable(str(project.stored("words"))).alter.set_table_properties(
        {"tailpipe.format": "2"}, raise_if_not_exists=False
    )
    project.write("b.log", LINE.format(word="two"))

    refused(capfd, "the table words was written by a later version of Tailpipe, in its format 2")


def test_a_full_disk_loses_and_doubles_nothing(
    project: Project, small: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What does not fit is told; once there is room the next run brings in the rest, once."""
    assert collect(capfd)[0] == Exit.OK
    noise = "".join(LINE.format(word=os.urandom(40).hex()) for _ in range(20_000))
    project.write("b.log", noise)

    subprocess.run(["mount", "-o", "remount,size=8m", small], check=True)
    refused(capfd, f"{project.folder}/lake", "are free on the disk")
    assert project.ask("select word from words") == [("one",)]

    subprocess.run(["mount", "-o", "remount,size=256m", small], check=True)
    assert collect(capfd)[0] == Exit.OK
    assert project.one("select count(*) from words") == 20_001
    assert project.one("select count(distinct word) from words") == 20_001
    assert not [*small.rglob("*.tmp")]


def test_a_read_only_destination_can_be_asked(project: Project, small: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Collecting says why it cannot; queries go on."""
    assert collect(capfd)[0] == Exit.OK
    project.write("b.log", LINE.format(word="two"))
    subprocess.run(["mount", "-o", "remount,ro", small], check=True)

    refused(capfd, "cannot write to the lake", f"{project.folder}/lake", "Read-only file system")

    with pytest.raises(SystemExit) as left:
        main(["query", "select word from words", "--output", "csv"])
    assert left.value.code == Exit.OK
    assert capfd.readouterr().out.split() == ["word", "one"]
