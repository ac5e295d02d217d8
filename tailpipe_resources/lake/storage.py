"""The lake's files on a local disk: durable writes, names that are whole or absent, and locks that die with us."""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tailpipe_resources.errors import BusyError, LakeError
from tailpipe_resources.model.slot import encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailpipe_resources.model.config import Destination
    from tailpipe_resources.model.slot import Slot

OWN = "_tailpipe"
"""The folder of a table that holds what is neither rows nor the Delta log."""


@dataclass(frozen=True, slots=True)
class Lake:
    """A destination on a local disk. Making one touches nothing."""

    root: Path

    def table(self, name: str) -> Path:
        """The folder of a table."""
        return self.root / name

    def staging(self, table: str, stream: str) -> Path:
        """The folder of a table where a stream's files wait to be committed. Who holds its lock owns all of it."""
        return self.table(table) / OWN / "staging" / encode(stream)

    def stream(self, table: str, collection: str) -> Path:
        """The folder of a collection's intents."""
        return self.table(table) / OWN / "streams" / encode(collection)

    def owns(self, path: str) -> bool:
        """Whether a file belongs to one of the lake's tables."""
        root = f"{self.root}/"
        if not path.startswith(root):
            return False
        return (self.root / path[len(root) :].split("/", 1)[0] / "_delta_log").is_dir()

    def new_file(self, slot: Slot) -> str:
        """A name for a new Parquet file of a slot, relative to its table."""
        return f"{slot.path.split('/', 1)[1]}/{uuid.uuid4()}.parquet"


def open_lake(destination: Destination) -> Lake:
    """The lake of a destination. Reaches nothing yet.

    Raises:
        LakeError: for an object store, which this version cannot write to.
    """
    if "://" in destination.path:
        raise LakeError(
            f'destination "{destination.name}" is {destination.path}: this version keeps lakes on local disks only'
        )
    return Lake(Path(destination.path))


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that after a crash it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def publish(staged: Path, final: Path) -> None:
    """Move a staged file to where it will be read, durably. Done before is done."""
    if not staged.exists() and final.exists():
        return
    final.parent.mkdir(parents=True, exist_ok=True)
    sync_file(staged)
    staged.replace(final)
    sync_folder(final.parent)


def sync_file(path: Path) -> None:
    """Wait until a file's content is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


sync_folder = sync_file
"""Wait until a folder's entries are on the disk."""


def discard(path: Path) -> None:
    """Remove a file or a folder, whether or not it is there."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def hold(lock: Path, what: str) -> Iterator[None]:
    """Hold a lock that the kernel frees when this process ends, however it ends.

    Raises:
        BusyError: when another process holds it.
        LakeError: when the lock cannot be made.
    """
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise LakeError(f"cannot write to the lake: {lock.parent}: {error.strerror}") from error
    try:
        _lock(handle, what)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, what: str) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BusyError(f"another run is at work on {what}; wait for it to end") from None
