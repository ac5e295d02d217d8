"""A store that fails: what is tried again, what is taken up where it broke, and what is said in the end."""

from __future__ import annotations

import hashlib
import socket
from typing import TYPE_CHECKING, Any

import botocore.exceptions
import pytest
from botocore.exceptions import ClientError

from tailpipe_resources.errors import ArtifactGoneError, SourceError, SourceRefusedError, SourceUnavailableError
from tailpipe_resources.model.artifact import Artifact
from tailpipe_resources.model.config import Credential
from tailpipe_resources.model.secret import Secret
from tailpipe_resources.model.window import Window
from tailpipe_resources.sources.aws_s3 import S3Options, S3Source
from tailpipe_resources.sources.s3_errors import CODES, EXCEPTIONS, speaking_for
from tailpipe_resources.sources.s3_read import TRIES
from tests.services.faulty_s3 import Answer

if TYPE_CHECKING:
    from tests.services.faulty_s3 import FaultyS3

pytestmark = pytest.mark.service

BODY = bytes(range(256)) * 10_000
ETAG = hashlib.md5(BODY).hexdigest()
HEADERS = {"ETag": f'"{ETAG}"', "Content-Type": "binary/octet-stream"}
ITEM = Artifact("s3://logs/a.log", f"{ETAG}-{len(BODY)}", len(BODY))
SECRET = "very-secret-key"
KEYS = {"access_key": Secret("value", "AKIAEXAMPLE"), "secret_key": Secret("value", SECRET)}
QUICK = {"max_error_retry_attempts": 1, "min_error_retry_delay": 1}
LISTING = Answer(200, b"<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>")


def source(url: str, region: str | None = None, **said: Any) -> S3Source:
    """A source of the bucket `logs` there, that does not wait long."""
    options = S3Options(bucket="logs", endpoint_url=url, force_path_style=True, region=region)
    return S3Source(options, Credential("aws", "test", None, {**KEYS, **QUICK, **said}))


def page(*keys: str, more: str = "") -> Answer:
    """One page of a listing."""
    items = "".join(
        f"<Contents><Key>{key}</Key><LastModified>2024-02-07T00:00:00.000Z</LastModified><ETag>e</ETag><Size>1</Size>"
        "</Contents>"
        for key in keys
    )
    token = f"<IsTruncated>true</IsTruncated><NextContinuationToken>{more}</NextContinuationToken>" if more else ""
    return Answer(200, f"<ListBucketResult>{token}{items}</ListBucketResult>".encode())


def test_a_broken_body_is_taken_up_where_it_broke(faulty_s3: FaultyS3) -> None:
    """What arrived is kept; the rest is asked for by range, and only of the same version."""
    rest = Answer(206, BODY[1_500_000:], HEADERS)
    faulty_s3.answers(Answer(200, BODY, HEADERS, cut_after=1_500_000), rest)

    assert source(faulty_s3.url).open(ITEM).read() == BODY
    assert [asked.headers.get("if-match") for asked in faulty_s3.asked] == [f'"{ETAG}"'] * 2
    begun = faulty_s3.asked[1].headers["range"].removeprefix("bytes=").removesuffix("-")
    assert 0 < int(begun) <= 1_500_000


def test_a_store_that_knows_no_ranges_is_read_anew(faulty_s3: FaultyS3) -> None:
    """When the whole body comes although only the rest was asked for, nothing is doubled."""
    faulty_s3.answers(Answer(200, BODY, HEADERS, cut_after=1_500_000), Answer(200, BODY, HEADERS))

    assert source(faulty_s3.url).open(ITEM).read() == BODY


def test_a_body_that_always_breaks_is_given_up(faulty_s3: FaultyS3) -> None:
    """After some tries without a byte gained, the artifact has failed for this run."""
    faulty_s3.answers(Answer(200, BODY, HEADERS, cut_after=0))

    with pytest.raises(SourceUnavailableError, match=r"s3://logs/a\.log: the connection broke; run again"):
        source(faulty_s3.url).open(ITEM)
    assert len(faulty_s3.asked) == TRIES


def test_a_version_that_changes_within_the_body_is_told(faulty_s3: FaultyS3) -> None:
    """The rest of another version is not glued to the beginning of this one."""
    changed = Answer.error(412, "PreconditionFailed")
    faulty_s3.answers(Answer(200, BODY, HEADERS, cut_after=1_500_000), changed)

    with pytest.raises(SourceUnavailableError, match="it changed since it was listed"):
        source(faulty_s3.url).open(ITEM)
    assert len(faulty_s3.asked) == 2


def test_slow_down_is_obeyed(faulty_s3: FaultyS3) -> None:
    """A store that asks to slow down is asked again."""
    faulty_s3.answers(Answer.error(503, "SlowDown"), LISTING)

    assert list(source(faulty_s3.url).artifacts(Window())) == []
    assert len(faulty_s3.asked) == 2


def test_slow_down_without_end_is_worth_another_run(faulty_s3: FaultyS3) -> None:
    """A store that goes on asking is left alone after the tries that the credential allows."""
    faulty_s3.answers(Answer.error(503, "SlowDown"))

    with pytest.raises(SourceUnavailableError, match="s3://logs: S3 asks to slow down; run again later"):
        list(source(faulty_s3.url).artifacts(Window()))
    assert len(faulty_s3.asked) == 2


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (403, "AccessDenied", SourceRefusedError, "the credential needs s3:ListBucket"),
        (403, "InvalidAccessKeyId", SourceRefusedError, "the access key is not known"),
        (403, "SignatureDoesNotMatch", SourceRefusedError, "the secret key does not belong to the access key"),
        (400, "ExpiredToken", SourceRefusedError, "the credential has expired; renew it"),
        (404, "NoSuchBucket", SourceRefusedError, "there is no such bucket"),
        (400, "NeverHeardOf", SourceRefusedError, "S3 answered NeverHeardOf: as told"),
        (501, "NeverHeardOf", SourceUnavailableError, "S3 answered NeverHeardOf: as told"),
    ],
)
def test_refusals_name_the_bucket_and_the_remedy(
    faulty_s3: FaultyS3, status: int, code: str, kind: type[SourceError], words: str
) -> None:
    """Each refusal is of the right kind, says what to do, and shows no secret."""
    detail = f"<StringToSign>{SECRET}</StringToSign>"
    faulty_s3.answers(Answer.error(status, code, detail=detail))

    with pytest.raises(kind, match=words) as caught:
        list(source(faulty_s3.url).artifacts(Window()))
    assert str(caught.value).startswith("s3://logs: ")
    assert SECRET not in str(caught.value)


def test_a_refused_object_is_named(faulty_s3: FaultyS3) -> None:
    """A key that may not be read is told by its name."""
    faulty_s3.answers(Answer.error(403, "AccessDenied"))

    with pytest.raises(SourceRefusedError, match=r"^s3://logs/a\.log: access denied"):
        source(faulty_s3.url).open(ITEM)
    faulty_s3.answers(Answer.error(404, "NoSuchKey"))
    with pytest.raises(ArtifactGoneError, match="deleted after it was listed"):
        source(faulty_s3.url).open(ITEM)


def test_an_answer_of_some_other_server_is_told(faulty_s3: FaultyS3, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of a proxy is taken for what it is, whether the store or the role was asked for."""
    faulty_s3.answers(Answer(404, b"<html><p>Welcome</html>", {"Content-Type": "text/html"}))
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", faulty_s3.url)
    in_role = source(faulty_s3.url, role="arn:aws:iam::123456789012:role/reader")

    with pytest.raises(SourceUnavailableError, match="what answers does not speak like S3; check endpoint_url"):
        list(in_role.artifacts(Window()))
    with pytest.raises(SourceRefusedError, match="there is no such bucket"):
        list(source(faulty_s3.url).artifacts(Window()))


def test_all_pages_are_listed(faulty_s3: FaultyS3) -> None:
    """The store hands out keys by the page; the next is asked for until there is none."""
    faulty_s3.answers(page("a", "b", more="token"), page("c"))

    found = source(faulty_s3.url).artifacts(Window())
    assert [item.location for item in found] == ["s3://logs/a", "s3://logs/b", "s3://logs/c"]
    assert "continuation-token=token" in faulty_s3.asked[1].path


def test_the_region_is_found_out(faulty_s3: FaultyS3) -> None:
    """Without a region, the store's answer tells it, and the request is signed anew for it."""
    headers = {"x-amz-bucket-region": "eu-west-3"}
    faulty_s3.answers(Answer.error(301, "PermanentRedirect", headers=headers), LISTING)

    assert list(source(faulty_s3.url).artifacts(Window())) == []
    assert ["eu-west-3" in asked.headers["authorization"] for asked in faulty_s3.asked] == [False, True]


def test_a_wrong_region_is_told_with_the_right_one(faulty_s3: FaultyS3) -> None:
    """When asking again does not help, the message says which region to set."""
    headers = {"x-amz-bucket-region": "eu-west-3"}
    faulty_s3.answers(Answer.error(301, "PermanentRedirect", headers=headers))

    with pytest.raises(SourceRefusedError, match='in another region; set region = "eu-west-3"'):
        list(source(faulty_s3.url, region="us-west-2").artifacts(Window()))


def test_an_endpoint_that_is_not_there_is_told() -> None:
    """Nobody listening is the network's fault, not the credential's."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    with pytest.raises(SourceUnavailableError, match="the endpoint cannot be reached; check endpoint_url"):
        list(source(f"http://127.0.0.1:{port}").artifacts(Window()))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"access_key": None, "secret_key": None}, "no credentials were found; set AWS_PROFILE"),
        ({"secret_key": None}, "the credential is not complete; set access_key and secret_key"),
        ({"profile": "nobody"}, "the AWS profile does not exist"),
        ({"secret_key": Secret("env", "NOT_SET")}, "the environment variable NOT_SET is not set"),
    ],
)
def test_missing_credentials_are_told(monkeypatch: pytest.MonkeyPatch, said: dict[str, Any], words: str) -> None:
    """What is missing is named before anything is sent."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    with pytest.raises(SourceRefusedError, match=words):
        list(source("http://127.0.0.1:9", **said).artifacts(Window()))


def test_a_role_that_cannot_be_assumed_is_told(faulty_s3: FaultyS3, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the role's fault, not the bucket's."""
    body = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
    faulty_s3.answers(Answer(403, body, {"Content-Type": "text/xml"}))
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", faulty_s3.url)

    with pytest.raises(SourceRefusedError, match=r"the role cannot be assumed \(AccessDenied\); check role"):
        list(source(faulty_s3.url, role="arn:aws:iam::123456789012:role/reader").artifacts(Window()))


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_a_meaning(code: str) -> None:
    """Whatever is in the table is raised as it says, in words without holes."""
    kind, words = CODES[code]

    with pytest.raises(kind) as caught, speaking_for("s3://logs"):
        raise ClientError({"Error": {"Code": code, "Message": "said"}}, "GetObject")
    assert str(caught.value) == f"s3://logs: {words.replace('{region}', '; set region').replace('{service}', 'S3')}"


NEEDS_ARGUMENTS: dict[str, Any] = {
    "endpoint_url": "u",
    "error": "e",
    "error_msg": "e",
    "provider": "p",
    "cred_var": "v",
    "profile": "p",
    "proxy_url": "u",
    "region_name": "r",
    "actual_bytes": 1,
    "expected_bytes": 2,
    "name": "n",
}


@pytest.mark.parametrize("name", sorted(EXCEPTIONS))
def test_every_exception_has_a_meaning(name: str) -> None:
    """Whatever is in the table is a class of botocore's, and is raised as it says."""
    kind, words = EXCEPTIONS[name]
    foreign: type[Exception] = getattr(botocore.exceptions, name)

    with pytest.raises(kind) as caught, speaking_for("s3://logs"):
        raise foreign(**NEEDS_ARGUMENTS)
    assert str(caught.value) == f"s3://logs: {words.replace('{service}', 'S3')}"


def test_the_codes_to_expect_are_all_in_the_table() -> None:
    """Every code that S3 documents for listing and reading, and that asks for a different act, has a meaning."""
    expected = {
        "AccessDenied", "ExpiredToken", "InternalError", "InvalidAccessKeyId", "InvalidObjectState", "NoSuchBucket",
        "NoSuchKey", "PermanentRedirect", "PreconditionFailed", "RequestTimeout", "RequestTimeTooSkewed",
        "ServiceUnavailable", "SignatureDoesNotMatch", "SlowDown",
    }  # fmt: skip

    assert expected <= set(CODES)


def test_what_is_not_in_the_table_is_still_told() -> None:
    """An exception of botocore's that nobody thought of is a refusal in one line."""
    with pytest.raises(SourceRefusedError, match=r"botocore refuses: .* failed: a b$"), speaking_for("s3://logs"):
        raise botocore.exceptions.ParamValidationError(report="a\nb")
