"""Leftovers: files that no commit names, and what runs left behind that are gone."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING
from urllib.parse import unquote

from tailpipe_resources.errors import BusyError, LakeError
from tailpipe_resources.lake.attempts import attempted
from tailpipe_resources.lake.cleanup import superseded
from tailpipe_resources.lake.intent import files_in
from tailpipe_resources.lake.ledger import batches, read_intent
from tailpipe_resources.lake.log import read_commit, read_log
from tailpipe_resources.lake.retired import log_of
from tailpipe_resources.lake.storage import OWN
from tailpipe_resources.model.finding import DERIVED_TABLES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from tailpipe_resources.lake.storage import Lake
    from tailpipe_resources.lake.stored import Stored

ORPHANED_SECONDS = 24 * 3600.0
"""After so long a file that no commit names belongs to nobody: no run takes longer to commit it."""


NOTED_SECONDS = 3600.0
"""After so long whoever took a file out of sight without noting it is gone: the note follows the commit at once."""


def collections_of(lake: Lake, table: str) -> tuple[str, ...]:
    """The collections of a table that were ever begun."""
    return tuple(unquote(name) for name in lake.store.folders(f"{table}/{OWN}/streams"))


def is_busy(lake: Lake, table: str, collection: str) -> bool:
    """Whether a run is at work on a collection, or cannot be told not to be."""
    with ExitStack() as held:
        try:
            held.enter_context(lake.lock(table, collection))
        except (BusyError, LakeError):
            return True
        return False


def orphans(
    lake: Lake, table: str, listing: Mapping[str, Stored], active: Collection[str], *, now: float | None = None
) -> tuple[str, ...]:
    """Parquet files where rows lie that no version shows and nobody will commit any more; relative to the table.

    Those a commit removed are among them when the note that they are superseded was lost in a crash.
    """
    now = time.time() if now is None else now
    before = now - ORPHANED_SECONDS
    paths = {key.removeprefix(f"{table}/"): each for key, each in listing.items() if _holds_rows(key, table)}
    beside = paths.keys() - set(active)
    if not beside:
        return ()
    beside -= superseded(lake, table) | attempted(lake, table, over=False)
    gone = beside & attempted(lake, table, over=True)
    gone |= beside & {path for path, when in _removed(lake, table) if when < now - NOTED_SECONDS}
    waiting = set(intended(lake, table)) - gone
    return tuple(sorted(path for path in beside - waiting if path in gone or paths[path].modified < before))


def staged(lake: Lake, table: str, *, now: float | None = None) -> tuple[Path, ...]:
    """Folders of staged files whose run is gone."""
    folder = lake.store.scratch / table / OWN / "staging"
    before = (time.time() if now is None else now) - ORPHANED_SECONDS
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return tuple(each for each in found if each.is_dir() and _is_left(lake, each, before))


def _is_left(lake: Lake, folder: Path, before: float) -> bool:
    """A collection's lock says whether its run is gone; of other work only time tells."""
    table, _, collection = unquote(folder.name).partition("/")
    try:
        if not any(folder.iterdir()):
            return False
        if collection in collections_of(lake, table):
            return not is_busy(lake, table, collection)
        return max(each.stat().st_mtime for each in (folder, *folder.iterdir())) < before
    except FileNotFoundError:
        return False  # somebody is at work in it


def _holds_rows(key: str, table: str) -> bool:
    return key.startswith(f"{table}/tp_partition=") and key.endswith(".parquet")


def intended(lake: Lake, table: str) -> Iterator[str]:
    """What intents name, also those of other tables whose rejects or findings lie here."""
    for name in lake.store.folders(""):
        for collection in collections_of(lake, name):
            folder = lake.stream(name, collection)
            for batch in batches(lake, folder):
                try:
                    intent = read_intent(lake, folder, batch)
                except LakeError:
                    continue
                if table in (name, *DERIVED_TABLES):
                    yield from files_in(intent, table)


def _removed(lake: Lake, table: str) -> Iterator[tuple[str, float]]:
    """What commits of the last day or more took out of sight, and when, in Unix seconds."""
    logs = (read_log(lake, each) for each in (table, log_of(table)))
    for key in (key for log in logs for key in log.commits.values()):
        for action in read_commit(lake, key) or ():
            if "remove" in action:
                removed = action["remove"]
                yield unquote(removed["path"]), (removed.get("deletionTimestamp") or 0) / 1000
