"""A lake on a local disk: durable writes, names that are whole or absent, and locks that die with us."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tailpipe_resources.errors import BusyError, LakeError
from tailpipe_resources.lake.stored import Stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import duckdb

_UNSETTLED = 8
"""So many commits may have been made by others before ours is waited for."""


class LocalStore:
    """Files in a folder of this machine, or of a file system it mounts."""

    is_remote = False

    def __init__(self, root: str) -> None:
        self.root = root
        self.scratch = Path(root)

    def read(self, key: str) -> bytes:
        """A file's content."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            raise
        except OSError as error:
            raise LakeError(f"{self.root}/{key} cannot be read: {error.strerror}") from error

    def write(self, key: str, data: bytes) -> None:
        """Write a file whole, and wait until it is on the disk."""
        path = self._path(key)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        with _saying(path):
            _make(path.parent)
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            sync(path.parent)

    def keys(self, prefix: str) -> list[str]:
        """All files below a folder, however deep."""
        above = len(str(self.scratch)) + 1
        # As text: a log may have ten thousands of files, and making a path of each takes ten times as long.
        found = (f"{folder}/{name}" for folder, _, names in os.walk(self._path(prefix)) for name in names)
        return sorted(path[above:] for path in found)

    def listing(self, prefix: str) -> Mapping[str, Stored]:
        """The same files with their sizes and times; what is removed meanwhile is left out."""
        found = {}
        for key in self.keys(prefix):
            try:
                told = self._path(key).stat()
            except FileNotFoundError:
                continue
            found[key] = Stored(told.st_size, told.st_mtime)
        return found

    def folders(self, prefix: str) -> list[str]:
        """The folders in a folder."""
        folder = self._path(prefix)
        return sorted(each.name for each in folder.iterdir() if each.is_dir()) if folder.is_dir() else []

    def remove(self, keys: Iterable[str]) -> None:
        """Remove files."""
        for key in keys:
            with _saying(self._path(key)):
                self._path(key).unlink(missing_ok=True)

    def move(self, key: str, to: str) -> None:
        """Give a file another key."""
        target = self._path(to)
        with _saying(target):
            _make(target.parent)
            try:
                self._path(key).replace(target)
            except FileNotFoundError:
                return
            sync(target.parent)

    def publish(self, staged: Path, key: str) -> None:
        """Move a staged file to where it will be read, once its content is on the disk."""
        final = self._path(key)
        if not staged.exists() and final.exists():
            return
        with _saying(final):
            _make(final.parent)
            sync(staged)
            staged.replace(final)
            sync(final.parent)

    def prepare(self, table: str) -> None:
        """Make a table's folder."""
        with _saying(self._path(f"{table}/_delta_log")):
            _make(self._path(f"{table}/_delta_log"))

    def settle(self, table: str, version: int) -> None:
        """Wait until a commit, and those of others it rests on, are on the disk."""
        log = self._path(f"{table}/_delta_log")
        for each in range(max(0, version - _UNSETTLED), version + 1):
            for name in (f"{each:020}.json", f"{each:020}.checkpoint.parquet"):
                if (log / name).exists():
                    sync(log / name)
        sync(log)

    @contextmanager
    def lock(self, key: str, what: str) -> Iterator[None]:
        """Hold a lock that the kernel frees when this process ends."""
        with locked(self._path(key), what):
            yield

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """DuckDB reads local files by itself."""

    def address(self, key: str) -> str:
        """Its absolute path."""
        return f"{self.root}/{key}"

    def delta_options(self) -> Mapping[str, str]:
        """None are needed."""
        return {}

    def _path(self, key: str) -> Path:
        return self.scratch / key


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's entries, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _make(folder: Path) -> None:
    """Make a folder so that it is still there after a power cut."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in missing:
        sync(each.parent)


@contextmanager
def locked(lock: Path, what: str) -> Iterator[None]:
    """Hold a lock file that the kernel frees when this process ends, however it ends.

    Raises:
        BusyError: when another process holds it.
        LakeError: when the lock cannot be made.
    """
    try:
        _make(lock.parent)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise LakeError(f"cannot write to the lake: {lock.parent}: {error.strerror}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(f"another run is at work on {what}; wait for it to end") from None
        yield
    finally:
        os.close(handle)


@contextmanager
def _saying(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LakeError(f"cannot write to the lake: {path.parent}: {error.strerror}") from error
