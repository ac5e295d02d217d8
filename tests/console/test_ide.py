"""Harlequin over the lake."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.cli.exits import Exit
from tests.console.conftest import HCL, lines
from tests.services.console import Terminal, session_over

if TYPE_CHECKING:
    from pathlib import Path

    from tailpipe_assets.console.session import Session
    from tests.services.project import Project

HAS_HARLEQUIN = find_spec("harlequin") is not None
WITHOUT = """
import sys

class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] == "harlequin":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Finder)
"""
"""What Python runs first of all, as `sitecustomize`: there is no Harlequin."""


def test_it_says_how_to_install_what_is_missing(project: Project, tmp_path: Path) -> None:
    """And asks nothing."""
    (tmp_path / "sitecustomize.py").write_text(WITHOUT)
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    terminal = Terminal(project.folder, "--ide", PYTHONPATH=path)

    assert terminal.leave("") == Exit.USAGE, terminal.raw
    assert "pip install 'tailpipe[ide]'" in terminal.raw


@pytest.mark.skipif(not HAS_HARLEQUIN, reason="pip install 'tailpipe[ide]' brings Harlequin")
def test_it_reads_the_newest_snapshot_and_writes_nothing(project: Project, session: Session, tmp_path: Path) -> None:
    """What the console refuses is refused there too."""
    from harlequin.exception import HarlequinQueryError

    from tailpipe_assets.console.ide import adapter_over

    connection = adapter_over(session.tables).connect()
    assert connection.execute("select count(*) from http_log").fetchall().to_pylist() == [{"count_star()": 3}]
    project.write("b.log", lines(4))
    project.collect_one()

    assert connection.execute("select count(*) from http_log").fetchall().to_pylist() == [{"count_star()": 4}]
    early = connection.execute("select * from web.http_log where tp_timestamp < '2024-02-07 13:00:02Z'")
    late = connection.execute("select * from http_log where tp_timestamp > '2024-02-07 13:00:02Z'")
    assert (early.fetchall().num_rows, late.fetchall().num_rows) == (1, 2)
    with pytest.raises(HarlequinQueryError, match="COPY is refused"):
        connection.execute(f"copy http_log to '{tmp_path}/x.csv'")
    connection.close()


@pytest.mark.skipif(not HAS_HARLEQUIN, reason="pip install 'tailpipe[ide]' brings Harlequin")
def test_any_index_is_a_schema_there_too(project: Project) -> None:
    """Of many it has those that a statement names."""
    from tailpipe_assets.console.ide import adapter_over

    project.configure(HCL.replace("format =", 'tp_index = "remote_addr"\n  format ='))
    project.write("many.log", lines(*range(10, 40)))
    project.collect_one()
    connection = adapter_over(session_over(project).tables).connect()

    one = connection.execute('select count(*) as n from "10.0.0.30".http_log')
    every = connection.execute("select count(*) as n from http_log")
    assert (one.fetchall().to_pylist(), every.fetchall().to_pylist()) == ([{"n": 1}], [{"n": 33}])
    connection.close()
