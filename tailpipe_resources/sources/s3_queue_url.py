"""The URL of a queue: whether it can be one, and what it tells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

_HOSTS: Final = (
    re.compile(r"sqs(?:-fips)?\.(?P<region>[a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|api\.aws)"),
    re.compile(r"(?:(?P<region>[a-z0-9-]+)\.)?queue\.amazonaws\.com(?:\.cn)?"),
)
"""Amazon's own: https://docs.aws.amazon.com/general/latest/gr/sqs-service.html, and the older names that still work."""

_REGION: Final = re.compile(r"(?:^|\.)sqs\.([a-z]{2}(?:-[a-z]+)+-\d)\.")
_PATH: Final = re.compile(r"(?:/[^/]+)*/(?P<account>\d{12})/(?P<name>[A-Za-z0-9_-]{1,80}(?:\.fifo)?)")
_ARN: Final = re.compile(r"arn:aws[\w-]*:sqs:(?P<region>[\w-]+):(?P<account>\d{12}):(?P<name>[\w.-]+)")
_EXAMPLE: Final = "https://sqs.eu-central-1.amazonaws.com/123456789012/logs"


@dataclass(frozen=True, slots=True)
class QueueUrl:
    """A queue, as its URL tells of it."""

    text: str
    region: str | None
    endpoint: str | None
    """Where it is reached; None for Amazon's own endpoint of the region."""

    account: str
    name: str

    @property
    def arn(self) -> str:
        """As policies name it; in any region where the URL does not say which."""
        return f"arn:aws:sqs:{self.region or '*'}:{self.account}:{self.name}"


def parse(text: str) -> QueueUrl:
    """Take a URL apart.

    Raises:
        ValueError: it is not the URL of a queue that S3 can write to.
    """
    arn = _ARN.fullmatch(text)
    if arn is not None:
        raise ValueError(
            f"write the queue's URL: https://sqs.{arn['region']}.amazonaws.com/{arn['account']}/{arn['name']}"
        )
    parts = urlsplit(text)
    path = _PATH.fullmatch(parts.path)
    if parts.scheme not in ("http", "https") or not parts.hostname or path is None or parts.query or parts.fragment:
        raise ValueError(f'"{text}" is not the URL of a queue, such as {_EXAMPLE}')
    if path["name"].endswith(".fifo"):
        raise ValueError("S3 writes to no FIFO queue; notifications need a standard one")
    for host in _HOSTS:
        own = host.fullmatch(parts.hostname)
        if own is not None:
            return QueueUrl(text, own["region"] or "us-east-1", None, path["account"], path["name"])
    region = _REGION.search(parts.hostname)
    endpoint = f"{parts.scheme}://{parts.netloc}"
    return QueueUrl(text, region[1] if region else None, endpoint, path["account"], path["name"])
