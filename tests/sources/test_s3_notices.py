"""What messages about a bucket say, whichever way they came, and what is made of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from tailpipe_resources.config import load
from tailpipe_resources.errors import ConfigError, SourceError, SourceRefusedError, SourceUnavailableError
from tailpipe_resources.model.config import Credential
from tailpipe_resources.model.secret import Secret
from tailpipe_resources.model.window import Window
from tailpipe_resources.sources.aws_s3 import S3Options, S3Source
from tailpipe_resources.sources.s3_notice import NO_NOTIFICATION, said_of
from tailpipe_resources.sources.s3_queue_url import parse
from tests.services.faulty_s3 import Answer, serving_faults
from tests.services.s3 import ACCESS_KEY, SECRET_KEY
from tests.services.told_bucket import ToldBucket, created

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tailpipe_resources.model.artifact import Artifact
    from tailpipe_resources.sources.base import Inbox
    from tests.services.faulty_s3 import FaultyS3
    from tests.services.s3 import S3Endpoint

KEY = "AWSLogs/1/a b+c%2Bé.json.gz"
URL = "https://sqs.eu-central-1.amazonaws.com/123456789012/logs"
KEYS = Credential(
    "aws",
    "test",
    None,
    {"access_key": ACCESS_KEY, "secret_key": Secret("value", SECRET_KEY), "max_error_retry_attempts": 1},
)


def wrapped(message: dict[str, Any]) -> dict[str, Any]:
    """A message of SNS around another."""
    return {"Type": "Notification", "TopicArn": "arn:aws:sns:us-east-1:1:t", "Message": json.dumps(message)}


def bridged(bucket: str, key: str, kind: str = "Object Created") -> dict[str, Any]:
    """What EventBridge says of an object: its key as it is."""
    detail = {"version": "0", "bucket": {"name": bucket}, "object": {"key": key, "size": 7, "etag": "e7"}}
    about = {"version": "0", "source": "aws.s3", "detail-type": kind, "time": "2026-02-07T12:00:00Z"}
    return {**about, "region": "us-east-1", "resources": [f"arn:aws:s3:::{bucket}"], "detail": detail}


@pytest.mark.parametrize(
    "message",
    [
        created("logs", KEY),
        created("logs", KEY, "ObjectCreated:CompleteMultipartUpload"),
        created("logs", KEY, "ObjectRestore:Completed"),
        wrapped(created("logs", KEY)),
        bridged("logs", KEY),
        wrapped(bridged("logs", KEY)),
        {"s3Bucket": "logs", "s3ObjectKey": [KEY]},
        wrapped({"s3Bucket": "logs", "s3ObjectKey": [KEY]}),
    ],
    ids=["s3", "multipart", "restored", "sns", "eventbridge", "eventbridge by sns", "cloudtrail", "cloudtrail by sns"],
)
def test_each_form_names_the_object(message: dict[str, Any]) -> None:
    """The key is told as it is in the bucket, however it was written."""
    said = said_of(json.dumps(message), "logs")

    assert [each.location for each in said.hints] == [f"s3://logs/{KEY}"]
    assert not said.fault


def test_what_is_told_of_an_object_is_kept() -> None:
    """Size, etag and time serve where the object cannot be looked at any more."""
    (hint,) = said_of(json.dumps(bridged("logs", "a")), "logs").hints

    assert (hint.size, hint.version, hint.time) == (7, "e7-7", datetime(2026, 2, 7, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    "message",
    [
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-02-07T12:00:00.000Z", "Bucket": "logs"},
        created("logs", KEY, "ObjectRemoved:Delete"),
        created("logs", KEY, "LifecycleExpiration:Delete"),
        created("logs", KEY, "ObjectTagging:Put"),
        bridged("logs", KEY, "Object Deleted"),
        created("logs", ""),
        {"Records": []},
    ],
    ids=["test", "removed", "expired", "tagged", "deleted", "nameless", "empty"],
)
def test_what_brings_nothing_is_passed_over(message: dict[str, Any]) -> None:
    """Neither a hint nor a fault, so it is acknowledged."""
    said = said_of(json.dumps(message), "logs")

    assert (said.hints, said.fault) == ((), "")


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("", NO_NOTIFICATION),
        ("not json", NO_NOTIFICATION),
        ("[1]", NO_NOTIFICATION),
        ("{}", NO_NOTIFICATION),
        ('{"Records": [{"eventSource": "aws:sns"}]}', NO_NOTIFICATION),
        ('{"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put"}]}', NO_NOTIFICATION),
        ('{"Records": 7}', NO_NOTIFICATION),
        ('{"Type": "Notification", "Message": "hello"}', NO_NOTIFICATION),
        ('{"source": "aws.s3", "detail-type": "AWS API Call via CloudTrail", "detail": {}}', NO_NOTIFICATION),
        ("[" * 100_000, NO_NOTIFICATION),
        (json.dumps({"Type": "Notification", "Message": "[" * 100_000}), NO_NOTIFICATION),
        (json.dumps({**bridged("logs", "a"), "time": "0001-01-01T00:00:00+14:00"}), NO_NOTIFICATION),
        (json.dumps(created("logs", "a", size="many")), NO_NOTIFICATION),
        (json.dumps(created("logs", "a", size=-1)), NO_NOTIFICATION),
        (json.dumps(created("logs", "a", size=1e300)), NO_NOTIFICATION),
        (json.dumps(created("logs", "a") | {"Records": [{}]}), NO_NOTIFICATION),
        (json.dumps(created("logs", "é" * 513)), NO_NOTIFICATION),
        (json.dumps(bridged("logs", "k" * 1025)), NO_NOTIFICATION),
        (json.dumps(created("others", "a")), "it is about s3://others"),
    ],
)
def test_what_is_not_for_us_has_a_fault(body: str, fault: str) -> None:
    """Whatever it is, it is told and left."""
    said = said_of(body, "logs")

    assert (said.hints, said.fault) == ((), fault)


def test_behind_an_access_point_is_some_bucket() -> None:
    """Its name is not known, so any is taken."""
    point = "arn:aws:s3:us-east-1:123456789012:accesspoint/logs"

    assert said_of(json.dumps(created("behind", "a/b")), point).hints[0].location == f"s3://{point}/a/b"


@pytest.mark.parametrize(
    ("url", "region", "endpoint"),
    [
        (URL, "eu-central-1", None),
        ("https://sqs.cn-north-1.amazonaws.com.cn/123456789012/logs", "cn-north-1", None),
        ("https://sqs-fips.us-gov-west-1.amazonaws.com/123456789012/logs", "us-gov-west-1", None),
        ("https://eu-west-1.queue.amazonaws.com/123456789012/logs", "eu-west-1", None),
        ("https://queue.amazonaws.com/123456789012/logs", "us-east-1", None),
        (
            "https://vpce-1-x.sqs.us-east-1.vpce.amazonaws.com/123456789012/logs",
            "us-east-1",
            "https://vpce-1-x.sqs.us-east-1.vpce.amazonaws.com",
        ),
        (
            "http://sqs.us-east-1.localhost.localstack.cloud:4566/000000000000/logs",
            "us-east-1",
            "http://sqs.us-east-1.localhost.localstack.cloud:4566",
        ),
        ("http://localhost:4566/000000000000/logs", None, "http://localhost:4566"),
        ("http://localhost:4566/queue/us-east-1/000000000000/logs", None, "http://localhost:4566"),
    ],
)
def test_a_url_tells_where_its_queue_is(url: str, region: str | None, endpoint: str | None) -> None:
    """Its region, and its endpoint where that is not Amazon's own."""
    found = parse(url)

    assert (found.region, found.endpoint, found.name) == (region, endpoint, "logs")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("logs", "is not the URL of a queue, such as https://sqs."),
        ("https://sqs.eu-central-1.amazonaws.com/logs", "is not the URL of a queue"),
        ("https://sqs.eu-central-1.amazonaws.com/123/logs", "is not the URL of a queue"),
        (f"{URL}?x=1", "is not the URL of a queue"),
        (f"ftp{URL.removeprefix('https')}", "is not the URL of a queue"),
        (f"{URL}.fifo", "S3 writes to no FIFO queue"),
        ("arn:aws:sqs:eu-central-1:123456789012:logs", f"write the queue's URL: {URL}"),
    ],
)
def test_a_url_that_cannot_be_is_refused(url: str, said: str) -> None:
    """Before anything is reached, with what to write instead."""
    with pytest.raises(ValidationError, match=said.replace("?", r"\?")):
        S3Options(bucket="logs", sqs_queue_url=url)


def test_two_sources_cannot_share_a_queue(tmp_path: Path) -> None:
    """What one received the other would never see; that is found at load."""
    block = f'source "aws_s3" "NAME" {{\n  bucket = "logs"\n  sqs_queue_url = "{URL}"\n}}\n'
    (tmp_path / "x.hcl").write_text(block.replace("NAME", "a") + block.replace("NAME", "b"))

    with pytest.raises(ConfigError, match=rf"x.hcl:5: source.aws_s3.b reads {URL}, and so does source.aws_s3.a"):
        load([tmp_path / "x.hcl"])


def told(bucket: ToldBucket, **options: Any) -> S3Source:
    """A source of a bucket with a queue."""
    way = {"bucket": bucket.name, "endpoint_url": bucket.endpoint.url, "force_path_style": True}
    return S3Source(S3Options(**{**way, "sqs_queue_url": bucket.url, **options}), KEYS)


def inbox(source: S3Source) -> Inbox:
    """Its inbox."""
    found = source.inbox()
    assert found is not None
    return found


@pytest.fixture(scope="module")
def bucket(s3_endpoint: S3Endpoint) -> ToldBucket:
    """A bucket, and its clients."""
    return ToldBucket(s3_endpoint)


TRAIL = (
    "AWSLogs/%{NUMBER:account_id}/CloudTrail/%{DATA:region}"
    r"/%{YEAR:year}/%{MONTHNUM:month}/%{MONTHDAY:day}/%{DATA}\.json(\.gz)?"
)
LAID_OUT = "AWSLogs/1/CloudTrail/us-east-1/2024/02/07/a.json.gz"


@pytest.fixture(scope="module")
def hints(bucket: ToldBucket) -> tuple[Artifact, ...]:
    """What its messages name."""
    for key in (LAID_OUT, "AWSLogs/1/CloudTrail-Digest/us-east-1/2024/02/07/d.json.gz", "b c.log", "marker/"):
        bucket.put(key, b"" if key == "marker/" else key.encode())
        bucket.tell(key)
    notices = inbox(told(bucket)).receive(0, 600)
    assert len(notices) == 4
    return tuple(hint for each in notices for hint in each.hints)


@pytest.mark.service
@pytest.mark.parametrize(
    ("own", "asked"),
    [
        ({}, {}),
        ({"prefix": "AWSLogs/"}, {}),
        ({}, {"prefix": "AWSLogs/1/"}),
        ({}, {"layout": TRAIL}),
        ({"file_layout": TRAIL}, {}),
        ({}, {"layout": TRAIL, "exclude": "us-east"}),
        ({}, {"layout": r"nowhere/%{YEAR:year}/%{DATA}"}),
    ],
)
def test_hints_are_chosen_as_a_listing_chooses(
    bucket: ToldBucket, hints: tuple[Artifact, ...], own: dict[str, str], asked: dict[str, str]
) -> None:
    """By prefix, layout and exclusion, in the same order and with the same versions and times."""
    source = told(bucket, **own)
    narrowed = inbox(source).only(hints)

    for window in (Window(), Window(end=datetime(2025, 1, 1, tzinfo=UTC))):
        assert list(narrowed.artifacts(window, **asked)) == list(source.artifacts(window, **asked))


@pytest.mark.service
def test_what_is_gone_is_as_it_was_hinted_at(bucket: ToldBucket) -> None:
    """So that reading it tells; and trying the queue before that takes nothing away from others."""
    bucket.tell("gone")
    bucket.send("nonsense")
    found = inbox(told(bucket))

    assert found.attempt() == f"about 2 messages wait; of one {NO_NOTIFICATION}"
    (hint,) = [hint for each in found.receive(0, 600) for hint in each.hints]
    (artifact,) = found.only([hint]).artifacts(Window())
    assert (artifact.location, artifact.version) == (f"s3://{bucket.name}/gone", f"{'0' * 32}-1")


def refusal(code: str, message: str = "no", status: int = 400) -> Answer:
    """An error as SQS writes it."""
    body = json.dumps({"__type": f"com.amazonaws.sqs#{code}", "message": message}).encode()
    return Answer(status, body, {"Content-Type": "application/x-amz-json-1.0"})


@pytest.fixture(scope="module")
def refusing() -> Iterator[tuple[FaultyS3, Inbox]]:
    """A queue that answers just what it is told to."""
    with serving_faults() as served:
        url = f"{served.url}/123456789012/logs"
        yield served, inbox(S3Source(S3Options(bucket="logs", region="us-east-1", sqs_queue_url=url), KEYS))


@pytest.mark.service
@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (
            refusal("QueueDoesNotExist"),
            SourceRefusedError,
            "there is no such queue; check the region, account and name",
        ),
        (refusal("AccessDeniedException"), SourceRefusedError, "the credential needs sqs:ReceiveMessage on the queue"),
        (refusal("KmsAccessDenied"), SourceRefusedError, "the credential needs kms:Decrypt with that key"),
        (refusal("KmsDisabled"), SourceRefusedError, "its KMS key is disabled"),
        (refusal("KmsNotFound"), SourceRefusedError, "its KMS key does not exist any more"),
        (refusal("OverLimit", status=403), SourceUnavailableError, "too many of its messages are held"),
        (refusal("ExpiredToken"), SourceRefusedError, "the credential has expired"),
        (refusal("UnrecognizedClientException"), SourceRefusedError, "the access key is not known"),
        (
            refusal("SignatureDoesNotMatch", "Credential should be scoped to a valid region."),
            SourceRefusedError,
            "the queue is in another region",
        ),
        (refusal("SomethingNew", "what now"), SourceRefusedError, "SQS answered SomethingNew: what now"),
        (refusal("RequestTimeout"), SourceUnavailableError, "SQS took too long to answer"),
        (refusal("SomethingNew", status=500), SourceUnavailableError, "SQS answered SomethingNew: no"),
    ],
)
def test_what_goes_wrong_with_a_queue_is_named(
    refusing: tuple[FaultyS3, Inbox], answer: Answer, kind: type[SourceError], said: str
) -> None:
    """With the queue, in words that say what to do."""
    served, queue = refusing
    served.answers(answer)
    with pytest.raises(kind) as raised:
        queue.receive(0, 60)

    assert str(raised.value).startswith(f"{queue.subject}: ")
    assert said in str(raised.value)


def test_the_smallest_policy_names_the_queue() -> None:
    """And the three things that are done with it."""
    policy = json.loads(S3Source(S3Options(bucket="logs", sqs_queue_url=URL)).permission("notices"))

    (statement,) = policy["Statement"]
    assert statement["Resource"] == "arn:aws:sqs:eu-central-1:123456789012:logs"
    assert statement["Action"] == ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
