"""Attempts: files that a rewrite is about to put in place are named before, so that a kill leaves none nobody knows of.

What a collection brings is named by its intent. Files that are written anew without some rows, compacted or reindexed
are named by a note of their own, from before they are put in place until their commit is made. On a disk whoever makes
the attempt holds a lock beside its note, which the kernel frees when the process ends: from then on nobody can make the
commit, and the log tells whether it was made. Across machines there are no locks, and an attempt is over when it is so
old that its commit has long been refused.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections import defaultdict
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tailpipe_resources.errors import BusyError, CommitConflictError, LakeError
from tailpipe_resources.lake.cleanup import ABANDONED_SECONDS, superseded
from tailpipe_resources.lake.delta import active_files, open_table
from tailpipe_resources.lake.ledger import made_at
from tailpipe_resources.lake.local import locked
from tailpipe_resources.lake.storage import OWN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from tailpipe_resources.lake.storage import Lake


_NAME = re.compile(r"\.?(?P<name>\d{20}-[^.]+)\.")
UNCOMMITTED = "files that an earlier run had written anew and not committed were removed"


@contextmanager
def attempt(lake: Lake, table: str, batch: int, paths: Sequence[str]) -> Iterator[None]:
    """Name files before they are put in place and committed, which is what the block does.

    The note goes when the commit is made or refused; files that it does not show are removed then. When it is not known
    what became of the commit the note stays, and the next run sees to it.

    Args:
        lake: where the table lies.
        table: its name.
        batch: of the commit, made before now. It is refused when it comes too late, which others rely on.
        paths: the files, relative to the table.
    """
    if not paths:
        yield
        return
    name = f"{batch:020}-{uuid.uuid4()}"
    with _held(lake, table, name):
        lake.store.write(_key(table, name), json.dumps({"paths": list(paths)}).encode())
        try:
            yield
        except CommitConflictError:
            drop(lake, table, paths)
            lake.store.remove([_key(table, name)])
            raise
        # The commit counts whether or not its note can be removed, and the note does no harm.
        with suppress(LakeError):
            lake.store.remove([_key(table, name)])


def drop(lake: Lake, table: str, paths: Iterable[str], active: Collection[str] | None = None) -> int:
    """Remove files that were put in place for a commit, unless it was made after all. Returns how many it does without.

    Args:
        lake: where they lie.
        table: whose files they are.
        paths: relative to the table.
        active: the files of a version that is not older than the end of the attempt; of the newest when not given.
    """
    wanted = list(paths)
    if active is None:
        found = open_table(lake, table) if wanted else None
        if found is None:
            return 0
        active = active_files(found)
    beside = [path for path in wanted if path not in active]
    # A commit that was made and rewritten by others since had them noted before they went out of sight.
    noted = superseded(lake, table) if beside else frozenset()
    gone = [path for path in beside if path not in noted]
    lake.store.remove(f"{table}/{path}" for path in gone)
    return len(gone)


def sweep_attempts(lake: Lake, table: str) -> int:
    """Remove what attempts left whose commit cannot be made any more. Returns how many files that was."""
    count = 0
    for name, keys in _left(lake, table).items():
        if _may_be_over(lake, name):
            with suppress(BusyError), _held(lake, table, name):
                # Only now that nobody can make the commit does the log tell whether it was made.
                count += drop(lake, table, _read(lake, table, name))
                lake.store.remove(keys)
    return count


def attempted(lake: Lake, table: str, *, over: bool) -> frozenset[str]:
    """The files that attempts name which are over, or that may be under way."""
    names = [name for name in _left(lake, table) if _is_over(lake, table, name) == over]
    return frozenset(path for name in names for path in _read(lake, table, name))


def _is_over(lake: Lake, table: str, name: str) -> bool:
    """Whether nobody can make the commit any more; not where that cannot be told."""
    if not _may_be_over(lake, name):
        return False
    try:
        with _held(lake, table, name):
            return True
    except (BusyError, LakeError):
        return False


def _may_be_over(lake: Lake, name: str) -> bool:
    """Whether an attempt can be over: on a disk its lock tells, across machines its age."""
    return not lake.store.is_remote or time.time() - made_at(int(name.split("-", 1)[0])) > ABANDONED_SECONDS


def _left(lake: Lake, table: str) -> dict[str, list[str]]:
    """The keys of each attempt that left a note, a lock or a half-written file."""
    found = defaultdict(list)
    for key in lake.store.keys(_folder(table)):
        if named := _NAME.match(key.rsplit("/", 1)[-1]):
            found[named["name"]].append(key)
    return dict(found)


def _read(lake: Lake, table: str, name: str) -> tuple[str, ...]:
    """The files a note names; none where it was not written yet, or is gone."""
    try:
        return tuple(json.loads(lake.store.read(_key(table, name)))["paths"])
    except FileNotFoundError:
        return ()


@contextmanager
def _held(lake: Lake, table: str, name: str) -> Iterator[None]:
    """Hold the lock of an attempt, on a disk. Its name is used once, so that the file can go with it.

    Raises:
        BusyError: the attempt is under way.
    """
    if lake.store.is_remote:
        yield
        return
    path = lake.store.scratch / _folder(table) / f"{name}.lock"
    with locked(path, f"files of {table}"):
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _key(table: str, name: str) -> str:
    return f"{_folder(table)}/{name}.json"


def _folder(table: str) -> str:
    return f"{table}/{OWN}/attempts"
