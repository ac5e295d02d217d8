"""A lake's files, wherever they are: what every store can do, and the names of the lake's own folders.

Keys are relative to the lake's root, with `/` between names. A table's folder is called like the table.
"""

from __future__ import annotations

import shutil
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tailpipe_resources.model.slot import encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    import duckdb

    from tailpipe_resources.lake.stored import Stored
    from tailpipe_resources.model.config import Destination
    from tailpipe_resources.model.slot import Slot

OWN = "_tailpipe"
"""The folder of a table that holds what is neither rows nor the Delta log."""


class Store(Protocol):
    """Where a lake's files are kept. Making one reaches nothing.

    Every method that reaches the files raises `LakeError` when it cannot.
    """

    @property
    def root(self) -> str:
        """An absolute path, or `s3://bucket/prefix`; without a slash at its end."""
        ...

    @property
    def scratch(self) -> Path:
        """The local folder below which files are staged."""
        ...

    @property
    def is_remote(self) -> bool:
        """Whether other machines write here without seeing our locks."""
        ...

    def read(self, key: str) -> bytes:
        """A file's content.

        Raises:
            FileNotFoundError: there is none.
        """
        ...

    def write(self, key: str, data: bytes) -> None:
        """Write a file so that after a crash it is there whole or not at all."""
        ...

    def keys(self, prefix: str) -> list[str]:
        """All files below a folder, however deep, sorted; none when there is no such folder."""
        ...

    def listing(self, prefix: str) -> Mapping[str, Stored]:
        """The same files with their sizes and times."""
        ...

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders in a folder, sorted; of the root for an empty prefix."""
        ...

    def remove(self, keys: Iterable[str]) -> None:
        """Remove files, whether or not they are there."""
        ...

    def move(self, key: str, to: str) -> None:
        """Give a file another key. Done before is done."""
        ...

    def publish(self, staged: Path, key: str) -> None:
        """Put a staged file where it will be read, durably. Done before is done."""
        ...

    def prepare(self, table: str) -> None:
        """Make a table's folder, where the store has folders."""
        ...

    def settle(self, table: str, version: int) -> None:
        """Wait until a commit of a table is on the disk."""
        ...

    def lock(self, key: str, what: str) -> AbstractContextManager[None]:
        """Hold a lock that is freed when this process ends, however it ends.

        Raises:
            BusyError: another process holds it.
        """
        ...

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let a connection read the lake by its addresses. To be called before the connection is restricted."""
        ...

    def address(self, key: str) -> str:
        """A file as SQL names it."""
        ...

    def delta_options(self) -> Mapping[str, str]:
        """How delta-rs is let in."""
        ...


@dataclass(frozen=True, slots=True)
class Lake:
    """A destination. Making one touches nothing."""

    store: Store

    @property
    def root(self) -> str:
        """Where it is: an absolute path or `s3://bucket/prefix`."""
        return self.store.root

    @property
    def reach(self) -> tuple[str, ...]:
        """The folders a connection must be allowed to get at: its addresses, and where files are staged."""
        return tuple(dict.fromkeys((self.store.address("").rstrip("/"), str(self.store.scratch))))

    def staging(self, table: str, stream: str) -> Path:
        """The local folder where a stream's files wait to be committed. Who holds its lock owns all of it."""
        return self.store.scratch / table / OWN / "staging" / encode(stream)

    @staticmethod
    def copies(table: str, collection: str) -> str:
        """The folder of a collection's folded rows."""
        return f"{table}/{OWN}/folded/{encode(collection)}"

    def stream(self, table: str, collection: str) -> str:
        """The folder of a collection's intents."""
        return f"{table}/{OWN}/streams/{encode(collection)}"

    def lock(self, table: str, collection: str) -> AbstractContextManager[None]:
        """The lock of a collection: one run at a time collects it.

        Raises:
            BusyError: another run holds it.
        """
        return self.store.lock(f"{self.stream(table, collection)}/.lock", f"{table}.{collection}")

    def owns(self, path: str) -> bool:
        """Whether a local file belongs to one of the lake's tables."""
        root = f"{self.root}/"
        if self.store.is_remote or not path.startswith(root):
            return False
        table = path[len(root) :].split("/", 1)[0]
        return (self.store.scratch / table / "_delta_log").is_dir()

    @staticmethod
    def new_file(slot: Slot) -> str:
        """A name for a new Parquet file of a slot, relative to its table."""
        return f"{slot.path.split('/', 1)[1]}/{uuid.uuid4()}.parquet"


def open_lake(destination: Destination) -> Lake:
    """The lake of a destination. Reaches nothing yet."""
    if "://" in destination.path:
        from tailpipe_resources.lake.objects import ObjectStore

        return Lake(ObjectStore(destination))
    return local_lake(destination.path)


def local_lake(path: Path | str) -> Lake:
    """The lake in a folder."""
    from tailpipe_resources.lake.local import LocalStore

    return Lake(LocalStore(str(path)))


def discard(path: Path) -> None:
    """Remove a local file or a folder, whether or not it is there."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
