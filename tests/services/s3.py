"""A store that speaks like S3, on loopback."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from moto.server import ThreadedMotoServer

from tailpipe_resources.model.config import Credential, Destination
from tailpipe_resources.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_s3 import S3Client

ACCESS_KEY = "AKIAEXAMPLE"
SECRET_KEY = "example-secret"
REGION = "us-east-1"


def s3_destination(url: str, bucket: str, *, encryption: Mapping[str, str] | None = None, **said: Any) -> Destination:
    """A lake in a bucket, let in by an administrator's keys unless others are given."""
    way = {"endpoint_url": url, "region": REGION, "force_path_style": True}
    keys = {"access_key": ACCESS_KEY, "secret_key": Secret("value", SECRET_KEY)}
    credential = Credential("aws", "lake", None, {**way, **(said or keys)})
    return Destination("lake", f"s3://{bucket}/security/lake", credential, encryption=encryption or {})


@dataclass(frozen=True, slots=True)
class S3Endpoint:
    """Where the store is, and a way in."""

    url: str

    def client(self) -> S3Client:
        """A client with an administrator's keys."""
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )

    def bucket(self, objects: Mapping[str, bytes] | None = None) -> str:
        """A new bucket of a name never used before, with these objects."""
        name = f"logs-{uuid.uuid4().hex[:12]}"
        client = self.client()
        client.create_bucket(Bucket=name)
        for key, body in (objects or {}).items():
            client.put_object(Bucket=name, Key=key, Body=body)
        return name


@contextmanager
def serving_s3() -> Iterator[S3Endpoint]:
    """Run the store for as long as the block lasts, on a port that was free."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield S3Endpoint(f"http://{host}:{port}")
    finally:
        server.stop()
