"""A run after a crash finishes or discards what was left, by itself, and says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from deltalake import DeltaTable

from tailpipe_resources.lake.log import read_log

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.project import Project

HCL = 'collection "http_log" "web" {\n  source = source.file.logs\n  format = "combined"\n}\n'
LINE = '10.0.0.1 - - [07/Feb/2024:13:00:00 +0000] "GET /{} HTTP/1.1" 200 5 "-" "x"\n'


@pytest.fixture
def collected(project: Project) -> Project:
    """Two runs, each with a file of one row."""
    project.configure(HCL)
    for name in "ab":
        project.write(f"{name}.log", LINE.format(name))
        assert project.collect_one().notes == ()
    return project


def newest_commit(project: Project, table: str = "http_log") -> Path:
    """The file of the last commit of a table."""
    log = read_log(project.lake, table)
    assert log.newest is not None
    return project.lake.store.scratch / log.commits[log.newest]


@pytest.mark.parametrize("keep", [0, 100])
def test_a_torn_commit_is_collected_again(collected: Project, keep: int) -> None:
    """Every row once; the query in between sees what was whole."""
    path = newest_commit(collected)
    path.write_bytes(path.read_bytes()[:keep])
    assert collected.one("select count(*) from http_log") == 1

    result = collected.collect_one()

    assert (result.rows, result.skipped) == (1, 1)
    assert "commit 2 is not whole" in result.notes[0]
    assert "discarded" in result.notes[1]
    assert collected.ask("select request_uri from http_log order by 1") == [("/a",), ("/b",)]
    assert collected.collect_one().notes == ()


def test_a_checkpoint_torn_in_its_middle_is_no_end(collected: Project) -> None:
    """The run finds that the table does not open, and mends it."""
    DeltaTable(str(collected.stored("http_log"))).create_checkpoint()
    path = next((collected.stored("http_log") / "_delta_log").glob("*.parquet"))
    content = path.read_bytes()
    path.write_bytes(content[:4] + bytes(len(content) - 8) + content[-4:])

    result = collected.collect_one()

    assert (result.rows, result.skipped) == (0, 2)
    assert "checkpoint 2 is not whole" in result.notes[0]
    assert collected.one("select count(*) from http_log") == 2


def test_a_torn_table_of_rejects_is_mended_and_brought_up(project: Project) -> None:
    """Rejects that were lost with the tail of their own table come back from the ledger."""
    project.configure(HCL)
    project.write("a.log", LINE.format("a") + "what is this\n")
    project.collect_one()
    path = newest_commit(project, "tailpipe_rejected")
    path.write_bytes(path.read_bytes()[:50])

    result = project.collect_one()

    assert [note.split(":", 1)[0] for note in result.notes] == [
        "the log of tailpipe_rejected was mended after a crash",
        "http_log.web",
    ]
    assert project.one("select count(*) from tailpipe_rejected") == 1
