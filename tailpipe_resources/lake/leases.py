"""Leases: a reader says which version of a table it reads, and files of that version stay until it is done.

A lease is a shared lock on a file named after the version. The kernel frees it when the reader ends, however it ends,
so nothing has to be renewed and nothing is ever left behind. Only local lakes have them.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from errno import EACCES, EDQUOT, ENOENT, ENOSPC, ENOTDIR, EPERM, EROFS
from typing import TYPE_CHECKING

from tailpipe_resources.lake.storage import OWN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack
    from datetime import datetime
    from pathlib import Path

    from tailpipe_resources.lake.storage import Lake

GATE = "gate"
_PROMISED = ".promised"
"""The end of the name of a file whose time of change says until when its version is read."""

_NEVER = frozenset({EACCES, EPERM, EROFS, ENOTDIR, ENOENT, ENOSPC, EDQUOT})
"""Why no lease can be made: nothing may be written there, or nothing more."""


@contextmanager
def arriving(lake: Lake, table: str) -> Iterator[None]:
    """While it lasts no file of the table is put away, so that a version can be read and leased.

    Whoever cannot write to the lake, for lack of permission or room, reads without leases.
    """
    handle = None if lake.store.is_remote else _opened(_folder(lake, table) / GATE)
    try:
        if handle is not None:
            fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        if handle is not None:
            os.close(handle)


def lease(lake: Lake, table: str, version: int, until: ExitStack) -> None:
    """Keep the files of a version for as long as the stack is open. To be called while `arriving`."""
    handle = None if lake.store.is_remote else _opened(_folder(lake, table) / f"{version:020}")
    if handle is not None:
        until.callback(os.close, handle)
        fcntl.flock(handle, fcntl.LOCK_SH)


def promise(lake: Lake, table: str, version: int, expires: datetime) -> bool:
    """Keep the files of a version until a time, for a reader that cannot hold a lease. To be called while one is held.

    Whether it could be made: not by whoever cannot write to the lake. In an object store files stay in place anyway.
    """
    if lake.store.is_remote:
        return True
    # Before it has its time it looks like a promise that is over, to be removed.
    with arriving(lake, table):
        handle = _opened(_folder(lake, table) / f"{version:020}{_PROMISED}")
        if handle is None:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            last = max(expires.timestamp(), os.fstat(handle).st_mtime if os.fstat(handle).st_size else 0)
            os.write(handle, b"until its time of change\n")
            os.utime(handle, (last, last))
        finally:
            os.close(handle)
    return True


@contextmanager
def oldest_read(lake: Lake, table: str) -> Iterator[int | None]:
    """The oldest version that somebody reads, None when nobody reads; nobody arrives while this lasts.

    Raises:
        BlockingIOError: a reader is just arriving; try again later.
    """
    folder = _folder(lake, table)
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / GATE, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        names = sorted(each.name for each in folder.iterdir() if each.name.isdigit())
        leased = [int(name) for name in names if not _is_over(folder / name)]
        yield min([*leased, *_promised(folder)], default=None)
    finally:
        os.close(handle)


def _promised(folder: Path) -> Iterator[int]:
    for path in folder.glob(f"*{_PROMISED}"):
        if path.stat().st_mtime > time.time():
            yield int(path.name.removesuffix(_PROMISED))
        else:
            path.unlink(missing_ok=True)


def _is_over(lease_file: Path) -> bool:
    """Whether nobody holds it; then it goes."""
    handle = os.open(lease_file, os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        lease_file.unlink(missing_ok=True)
        return True
    finally:
        os.close(handle)


def _opened(path: Path) -> int | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        if error.errno in _NEVER:
            return None
        raise


def _folder(lake: Lake, table: str) -> Path:
    return lake.store.scratch / table / OWN / "leases"
