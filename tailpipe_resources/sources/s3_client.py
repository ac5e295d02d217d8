"""Clients for S3 and other services of AWS, let in by a credential. boto3 is imported when the first one is made."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from tailpipe_resources.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    import botocore.session
    from botocore.config import Config
    from mypy_boto3_s3 import S3Client

DEFAULT_REGION: Final = "us-east-1"
"""Where something is asked for when nothing says a region; of a bucket, S3's answer names the right one."""

POOL_CONNECTIONS: Final = 48
CONNECT_SECONDS: Final = 10
READ_SECONDS: Final = 60
RETRIES: Final = 8
MIN_WAIT_MILLISECONDS: Final = 100
_PAID: Final = ("GetObject", "HeadObject", "ListObjectsV2")


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a bucket: what the source says, else what the credential says."""

    region: str | None = None
    endpoint_url: str | None = None
    force_path_style: bool = False
    requester_pays: bool = False
    """Whether we pay for what we ask for, in buckets whose owner does not."""

    credential: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The credential's attributes; secrets not yet revealed."""

    @property
    def min_wait_seconds(self) -> float:
        """How long to wait at least before trying again."""
        return float(self.credential.get("min_error_retry_delay") or MIN_WAIT_MILLISECONDS) / 1000


def make_client(access: Access) -> S3Client:
    """A client that may be shared by threads. Asks for no credentials until it is used.

    Raises:
        BotoCoreError: the profile does not exist, or a setting makes no sense.
        SourceRefusedError: a secret cannot be read.
    """
    client: S3Client = client_of("s3", access)
    if access.requester_pays:
        for operation in _PAID:
            client.meta.events.register(f"provide-client-params.s3.{operation}", _pay)
    return client


def client_of(service: Literal["s3", "sqs", "logs"], access: Access) -> Any:
    """A client for S3 or another service of AWS, as `make_client` makes them."""
    import boto3

    session: Any = boto3.Session(botocore_session=session_of(access))
    return session.client(
        service,
        region_name=region_of(access),
        endpoint_url=access.endpoint_url,
        config=_config(access),
    )


def region_of(access: Access) -> str:
    """The region that the source or its credential says, else the environment, else the profile.

    Raises:
        BotoCoreError: the profile does not exist.
    """
    said = access.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return said or _profiled(access).get_config_variable("region") or DEFAULT_REGION


def _profiled(access: Access) -> botocore.session.Session:
    import botocore.session

    return botocore.session.Session(profile=access.credential.get("profile"))


def _pay(params: dict[str, Any], **_: Any) -> None:
    """Say in a request that we pay for it."""
    params["RequestPayer"] = "requester"


def session_of(access: Access) -> botocore.session.Session:
    """A session with the credential's own keys or profile, else with what botocore finds; in its role, if any."""
    said = {name: _revealed(value) for name, value in access.credential.items()}
    session = _profiled(access)
    if said.get("access_key") or said.get("secret_key"):
        _check_both(said)
        session.set_credentials(said["access_key"], said["secret_key"], said.get("session_token"))
    if not said.get("role"):
        return session
    from tailpipe_resources.sources.s3_role import in_role

    return in_role(session, said, region_of(access))


def _revealed(value: Any) -> Any:
    return value.reveal() if isinstance(value, Secret) else value


def _check_both(said: Mapping[str, Any]) -> None:
    from botocore.exceptions import PartialCredentialsError

    for name in ("access_key", "secret_key"):
        if not said.get(name):
            raise PartialCredentialsError(provider="credential", cred_var=name)


def _config(access: Access) -> Config:
    from botocore.config import Config

    retries = int(access.credential.get("max_error_retry_attempts") or RETRIES)
    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        max_pool_connections=POOL_CONNECTIONS,
        retries={"mode": "adaptive", "total_max_attempts": retries + 1},
        s3={"addressing_style": "path" if access.force_path_style else "auto"},
    )
