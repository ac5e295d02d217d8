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

from tailpipe_resources.errors import CommitConflictError
from tailpipe_resources.lake.delta import active_files, commit_change, open_table
from tailpipe_resources.lake.leases import oldest_read
from tailpipe_resources.lake.ledger import made_at
from tailpipe_resources.lake.lookup_names import lookup_key
from tailpipe_resources.lake.storage import OWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tailpipe_resources.lake.delta import Change
    from tailpipe_resources.lake.storage import Lake

ABANDONED_SECONDS = 24 * 3600.0
"""After so long an attempt that was not committed is taken for dead, where no lock tells."""

STALE_SECONDS = ABANDONED_SECONDS / 2
"""A commit that was prepared longer ago, by a machine that slept for instance, is not made any more: by the time others
take it for dead and remove its files, nobody can still be about to make it."""

KEPT_SECONDS = 24 * 3600.0
"""How long superseded files are kept for queries as of an earlier time."""


def commit_superseding(lake: Lake, table: str, change: Change, *, kept: float = KEPT_SECONDS) -> int:
    """Commit a change, and put away what it takes out of sight.

    What it is about to take out is noted before, so that a run that dies right after its commit leaves no file behind
    that nobody knows of.

    Args:
        lake: where the table lies.
        table: its name.
        change: what comes and goes.
        kept: for how many seconds the files that go are to be kept.

    Returns:
        A version of the table in which the change is visible.

    Raises:
        CommitConflictError: someone else moved the stream or removed one of the files; plan again.
        LakeError: the log cannot be written.
    """
    if time.time() - made_at(change.batch) > STALE_SECONDS:
        raise CommitConflictError(f"the commit to {table} was prepared too long ago; plan it again")
    paths = sorted(each.path for each in change.removed)
    if not paths:
        return commit_change(lake, table, change)
    key = _new_note(table, kept)
    _write(lake, key, None, paths)
    try:
        version = commit_change(lake, table, change)
    except CommitConflictError:
        lake.store.remove([key])
        raise
    _write(lake, key, version, paths)
    put_away(lake, table)
    return version


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
        _write(lake, _new_note(table, kept), version, gone)
        put_away(lake, table)


def put_away(lake: Lake, table: str) -> None:
    """Move superseded files that nobody reads out of sight, and delete those that were kept long enough."""
    waiting = _notes(lake, _waiting(table))
    if lake.store.is_remote:
        due = _settled(lake, table, _due(waiting))
        _delete(lake, table, due, f"{table}/")
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


def superseded(lake: Lake, table: str) -> frozenset[str]:
    """All files that notes name. Of a file that was active once and is not any more, it tells until it is deleted."""
    named: set[str] = set()
    seen: set[str] = set()
    # Notes move, and hand files on to others, while they are read; where they went was there before they were gone.
    while new := [key for key in _notes(lake, f"{table}/{OWN}/superseded") if key not in seen]:
        seen.update(new)
        named.update(path for key in new for path in _read(lake, key).get("paths", ()))
    return frozenset(named)


def past(table: str, path: str) -> str:
    """The key of a file that was put away."""
    return f"{table}/{OWN}/past/{path}"


def _move_unread(lake: Lake, table: str, waiting: Sequence[str], oldest: int | None) -> None:
    for key in _settled(lake, table, waiting):
        note = _read(lake, key)
        if _is_unread(note, oldest):
            for path in note["paths"]:
                lake.store.move(f"{table}/{path}", past(table, path))
            lake.store.move(key, f"{_moved(table)}/{key.rsplit('/', 1)[-1]}")


def _settled(lake: Lake, table: str, notes: Sequence[str]) -> list[str]:
    """The notes whose commits the table shows to be made. Files that it shows are struck from them."""
    found = open_table(lake, table) if notes else None
    if found is None:
        return []
    active, now = active_files(found), found.version()
    settled = []
    for key in notes:
        note = _read(lake, key)
        paths = [path for path in note.get("paths", ()) if path not in active]
        if note and note["version"] is None and len(paths) < len(note["paths"]):
            if note["made"] < time.time() - ABANDONED_SECONDS:
                lake.store.remove([key])
            continue
        if note and note["version"] is not None and note["version"] > now:
            # Made after the table was looked at, which still showed the files.
            continue
        if note and (note["version"] is None or len(paths) < len(note["paths"])):
            _write(lake, key, now if note["version"] is None else note["version"], paths)
        settled.append(key)
    return settled


def _delete_unread(lake: Lake, table: str, oldest: int | None) -> None:
    """Delete what was kept long enough, but for what a query as of an earlier version reads."""
    due = [key for key in _due(_notes(lake, _moved(table))) if _is_unread(_read(lake, key), oldest)]
    _delete(lake, table, due, past(table, ""))


def _is_unread(note: Mapping[str, Any], oldest: int | None) -> bool:
    return bool(note) and (oldest is None or oldest >= note["version"])


def _delete(lake: Lake, table: str, notes: Iterable[str], where: str) -> None:
    """Delete the files of these notes and their lookups, then the notes."""
    for key in notes:
        paths = _read(lake, key).get("paths", ())
        lake.store.remove(f"{where}{path}" for path in paths)
        if not lake.store.is_remote:
            lake.store.remove(lookup_key(table, path) for path in paths)
        lake.store.remove([key])


def _new_note(table: str, kept: float) -> str:
    until = int((time.time() + kept) * 1000)
    return f"{_waiting(table)}/{until:015}-{uuid.uuid4()}.json"


def _write(lake: Lake, key: str, version: int | None, paths: Sequence[str]) -> None:
    """Note files. The version is the first without them; None while the commit that takes them out is to be made."""
    lake.store.write(key, json.dumps({"version": version, "made": time.time(), "paths": paths}).encode())


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
