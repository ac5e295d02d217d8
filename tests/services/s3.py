"""A store that speaks like S3, on loopback."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_s3 import S3Client

ACCESS_KEY = "AKIAEXAMPLE"
SECRET_KEY = "example-secret"
REGION = "us-east-1"


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
