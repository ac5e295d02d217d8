"""Collecting where space runs out."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline import collect, plan
from tailpipe_resources.config import load
from tests.services.project import Project
from tests.services.small_disk import small_disk

if TYPE_CHECKING:
    from pathlib import Path

    from tailpipe_resources.model.results import Progress

LINE = '10.0.0.1 - - [07/Feb/2024:13:00:00 +0000] "GET /{} HTTP/1.1" 200 5 "-" "x"\n'
LINES = 20_000


def configured(tmp_path: Path, lake: Path) -> Project:
    """Logs that do not get smaller, to be collected into a lake elsewhere."""
    project = Project(tmp_path)
    paths = random.Random(1)
    for name in "ab":
        project.write(f"{name}.log", "".join(LINE.format(f"{paths.getrandbits(512):x}") for _ in range(LINES)))
    (tmp_path / "tailpipe.hcl").write_text(
        f'destination "parquet" "default" {{\n  path = "{lake}"\n}}\n'
        f'source "file" "logs" {{\n  path = "{project.logs}"\n}}\n'
        'collection "http_log" "web" {\n  source = source.file.logs\n  format = "combined"\n}\n'
    )
    return project


def test_nothing_is_lost_when_space_runs_out(tmp_path: Path) -> None:
    """The run says so and shows nothing; the next one, with room again, brings in everything."""
    with small_disk(tmp_path / "disk", 110) as disk:
        project = configured(tmp_path, disk.folder / "lake")
        told: list[Progress] = []

        def fill(progress: Progress) -> None:
            told.append(progress)
            if progress.stage == "listing" and not progress.note and not (disk.folder / "filler").exists():
                disk.fill(but=1 << 20)

        (result,) = collect(plan(load([project.folder / "tailpipe.hcl"])), on_event=fill)

        assert "free on the disk" in told[0].note
        assert "No space left" in str(result.failure)
        assert result.notes[0] == told[0].note
        assert project.one("select count(*) from http_log") == 0

        disk.empty()
        assert project.collect_one().rows == 2 * LINES
        assert project.one("select count(distinct tp_id) from http_log") == 2 * LINES
        assert not list((disk.folder / "lake").rglob("*.tmp"))


def test_too_little_space_stops_before_the_start(tmp_path: Path) -> None:
    """Not one artifact is read."""
    with small_disk(tmp_path / "disk", 50) as disk:
        project = configured(tmp_path, disk.folder / "lake")

        (result,) = project.collect()

        assert "only 50.0 MiB are free" in str(result.failure)
        assert list(disk.folder.rglob("*.parquet")) == []
