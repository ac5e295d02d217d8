"""A lake in an object store that speaks S3.

Files are staged on this machine and uploaded before their commit; a commit is one conditional put, so that of two
writers one wins and the other plans again. There are no locks across machines: nothing but work is lost without them.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from tailpipe_resources.errors import LakeError
from tailpipe_resources.lake.answers import failed, unbroken
from tailpipe_resources.lake.local import locked
from tailpipe_resources.lake.object_access import REQUEST_SECONDS, UPLOAD_SECONDS, ObjectAccess
from tailpipe_resources.lake.stored import Stored
from tailpipe_resources.model.home import home

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import duckdb
    from obstore import ObjectMeta

    from tailpipe_resources.model.config import Destination


class ObjectStore:
    """Objects below a prefix of a bucket."""

    is_remote = True

    def __init__(self, destination: Destination) -> None:
        self._access = ObjectAccess(destination)
        self.root = destination.path.rstrip("/")
        self._bucket, _, self._prefix = self.root.removeprefix("s3://").partition("/")
        self._name = hashlib.sha256(f"{self._access.given_endpoint} {self.root}".encode()).hexdigest()[:12]
        self.scratch = Path(home()) / "cache" / "lakes" / self._name
        self._refused: LakeError | None = None
        """Why the last keys could not be had; the libraries would bury it."""

    def read(self, key: str) -> bytes:
        """An object's content."""
        try:
            return bytes(obstore.get(self._store, key).bytes())
        except NotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise self._failed(error) from error
            raise FileNotFoundError(f"{self.root}/{key}") from error
        except BaseError as error:
            raise self._failed(error) from error

    def write(self, key: str, data: bytes) -> None:
        """Write an object."""
        with self._saying():
            obstore.put(self._store, key, data)

    def keys(self, prefix: str) -> list[str]:
        """All objects below a prefix."""
        return sorted(str(each["path"]) for each in self._listed(prefix))

    def listing(self, prefix: str) -> Mapping[str, Stored]:
        """The same objects with their sizes and times."""
        found = {str(each["path"]): each for each in self._listed(prefix)}
        return {key: Stored(found[key]["size"], found[key]["last_modified"].timestamp()) for key in sorted(found)}

    def folders(self, prefix: str) -> list[str]:
        """The common prefixes one level below a prefix."""
        with self._saying():
            found = unbroken(
                lambda: obstore.list_with_delimiter(self._store, f"{prefix}/" if prefix else None), (BaseError, OSError)
            )
            return sorted(str(each).rsplit("/", 1)[-1] for each in found["common_prefixes"])

    def _listed(self, prefix: str) -> list[ObjectMeta]:
        with self._saying():
            return unbroken(
                lambda: [each for page in obstore.list(self._store, f"{prefix}/" if prefix else None) for each in page],
                (BaseError, OSError),
            )

    def remove(self, keys: Iterable[str]) -> None:
        """Delete objects."""
        gone = list(keys)
        if gone:
            with self._saying():
                obstore.delete(self._store, gone)

    def move(self, key: str, to: str) -> None:
        """Copy an object and delete the original."""
        with self._saying():
            try:
                obstore.rename(self._store, key, to)
            except NotFoundError:
                return

    def publish(self, staged: Path, key: str) -> None:
        """Upload a staged file, then remove it here."""
        if not staged.exists():
            self._expect(staged, key)
            return
        with self._saying():
            obstore.put(self._uploads, key, staged)
        staged.unlink(missing_ok=True)

    def _expect(self, staged: Path, key: str) -> None:
        """A staged file that is gone must have been uploaded: a commit must never name an object that is not there."""
        with self._saying():
            try:
                obstore.head(self._store, key)
            except (NotFoundError, FileNotFoundError) as error:
                raise LakeError(f"the staged file {staged} is gone and was not uploaded; run again") from error

    def prepare(self, table: str) -> None:
        """There are no folders to make."""

    def settle(self, table: str, version: int) -> None:
        """A put that succeeded is durable."""

    @contextmanager
    def lock(self, key: str, what: str) -> Iterator[None]:
        """Keep other processes of this machine away, which saves work; safety never rests on it."""
        with locked(self.scratch / key, what):
            yield

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let DuckDB read the objects through our own client, which needs no extension."""
        from tailpipe_resources.lake.object_files import object_files

        if not connection.filesystem_is_registered(self._scheme):
            connection.register_filesystem(object_files(self._scheme, self._store, self.root))

    def address(self, key: str) -> str:
        """An address that only connections which were attached understand."""
        return f"{self._scheme}://lake/{key}"

    def delta_options(self) -> Mapping[str, str]:
        """The same way in for delta-rs."""
        return self._access.delta_options()

    @property
    def _scheme(self) -> str:
        return f"lake{self._name}"

    @cached_property
    def _store(self) -> S3Store:
        return self._opened(REQUEST_SECONDS)

    @cached_property
    def _uploads(self) -> S3Store:
        return self._opened(UPLOAD_SECONDS)

    def _opened(self, seconds: int) -> S3Store:
        self._keys()
        config: Any = self._access.config()
        return S3Store(
            self._bucket,
            prefix=self._prefix or None,
            config=config,
            client_options=self._access.client_options(seconds),
            retry_config=self._access.retries(),
            credential_provider=self._keys,
        )

    def _keys(self) -> Any:
        self._refused = None
        try:
            return self._access.keys()
        except LakeError as error:
            self._refused = error
            raise

    @contextmanager
    def _saying(self) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError) as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> LakeError:
        return self._refused or failed(f"{self.root} cannot be reached", error)
