"""An object store as a file system that DuckDB can read. Imports fsspec, which only this way needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import obstore
from fsspec.spec import AbstractBufferedFile, AbstractFileSystem
from obstore.exceptions import BaseError, NotFoundError

from tailpipe_resources.lake.answers import failed

if TYPE_CHECKING:
    from obstore.store import S3Store

    from tailpipe_resources.errors import LakeError

READ_BYTES = 1 << 20
"""How much is asked for at once; Parquet is read in pieces of about this size."""


class ObjectFiles(AbstractFileSystem):  # type: ignore[misc]
    """Reads only. DuckDB asks for size, time and pieces of files it was told the names of."""

    cachable = False

    def __init__(self, scheme: str, store: S3Store, root: str) -> None:
        super().__init__()
        self.protocol = scheme
        self._objects = store
        self._root = root

    def _strip_protocol(self, path: str) -> str:
        return path.removeprefix(f"{self.protocol}://lake/")

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Size and time of an object."""
        try:
            found = obstore.head(self._objects, self._strip_protocol(path))
        except NotFoundError as error:
            raise FileNotFoundError(path) from error
        except BaseError as error:
            raise self.failed(error) from error
        return {"name": path, "size": found["size"], "type": "file", "mtime": found["last_modified"]}

    def modified(self, path: str) -> Any:
        """When an object was written."""
        return self.info(path)["mtime"]

    def glob(self, path: str, **_: Any) -> list[str]:
        """The file of that very name; the lake is never read by patterns."""
        try:
            self.info(path)
        except FileNotFoundError:
            return []
        return [path]

    def piece(self, name: str, start: int, end: int) -> bytes:
        """Some bytes of an object."""
        try:
            return bytes(obstore.get_range(self._objects, name, start=start, end=end))
        except BaseError as error:
            raise self.failed(error) from error

    def failed(self, error: BaseError) -> LakeError:
        """What went wrong, in words."""
        return failed(f"{self._root} cannot be read", error)

    def _open(self, path: str, mode: str = "rb", **_: Any) -> Any:
        name = self._strip_protocol(path)
        return _Object(self, name, mode, block_size=READ_BYTES, size=self.info(path)["size"])


class _Object(AbstractBufferedFile):  # type: ignore[misc]
    """One object, read ahead in pieces."""

    def _fetch_range(self, start: int, end: int) -> bytes:
        return self.fs.piece(self.path, start, end) if end > start else b""


def object_files(scheme: str, store: S3Store, root: str) -> ObjectFiles:
    """The store under a scheme of its own, so that lakes with different keys can be asked together."""
    return ObjectFiles(scheme, store, root)
