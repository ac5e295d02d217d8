"""How fast a table's logs become rows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline import collect
from tailpipe_assets.testing.project import Project

if TYPE_CHECKING:
    from pathlib import Path


def speed_of(table: str, logs: Path, folder: Path) -> float:
    """Rows a CPU second, of all threads, from files on this machine to committed rows.

    Args:
        table: its name.
        logs: a folder of logs in its default format; some 100,000 records give a steady figure.
        folder: an empty folder to work in.
    """
    project = Project(folder)
    (folder / "tailpipe.hcl").write_text(
        f'destination "parquet" "default" {{\n  path = "{folder}/lake"\n}}\n'
        f'source "file" "logs" {{\n  path = "{logs}"\n}}\n'
        f'collection "{table}" "c" {{\n  source = source.file.logs\n}}\n'
    )
    plans = project.plans()
    begun = time.process_time()
    rows = sum(each.rows for each in collect(plans))
    return rows / (time.process_time() - begun)
