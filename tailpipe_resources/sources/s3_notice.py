"""What a message about a bucket says, in each of the forms in which S3's notifications come to a queue.

S3 writes to the queue itself, or to a topic of SNS whose messages come wrapped or raw, or to EventBridge; CloudTrail
itself tells a topic of the files it delivers. They are described at
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html and
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/configure-sns-notifications-for-cloudtrail.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote_plus

import msgspec

from tailpipe_resources.model.artifact import Artifact

NO_NOTIFICATION: Final = "it is no notification of S3"
_LARGEST: Final = 1 << 50
"""No object has so many bytes."""

_LONGEST_KEY: Final = 1024
"""Bytes. Asked for a longer one S3 refuses, which would hold up all that came with it."""

_NEW: Final = ("ObjectCreated:", "ObjectRestore:Completed", "Object Created", "Object Restore Completed")
"""How the names of events begin after which an object can be read."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a message says."""

    hints: tuple[Artifact, ...] = ()
    fault: str = ""
    """Why some of it is not for this bucket."""


def said_of(body: str, bucket: str) -> Said:
    """What a message says of a bucket.

    Args:
        body: the message's own.
        bucket: its name, or the ARN of an access point; the name of the bucket behind that is not known.
    """
    try:
        told = msgspec.json.decode(body)
        if isinstance(told, dict) and told.get("Type") == "Notification" and isinstance(told.get("Message"), str):
            told = msgspec.json.decode(told["Message"])
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return Said(fault=NO_NOTIFICATION)
    if not isinstance(told, dict):
        return Said(fault=NO_NOTIFICATION)
    if told.get("Event") == "s3:TestEvent":
        return Said()
    try:
        return _chosen(_events(told), bucket)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return Said(fault=NO_NOTIFICATION)


@dataclass(frozen=True, slots=True)
class _Event:
    """What happened to one object."""

    kind: str
    bucket: str
    key: str
    etag: str = ""
    size: int = 0
    time: str = ""


def _events(told: dict[str, Any]) -> list[_Event]:
    """What happened, by whichever form it is told in."""
    if "Records" in told:
        return [_of_record(each) for each in told["Records"]]
    if told.get("source") == "aws.s3" and "object" in told["detail"]:
        detail, found = told["detail"], told["detail"]["object"]
        about = (found["key"], found.get("etag") or "", _size(found.get("size")), told.get("time") or "")
        return [_Event(told["detail-type"], detail["bucket"]["name"], *about)]
    if "s3Bucket" in told:
        return [_Event(_NEW[0], told["s3Bucket"], key) for key in told["s3ObjectKey"]]
    raise ValueError(NO_NOTIFICATION)


def _of_record(record: dict[str, Any]) -> _Event:
    """One record of S3 itself, whose keys are encoded as in a form: a space is a plus."""
    if not record["eventSource"].endswith(":s3"):
        raise ValueError(NO_NOTIFICATION)
    found = record["s3"]["object"]
    return _Event(
        record["eventName"].removeprefix("s3:"),
        record["s3"]["bucket"]["name"],
        unquote_plus(found["key"], errors="strict"),
        found.get("eTag") or "",
        _size(found.get("size")),
        record.get("eventTime") or "",
    )


def _size(told: Any) -> int:
    size = int(told or 0)
    if not 0 <= size <= _LARGEST:
        raise ValueError(NO_NOTIFICATION)
    return size


def _chosen(events: list[_Event], bucket: str) -> Said:
    if any(len(each.key.encode()) > _LONGEST_KEY for each in events):
        raise ValueError(NO_NOTIFICATION)
    others = sorted({each.bucket for each in events} - {bucket}) if not bucket.startswith("arn:") else []
    new = [each for each in events if each.kind.startswith(_NEW) and each.bucket not in others and each.key]
    hints = tuple(
        Artifact(f"s3://{bucket}/{each.key}", f"{each.etag}-{each.size}", each.size, _instant(each.time))
        for each in new
    )
    return Said(hints, f"it is about s3://{others[0]}" if others else "")


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
