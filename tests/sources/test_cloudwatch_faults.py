"""The source `aws_cloudwatch` against a service that answers just what it is told to."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_resources.errors import SourceError, SourceRefusedError, SourceUnavailableError
from tailpipe_resources.model.config import Credential
from tailpipe_resources.model.secret import Secret
from tailpipe_resources.model.window import Window, midnight
from tailpipe_resources.sources.aws_cloudwatch import CloudWatchOptions, CloudWatchSource
from tests.services.faulty_s3 import Answer
from tests.services.s3 import ACCESS_KEY, REGION, SECRET_KEY

if TYPE_CHECKING:
    from tests.services.faulty_s3 import FaultyS3

pytestmark = pytest.mark.service
TODAY = midnight(datetime.now(UTC).date())
BEGAN = int(TODAY.timestamp() * 1000)
HALF = "\ud83d"
"""The first half of a character of two."""


def event(number: int, message: str = "x", **more: Any) -> dict[str, Any]:
    """One event as CloudWatch tells it."""
    about = {"eventId": str(number), "logStreamName": "web-1", "timestamp": BEGAN + number, "ingestionTime": BEGAN}
    return {**about, "message": message, **more}


def page(*events: dict[str, Any], **more: Any) -> Answer:
    """A page of them."""
    return said({"events": list(events), **more})


def said(answer: object, status: int = 200) -> Answer:
    """Anything as JSON."""
    return Answer(status, json.dumps(answer).encode(), {"Content-Type": "application/x-amz-json-1.1"})


def refusal(code: str, message: str = "", status: int = 400) -> Answer:
    """An error as CloudWatch writes it."""
    return said({"__type": code, "message": message}, status)


def lines(served: FaultyS3, **options: Any) -> list[str]:
    """All lines of today."""
    way = {"log_group_name": "/app", "endpoint_url": served.url, "region": REGION, **options}
    keys = {"access_key": ACCESS_KEY, "secret_key": Secret("value", SECRET_KEY)}
    once = {"max_error_retry_attempts": 1, "min_error_retry_delay": 1}
    source = CloudWatchSource(CloudWatchOptions.model_validate(way), Credential("aws", "it", None, {**keys, **once}))
    (artifact,) = source.artifacts(Window(TODAY, None))
    with source.open(artifact) as stream:
        return stream.read().decode().splitlines()


@pytest.mark.parametrize(
    "broken",
    [
        Answer(200, b'{"events": [{"eventId": "2"'),
        Answer(200, b"<html>log in</html>"),
        Answer(200, b'{"events": [{"eventId": "2", "message": "\xff"}]}'),
        Answer(200, b'{"events": [{"eventId": "2", "logStreamName": "a", "message": "x", "timestamp": 1e400}]}'),
        said({"events": None}),
        said({}),
        page({"eventId": "2", "logStreamName": "web-1", "timestamp": BEGAN}),
    ],
    ids=["half", "another server's", "no text", "no time", "null", "empty", "no message"],
)
def test_a_page_that_cannot_be_read_is_no_empty_page(faulty_s3: FaultyS3, broken: Answer) -> None:
    """The day is not taken without what was on it, nor does anything crash."""
    faulty_s3.answers(page(event(1), nextToken="more"), broken)

    with pytest.raises(SourceUnavailableError, match="/app: what answers does not speak like CloudWatch"):
        lines(faulty_s3)


@pytest.mark.parametrize("deliver", ["message", "event"])
def test_half_a_character_is_replaced(faulty_s3: FaultyS3, deliver: str) -> None:
    """As where a long message was cut off; the others come with it."""
    faulty_s3.answers(page(event(1, f"cut {HALF}"), event(2, "whole \U0001f600")))

    first, second = lines(faulty_s3, deliver=deliver)

    assert "cut \ufffd" in first
    assert "whole \U0001f600" in second


@pytest.mark.parametrize("pattern", ["2026/11/24/[$LATEST]4f", "2026/11/24/[$LATEST]*", "*[$LATEST]*", "*]4?"])
def test_brackets_in_the_names_of_streams_are_brackets(faulty_s3: FaultyS3, pattern: str) -> None:
    """As those of Lambda have them."""
    faulty_s3.answers(
        page(event(1, "one", logStreamName="2026/11/24/[$LATEST]4f"), event(2, "two", logStreamName="2026/11/24/L4f"))
    )

    assert lines(faulty_s3, log_stream_names=[pattern]) == ["one"]


def test_an_event_on_two_pages_comes_once(faulty_s3: FaultyS3) -> None:
    """Whatever the order; many pages may be empty."""
    empty = [page(nextToken=str(number)) for number in range(150)]
    faulty_s3.answers(page(event(3), nextToken="a"), *empty, page(event(1), event(3)))

    assert lines(faulty_s3) == ["x", "x"]


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (refusal("ThrottlingException", "Rate exceeded"), SourceUnavailableError, "CloudWatch asks to slow down"),
        (refusal("LimitExceededException"), SourceUnavailableError, "CloudWatch asks to slow down"),
        (refusal("ExpiredTokenException"), SourceRefusedError, "the credential has expired; renew it"),
        (refusal("InternalFailure", status=500), SourceUnavailableError, "CloudWatch answered InternalFailure"),
        (refusal("NeverHeardOf", "what now"), SourceRefusedError, "CloudWatch answered NeverHeardOf: what now"),
        (refusal("ResourceNotFoundException"), SourceRefusedError, "there is no such log group"),
        (refusal("InvalidSignatureException"), SourceRefusedError, "or this machine's clock is wrong"),
        (
            refusal("InvalidParameterException", "The specified nextToken is invalid."),
            SourceUnavailableError,
            "its pages cannot be turned any further; run again",
        ),
        (
            refusal("InvalidParameterException", "Invalid filter pattern"),
            SourceRefusedError,
            r"check log_group_name, log_stream_names and filter_pattern \(Invalid filter pattern\)",
        ),
    ],
)
def test_refusals_in_the_middle_of_paging(
    faulty_s3: FaultyS3, answer: Answer, kind: type[SourceError], words: str
) -> None:
    """They name the log group and CloudWatch, and nothing of the day is taken."""
    faulty_s3.answers(page(event(1), nextToken="more"), answer)

    with pytest.raises(kind, match=f"^/app: .*{words}"):
        lines(faulty_s3)
