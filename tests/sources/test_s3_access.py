"""Buckets whose readers pay, and objects whose key may not be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.errors import SourceRefusedError
from tailpipe_resources.model.config import Credential
from tailpipe_resources.model.window import Window
from tailpipe_resources.sources.aws_s3 import S3Options, S3Source
from tests.services.faulty_s3 import Answer
from tests.sources.test_s3_faults import BODY, HEADERS, ITEM, KEYS, QUICK, page, source

if TYPE_CHECKING:
    from tests.services.faulty_s3 import FaultyS3

pytestmark = pytest.mark.service
KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd"


@pytest.mark.parametrize("pays", [True, False])
def test_the_requester_pays_when_it_says_so(faulty_s3: FaultyS3, *, pays: bool) -> None:
    """Each request of a listing and of an object carries that, and none otherwise."""
    options = S3Options(bucket="logs", endpoint_url=faulty_s3.url, force_path_style=True, requester_pays=pays)
    made = S3Source(options, Credential("aws", "test", None, {**KEYS, **QUICK}))
    faulty_s3.answers(page("a.log"), Answer(200, BODY, HEADERS))
    list(made.artifacts(Window()))
    made.open(ITEM).close()

    said = [asked.headers.get("x-amz-request-payer") for asked in faulty_s3.asked]
    assert said == (["requester", "requester"] if pays else [None, None])


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (f"User: ann is not authorized to perform: kms:Decrypt on resource: {KEY} because no policy allows it", KEY),
        ("not authorized to perform: kms:Decrypt on the resource associated with this ciphertext", "the resource"),
    ],
)
def test_a_key_that_may_not_be_used_is_named(faulty_s3: FaultyS3, message: str, said: str) -> None:
    """Not as if the object itself could not be read."""
    body = f"<Error><Code>AccessDenied</Code><Message>{message}</Message></Error>"
    faulty_s3.answers(Answer(403, body.encode(), {"Content-Type": "application/xml"}))

    with pytest.raises(SourceRefusedError) as refused:
        source(faulty_s3.url).open(ITEM)
    assert str(refused.value).endswith(f"its KMS key may not be used; the credential needs kms:Decrypt with {said}")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("KMS.DisabledException", "its KMS key is disabled; enable it"),
        ("KMS.NotFoundException", "its KMS key does not exist any more"),
        ("KMS.KMSInvalidStateException", "its KMS key is not ready to be used"),
    ],
)
def test_a_key_in_no_good_state(faulty_s3: FaultyS3, code: str, said: str) -> None:
    """What is wrong with it, and that trying again does not help."""
    faulty_s3.answers(Answer.error(400, code))

    with pytest.raises(SourceRefusedError, match=said):
        source(faulty_s3.url).open(ITEM)
