"""A bucket whose notifications go to a queue, both on loopback; the test decides what is told, and how often."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlsplit

import boto3
from moto.sqs.models import sqs_backends

from tests.services.s3 import ACCESS_KEY, REGION, SECRET_KEY

if TYPE_CHECKING:
    from tests.services.s3 import S3Endpoint

ACCOUNT = "123456789012"


def created(bucket: str, key: str, event: str = "ObjectCreated:Put", **more: Any) -> dict[str, Any]:
    """What S3 says of an object, as it writes it to a queue."""
    about = {"key": quote_plus(key, safe="/"), "size": 1, "eTag": "0" * 32, "sequencer": "0055AED6DCD90281E5", **more}
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": REGION,
        "eventTime": "2026-02-07T12:00:00.000Z",
        "eventName": event,
        "s3": {"s3SchemaVersion": "1.0", "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"}, "object": about},
    }
    return {"Records": [record]}


@dataclass(slots=True)
class ToldBucket:
    """The bucket and its queue."""

    endpoint: S3Endpoint
    name: str = ""
    s3: Any = field(init=False)
    sqs: Any = field(init=False)
    url: str = field(init=False)
    """The queue's."""

    def __post_init__(self) -> None:
        keys = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY}
        session: Any = boto3
        self.s3 = self.endpoint.client()
        self.sqs = session.client("sqs", endpoint_url=self.endpoint.url, region_name=REGION, **keys)
        self.name = self.name or self.endpoint.bucket()
        self.url = self.sqs.create_queue(QueueName=self.name)["QueueUrl"]

    def hcl(self, *, url: str = "", through: str = "", more: str = "") -> str:
        """The source `aws_s3.logs`.

        Args:
            url: another way to the queue.
            through: another way to the bucket.
            more: further attributes.
        """
        return f"""
credential "aws" "keys" {{
  access_key            = "{ACCESS_KEY}"
  secret_key            = "{SECRET_KEY}"
  min_error_retry_delay = 1
}}
source "aws_s3" "logs" {{
  bucket           = "{self.name}"
  credential       = credential.aws.keys
  endpoint_url     = "{through or self.endpoint.url}"
  force_path_style = true
  sqs_queue_url    = "{url or self.url}"
  {more}
}}
"""

    def by_way_of(self, proxy: str) -> str:
        """The queue's URL by way of a proxy."""
        return f"{proxy}{urlsplit(self.url).path}"

    def put(self, key: str, body: bytes) -> None:
        """An object of which nobody is told."""
        self.s3.put_object(Bucket=self.name, Key=key, Body=body)

    def tell(self, *keys: str, event: str = "ObjectCreated:Put") -> None:
        """Say of objects that they are there."""
        self.send(*(json.dumps(created(self.name, key, event)) for key in keys))

    def arrive(self, key: str, body: bytes) -> None:
        """An object and its message."""
        self.put(key, body)
        self.tell(key)

    def send(self, *bodies: str) -> None:
        """Any messages."""
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body)

    @property
    def waiting(self) -> int:
        """Messages that are still in the queue, those that somebody holds among them."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def come_back(self) -> None:
        """What is held and was not deleted can be received again, as it can when its time has passed."""
        queue = sqs_backends[ACCOUNT][REGION].queues[self.name]
        for message in list(queue._messages):
            message.change_visibility(0)
            message.visible_at = 0.0
        queue.pending_messages.clear()
