"""Questions that are being answered while a compaction replaces every file they read."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.pipeline.compact import compact_collections
from tailpipe_assets.testing.project import Project
from tailpipe_assets.views.opened import open_config
from tailpipe_resources.config import load

if TYPE_CHECKING:
    from pathlib import Path

HCL = """
collection "custom" "c" {
  source     = source.file.logs
  table_name = "t"
  format     = `(?P<time>\\S+) (?P<n>\\d+)`
}
"""
RUNS, LINES = 12, 3_000


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A folder of logs."""
    return Project(tmp_path)


def filled(project: Project) -> None:
    """A dozen files, all of one day."""
    project.configure(HCL)
    for run in range(RUNS):
        numbers = range(run * LINES, (run + 1) * LINES)
        project.write(f"{run}.log", "".join(f"2024-02-07T12:00:00Z {n}\n" for n in numbers))
        project.collect_one()


def test_rows_that_are_being_read_stay(project: Project) -> None:
    """A question that was begun before the compaction ends with every row, once."""
    filled(project)
    with open_config(load([project.folder / "tailpipe.hcl"])) as opened:
        batches = opened.ask("SELECT n::BIGINT FROM t").batches
        found = [row[0] for row in next(batches)]
        (result,) = compact_collections(project.lake, [("t", "c")])
        found += [row[0] for batch in batches for row in batch]

    assert result.files_before == RUNS
    assert result.files_after == 1
    assert sorted(found) == list(range(RUNS * LINES))


def test_questions_one_after_the_other_are_exact(project: Project) -> None:
    """Before, while and after every file is replaced."""
    filled(project)
    compaction = Thread(target=compact_collections, args=(project.lake, [("t", "c")]))
    counts: list[tuple[int, int]] = []
    with open_config(load([project.folder / "tailpipe.hcl"])) as opened:
        compaction.start()
        going = True
        while going:
            going = compaction.is_alive()
            opened.refresh()
            counts += [
                row for batch in opened.ask("SELECT count(*), count(DISTINCT n) FROM t").batches for row in batch
            ]
        compaction.join()

    assert len(counts) > 1
    assert set(counts) == {(RUNS * LINES, RUNS * LINES)}
