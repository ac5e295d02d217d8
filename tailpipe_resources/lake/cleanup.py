"""Files that a commit took out of sight: put away when nobody reads them any more, and deleted in the end.

What a commit removes is noted. As soon as no reader can need a file it is moved out of the folders that plain globs
read, into `_tailpipe/past`, where queries as of an earlier version still find it, and after `KEPT_SECONDS` it is
deleted. In an object store, where readers leave no lease, it stays in place for that long.
"""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from tailpipe_resources.lake.delta import active_files, open_table
from tailpipe_resources.lake.leases import oldest_read
from tailpipe_resources.lake.storage import OWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tailpipe_resources.lake.storage import Lake

KEPT_SECONDS = 24 * 3600.0
"""How long superseded files are kept for queries as of an earlier time."""


def supersede(lake: Lake, table: str, version: int, paths: Iterable[str], *, kept: float = KEPT_SECONDS) -> None:
    """Note that a version of the table does without these files, and put away what nobody reads.

    Args:
        lake: where they lie.
        table: whose files they are.
        version: the first version without them.
        paths: relative to the table.
        kept: for how many seconds they are to be kept.
    """
    gone = sorted(paths)
    if gone:
        note = {"version": version, "paths": gone}
        until = int((time.time() + kept) * 1000)
        lake.store.write(f"{_waiting(table)}/{until:015}-{uuid.uuid4()}.json", json.dumps(note).encode())
        put_away(lake, table)


def put_away(lake: Lake, table: str) -> None:
    """Move superseded files that nobody reads out of sight, and delete those that were kept long enough."""
    waiting = _notes(lake, _waiting(table))
    if lake.store.is_remote:
        _delete(lake, _due(waiting), f"{table}/")
    elif waiting or _due(_notes(lake, _moved(table))):
        try:
            with oldest_read(lake, table) as oldest:
                _move_unread(lake, table, waiting, oldest)
                _delete_unread(lake, table, oldest)
        except BlockingIOError:
            pass


def hasten(lake: Lake, table: str, ends: Callable[[str], bool], *, kept: float = 0) -> None:
    """Keep superseded files that are to end, whose paths tell which they are, no longer than so many seconds."""
    until = int((time.time() + kept) * 1000)
    for folder in (_waiting(table), _moved(table)):
        for key in _notes(lake, folder):
            note = _read(lake, key)
            ending = [path for path in note.get("paths", ()) if ends(path)]
            if ending and _end(key) > until:
                made = json.dumps({**note, "paths": ending}).encode()
                lake.store.write(f"{folder}/{until:015}-{uuid.uuid4()}.json", made)
                staying = [path for path in note["paths"] if not ends(path)]
                lake.store.write(key, json.dumps({**note, "paths": staying}).encode())


def past(table: str, path: str) -> str:
    """The key of a file that was put away."""
    return f"{table}/{OWN}/past/{path}"


def _move_unread(lake: Lake, table: str, waiting: Sequence[str], oldest: int | None) -> None:
    found = open_table(lake, table) if waiting else None
    active = active_files(found) if found is not None else {}
    for key in waiting:
        note = _read(lake, key)
        if _is_unread(note, oldest):
            for path in note["paths"]:
                if path not in active:
                    lake.store.move(f"{table}/{path}", past(table, path))
            lake.store.move(key, f"{_moved(table)}/{key.rsplit('/', 1)[-1]}")


def _delete_unread(lake: Lake, table: str, oldest: int | None) -> None:
    """Delete what was kept long enough, but for what a query as of an earlier version reads."""
    due = [key for key in _due(_notes(lake, _moved(table))) if _is_unread(_read(lake, key), oldest)]
    _delete(lake, due, past(table, ""))


def _is_unread(note: Mapping[str, Any], oldest: int | None) -> bool:
    return bool(note) and (oldest is None or oldest >= note["version"])


def _delete(lake: Lake, notes: Iterable[str], where: str) -> None:
    """Delete the files of these notes, then the notes."""
    for key in notes:
        lake.store.remove(f"{where}{path}" for path in _read(lake, key).get("paths", ()))
        lake.store.remove([key])


def _due(notes: Iterable[str]) -> list[str]:
    now = time.time() * 1000
    return [key for key in notes if _end(key) <= now]


def _end(note: str) -> int:
    """Until when a note's files are kept, in Unix milliseconds."""
    return int(note.rsplit("/", 1)[-1].split("-", 1)[0])


def _notes(lake: Lake, folder: str) -> list[str]:
    """The notes of a folder, but for those that are just being written."""
    return [key for key in lake.store.keys(folder) if key.endswith(".json")]


def _read(lake: Lake, key: str) -> Mapping[str, Any]:
    """A note; an empty one where somebody else has dealt with it meanwhile."""
    try:
        note: Mapping[str, Any] = json.loads(lake.store.read(key))
    except FileNotFoundError:
        return {}
    return note


def _waiting(table: str) -> str:
    return f"{table}/{OWN}/superseded/waiting"


def _moved(table: str) -> str:
    return f"{table}/{OWN}/superseded/moved"
