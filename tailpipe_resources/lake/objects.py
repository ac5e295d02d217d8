"""A lake in an object store that speaks S3.

Files are staged on this machine and uploaded before their commit; a commit is one conditional put, so that of two
writers one wins and the other plans again. There are no locks across machines: nothing but work is lost without them.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from tailpipe_resources.config.paths import home
from tailpipe_resources.errors import LakeError
from tailpipe_resources.lake.local import locked
from tailpipe_resources.lake.stored import Stored
from tailpipe_resources.sources.s3_client import DEFAULT_REGION, Access, session_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import botocore.session
    import duckdb
    from obstore.store import ClientConfig

    from tailpipe_resources.model.config import Destination

ANSWERS: dict[str, str] = {
    "NoSuchBucket": "there is no such bucket",
    "AccessDenied": "access is denied",
    "InvalidAccessKeyId": "the access key is unknown there",
    "SignatureDoesNotMatch": "the secret key is wrong",
    "ExpiredToken": "the session token has expired",
}
"""What S3's error codes mean: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html."""

_CREDENTIAL_SECONDS = 300
_READ_BYTES = 1 << 20


class ObjectStore:
    """Objects below a prefix of a bucket."""

    is_remote = True

    def __init__(self, destination: Destination) -> None:
        said = destination.credential.options if destination.credential else {}
        self._access = Access(
            region=said.get("region"),
            endpoint_url=said.get("endpoint_url"),
            force_path_style=bool(said.get("force_path_style")),
            credential=said,
        )
        self._encryption = destination.encryption
        self.root = destination.path.rstrip("/")
        self._bucket, _, self._prefix = self.root.removeprefix("s3://").partition("/")
        self._name = hashlib.sha256(self.root.encode()).hexdigest()[:12]
        self.scratch = Path(home()) / "cache" / "lakes" / self._name
        self._made: tuple[S3Store, botocore.session.Session] | None = None

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
        with self._saying():
            pages = obstore.list(self._store, f"{prefix}/" if prefix else None)
            return sorted(str(each["path"]) for page in pages for each in page)

    def listing(self, prefix: str) -> Mapping[str, Stored]:
        """The same objects with their sizes and times."""
        with self._saying():
            pages = obstore.list(self._store, f"{prefix}/" if prefix else None)
            found = {str(each["path"]): each for page in pages for each in page}
        return {key: Stored(found[key]["size"], found[key]["last_modified"].timestamp()) for key in sorted(found)}

    def folders(self, prefix: str) -> list[str]:
        """The common prefixes one level below a prefix."""
        with self._saying():
            found = obstore.list_with_delimiter(self._store, f"{prefix}/" if prefix else None)
            return sorted(str(each).rsplit("/", 1)[-1] for each in found["common_prefixes"])

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
            return
        with self._saying():
            obstore.put(self._store, key, staged)
        staged.unlink(missing_ok=True)

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

        connection.register_filesystem(object_files(self._scheme, self._store))

    def address(self, key: str) -> str:
        """An address that only connections which were attached understand."""
        return f"{self._scheme}://lake/{key}"

    def delta_options(self) -> Mapping[str, str]:
        """The same way in for delta-rs."""
        keys = self._keys()
        options = {**self._config(), "conditional_put": "etag", "aws_access_key_id": keys["access_key_id"]}
        options["aws_secret_access_key"] = keys["secret_access_key"]
        if keys["token"]:
            options["aws_session_token"] = keys["token"]
        if self._is_plain:
            options["aws_allow_http"] = "true"
        return options

    @property
    def _scheme(self) -> str:
        return f"lake{self._name}"

    @property
    def _is_plain(self) -> bool:
        return (self._access.endpoint_url or "").startswith("http://")

    @property
    def _store(self) -> S3Store:
        return self._client()[0]

    def _client(self) -> tuple[S3Store, botocore.session.Session]:
        if self._made is None:
            session = session_of(self._access)
            client: ClientConfig = {"allow_http": True} if self._is_plain else {}
            config: Any = self._config(session)
            store = S3Store(
                self._bucket,
                prefix=self._prefix or None,
                config=config,
                client_options=client,
                credential_provider=self._keys,
            )
            self._made = (store, session)
        return self._made

    def _config(self, session: botocore.session.Session | None = None) -> dict[str, str]:
        session = session or self._client()[1]
        region = self._access.region or session.get_config_variable("region") or DEFAULT_REGION
        hosted = not self._access.force_path_style
        config = {"aws_region": region, "aws_virtual_hosted_style_request": str(hosted).lower()}
        if self._access.endpoint_url:
            config["aws_endpoint"] = self._access.endpoint_url
        return {**config, **self._encryption}

    def _keys(self) -> Any:
        """Keys for the next minutes; botocore makes new ones when those of a role run out."""
        found = self._client()[1].get_credentials()
        if found is None:
            raise LakeError(f"{self.root}: no AWS credentials were found; give the destination a credential")
        frozen = found.get_frozen_credentials()
        return {
            "access_key_id": frozen.access_key,
            "secret_access_key": frozen.secret_key,
            "token": frozen.token,
            "expires_at": datetime.now(UTC) + timedelta(seconds=_CREDENTIAL_SECONDS),
        }

    @contextmanager
    def _saying(self) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError) as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> LakeError:
        return LakeError(f"{self.root} cannot be reached: {in_words(error)}")


def in_words(error: Exception) -> str:
    """What S3's answer means, else its first line."""
    text = str(error)
    known = next((meaning for code, meaning in ANSWERS.items() if code in text), None)
    lines = [line.strip(" \t↳\x1b[0m31") for line in text.splitlines() if line.strip()]
    return known or (lines[-1] if lines else type(error).__name__)[:300]
