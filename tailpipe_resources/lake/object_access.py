"""The way in to an object store: its address, its keys, and how patient to be. The same for all libraries that ask."""

from __future__ import annotations

import ipaddress
import os
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from tailpipe_resources.errors import LakeError, LakeUnavailableError, SourceError, SourceUnavailableError
from tailpipe_resources.sources.s3_client import Access, region_of, session_of
from tailpipe_resources.sources.s3_errors import speaking_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import botocore.session

    from tailpipe_resources.model.config import Destination

CONNECT_SECONDS: Final = 5
REQUEST_SECONDS: Final = 15
UPLOAD_SECONDS: Final = 180
RETRY_SECONDS: Final = 12
RETRIES: Final = 10
"""Together they tell within about half a minute that a store does not answer; the libraries' own would take minutes.
Pieces of files may take longer, over slow lines."""

_KEYS_LAST = timedelta(minutes=5)
_ENDPOINT = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")


class ObjectAccess:
    """How a destination's bucket is reached. Making one reads no file and no variable."""

    def __init__(self, destination: Destination) -> None:
        said = destination.credential.options if destination.credential else {}
        self._access = Access(
            region=said.get("region"),
            endpoint_url=said.get("endpoint_url"),
            force_path_style=bool(said.get("force_path_style")),
            credential=said,
        )
        self._encryption = destination.encryption
        self._root = destination.path.rstrip("/")
        self._bucket = self._root.removeprefix("s3://").partition("/")[0]
        self._made: botocore.session.Session | None = None

    @property
    def given_endpoint(self) -> str:
        """The endpoint that the credential names; empty where it names none."""
        return self._access.endpoint_url or ""

    def config(self) -> dict[str, Any]:
        """Where the bucket is and how it is to encrypt, as settings that obstore and delta-rs share."""
        with self._saying():
            region = region_of(self._access)
        endpoint, hosted = self._endpoint()
        config = {"aws_region": region, "aws_virtual_hosted_style_request": str(hosted).lower()}
        if endpoint:
            # Not every store that speaks S3 deletes a list of objects in one request.
            config |= {"aws_endpoint": endpoint, "aws_disable_bulk_delete": "true"}
        return {**config, **self._encryption}

    def keys(self) -> Any:
        """Keys for the next minutes; botocore makes new ones when those of a role run out.

        Raises:
            LakeError: there are none, or they cannot be had.
        """
        with self._saying():
            found = self._session.get_credentials()
            frozen = None if found is None else found.get_frozen_credentials()
        if frozen is None:
            raise LakeError(f"{self._root}: no AWS credentials were found; give the destination a credential")
        return {
            "access_key_id": frozen.access_key,
            "secret_access_key": frozen.secret_key,
            "token": frozen.token,
            "expires_at": datetime.now(UTC) + _KEYS_LAST,
        }

    def client_options(self, seconds: int) -> Any:
        """How long to wait for an answer."""
        return {"allow_http": self._is_plain, "connect_timeout": f"{CONNECT_SECONDS}s", "timeout": f"{seconds}s"}

    def retries(self) -> Any:
        """How often and how long to ask again."""
        return {"max_retries": RETRIES, "retry_timeout": timedelta(seconds=RETRY_SECONDS)}

    def delta_options(self) -> Mapping[str, str]:
        """The same for delta-rs."""
        keys = self.keys()
        options = {
            **self.config(),
            "conditional_put": "etag",
            "max_retries": str(RETRIES),
            "retry_timeout": f"{RETRY_SECONDS}s",
            "connect_timeout": f"{CONNECT_SECONDS}s",
            "timeout": f"{REQUEST_SECONDS}s",
            "aws_allow_http": str(self._is_plain).lower(),
            "aws_access_key_id": keys["access_key_id"],
            "aws_secret_access_key": keys["secret_access_key"],
        }
        # delta-rs would take one that lies in the environment, which belongs to other keys.
        token = keys["token"] or ("" if os.environ.get("AWS_SESSION_TOKEN") else None)
        return options if token is None else {**options, "aws_session_token": token}

    @property
    def _session(self) -> botocore.session.Session:
        if self._made is None:
            with self._saying():
                self._made = session_of(self._access)
        return self._made

    @property
    def _is_plain(self) -> bool:
        return (self._endpoint()[0] or "").startswith("http://")

    def _endpoint(self) -> tuple[str | None, bool]:
        """Where to ask, with the bucket in the name of the host where it belongs there; and whether it does."""
        from_environment = next((os.environ[name] for name in _ENDPOINT if os.environ.get(name)), None)
        profile = self._session.get_scoped_config() if self._access.credential.get("profile") else {}
        given = self._access.endpoint_url or from_environment or profile.get("endpoint_url")
        if self._access.force_path_style or "." in self._bucket or (given and _has_no_subdomains(given)):
            return given, False
        if not given:
            return None, True
        parts = urlsplit(given)
        return f"{parts.scheme}://{self._bucket}.{parts.netloc}{parts.path.rstrip('/')}", True

    @contextmanager
    def _saying(self) -> Iterator[None]:
        try:
            with speaking_for(self._root):
                yield
        except SourceError as error:
            text = str(error)
            kind = LakeUnavailableError if isinstance(error, SourceUnavailableError) else LakeError
            raise kind(text if self._root in text else f"{self._root}: {text}") from error


def _has_no_subdomains(endpoint: str) -> bool:
    host = urlsplit(endpoint).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." not in host
    return True
