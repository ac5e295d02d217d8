"""Copies that hold rows which are not in the lake any more: removed, so that what was deleted is nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from tailpipe_assets.views.copies import SUFFIX, folder_of
from tailpipe_resources.config.outline import Outline
from tailpipe_resources.lake import open_lake, snapshot, tables
from tailpipe_resources.query.copies import opened_copy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tailpipe_resources.lake import Lake
    from tailpipe_resources.model.config import Config


def remove_outdated(config: Config) -> tuple[str, ...]:
    """Remove every copy of the configuration's lakes that knows files which are not there any more; whose they were.

    No question would read such a copy. Whoever has one open reads it to the end.

    Raises:
        LakeError: a lake cannot be read.
    """
    lakes = tuple(open_lake(each) for each in Outline.of(config).lakes)
    paths = sorted(folder_of(lakes).glob(f"*{SUFFIX}"))
    there = _files(lakes) if paths else {}
    gone = [path for path in paths if not _holds(path, there)]
    for path in gone:
        path.unlink(missing_ok=True)
    return tuple(path.stem for path in gone)


def is_outdated(copy: Path, lakes: tuple[Lake, ...]) -> bool:
    """Whether a copy knows files that are not in the lakes any more."""
    return not _holds(copy, _files(lakes))


def _files(lakes: tuple[Lake, ...]) -> dict[str, set[str]]:
    """The files of each table, by where they lie."""
    found: dict[str, set[str]] = {}
    for lake in lakes:
        start = lake.store.address("")
        for table in tables(lake):
            stored = snapshot(lake, table)
            paths = () if stored is None else stored.files
            found.setdefault(table, set()).update(f"{lake.root}/{path.removeprefix(start)}" for path in paths)
    return found


def _holds(path: Path, there: Mapping[str, set[str]]) -> bool:
    """Whether all files that a copy knows are still there; not of one that cannot be read."""
    try:
        with opened_copy(str(path)) as about:
            return all(files <= there.get(table, set()) for table, files in about.files.items())
    except (duckdb.Error, ValueError):
        return False
