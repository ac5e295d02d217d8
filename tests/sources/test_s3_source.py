"""S3 as a source: what is listed with how few requests, and what is read, from a real server on loopback."""

from __future__ import annotations

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from tailpipe_resources.errors import ArtifactGoneError, SourceRefusedError, SourceUnavailableError
from tailpipe_resources.model.config import Credential
from tailpipe_resources.model.secret import Secret
from tailpipe_resources.model.window import Window
from tailpipe_resources.sources.aws_s3 import S3Options, S3Source
from tests.services.s3 import ACCESS_KEY, SECRET_KEY
from tests.services.s3_proxy import counting

if TYPE_CHECKING:
    from tailpipe_resources.sources.base import Source
    from tests.services.s3 import S3Endpoint

pytestmark = pytest.mark.service

ANY = Window()
FEB_7 = Window.of_days(date(2024, 2, 7), date(2024, 2, 7))
CLOUDTRAIL = (
    "AWSLogs/(%{DATA:org_id}/)?%{NUMBER:account_id}/CloudTrail/%{DATA:region}"
    r"/%{YEAR:year}/%{MONTHNUM:month}/%{MONTHDAY:day}/%{DATA}\.json(\.gz)?"
)
DIGESTS = "CloudTrail-(Digest|Insight)"
KEYS = Credential("aws", "test", None, {"access_key": ACCESS_KEY, "secret_key": Secret("value", SECRET_KEY)})


def source(endpoint: S3Endpoint, bucket: str, **options: Any) -> S3Source:
    """A source of the bucket."""
    return S3Source(S3Options(bucket=bucket, endpoint_url=endpoint.url, force_path_style=True, **options), KEYS)


def keys(bucket: S3Source, window: Window = ANY, **arguments: str) -> list[str]:
    """The keys that are listed."""
    return [item.location.split("/", 3)[3] for item in bucket.artifacts(window, **arguments)]


def trail(account: int, day: date, name: str = "a.json.gz") -> str:
    """A key as CloudTrail writes it."""
    return f"AWSLogs/{account}/CloudTrail/us-east-1/{day:%Y/%m/%d}/{name}"


def test_an_artifact_is_an_object(s3_endpoint: S3Endpoint) -> None:
    """Location, version, size and time are the object's own."""
    bucket = s3_endpoint.bucket({"logs/a.log": b"abc"})
    (item,) = source(s3_endpoint, bucket).artifacts(ANY)

    assert item.location == f"s3://{bucket}/logs/a.log"
    assert (item.version, item.size) == ("900150983cd24fb0d6963f7d28e17f72-3", 3)
    assert item.time is not None
    assert (item.time.utcoffset(), datetime.now(UTC) - item.time < timedelta(minutes=5)) == (timedelta(0), True)


def test_odd_keys_come_through(s3_endpoint: S3Endpoint) -> None:
    """Any key is listed by its name and read by it, in the order of names; markers of folders are not artifacts."""
    odd = ["a b+c%2F.log", "a//b", "é\t.log", "x?y#z&=.log"]
    files = source(s3_endpoint, s3_endpoint.bucket({key: key.encode() for key in odd} | {"folder/": b""}))
    listed = list(files.artifacts(ANY))

    assert [item.location.split("/", 3)[3] for item in listed] == sorted(odd)
    assert [files.open(item).read().decode() for item in listed] == sorted(odd)


def test_undated_objects_are_dated_by_when_they_were_written(s3_endpoint: S3Endpoint) -> None:
    """Without a layout the window selects by the time of the object."""
    files = source(s3_endpoint, s3_endpoint.bucket({"a.log": b"a"}))
    now = datetime.now(UTC)

    assert keys(files, Window(now - timedelta(hours=1), now + timedelta(hours=1))) == ["a.log"]
    assert keys(files, Window(now + timedelta(hours=1))) == []


def test_the_tables_layout_takes_its_own_and_leaves_the_rest(s3_endpoint: S3Endpoint) -> None:
    """Where a bucket has AWSLogs, only what fits is listed, dated by its key: no digests, no other logs."""
    day = date(2024, 2, 7)
    wanted = [trail(1, day), trail(2, day, "b.json"), f"AWSLogs/o-1/3/CloudTrail/eu/{day:%Y/%m/%d}/c.json.gz"]
    others = [
        "AWSLogs/1/CloudTrail-Digest/us-east-1/2024/02/07/d.json.gz",
        "AWSLogs/1/elasticloadbalancing/us-east-1/2024/02/07/e.log.gz",
        "readme.json.gz",
        trail(1, date(2024, 2, 8)),
        trail(1, date(2023, 2, 7)),
    ]
    files = source(s3_endpoint, s3_endpoint.bucket(dict.fromkeys(wanted + others, b"{}")))

    assert keys(files, FEB_7, layout=CLOUDTRAIL) == sorted(wanted)
    items = {item.fields["account_id"]: item for item in files.artifacts(FEB_7, layout=CLOUDTRAIL)}
    assert items["3"].fields == {"org_id": "o-1", "account_id": "3", "region": "eu"}
    assert items["1"].time == datetime(2024, 2, 7, tzinfo=UTC)
    assert keys(files, Window(), layout=CLOUDTRAIL) == sorted([*wanted, *others[3:]])


@pytest.mark.parametrize(
    ("own", "given"),
    [
        ("", None),
        ("logs/", None),
        ("logs/", "logs/production/"),
        ("logs/prod", None),
        ("", "logs/production/AWSLogs/1/CloudTrail/"),
        ("logs/production/AWSLogs/", "logs/production/AWSLogs/1"),
    ],
)
def test_any_prefix_finds_the_layout(s3_endpoint: S3Endpoint, own: str, given: str | None) -> None:
    """The layout may begin below the prefix, or the prefix may reach into it."""
    key = "logs/production/" + trail(1, date(2024, 2, 7))
    files = source(s3_endpoint, s3_endpoint.bucket({key: b"{}", "logs/x.json": b"", "other/y": b""}), prefix=own)

    arguments = {} if given is None else {"prefix": given}
    assert keys(files, FEB_7, layout=CLOUDTRAIL, **arguments) == [key]


def test_a_bucket_without_the_tables_layout_is_taken_whole(s3_endpoint: S3Endpoint) -> None:
    """Files copied flat are all listed and dated by their own time, except what the table excludes."""
    flat = ["1_CloudTrail_us-east-1_a.json.gz", "1_CloudTrail-Digest_us-east-1_b.json.gz", "deep/er/c.json"]
    files = source(s3_endpoint, s3_endpoint.bucket(dict.fromkeys(flat, b"{}")))

    assert keys(files, layout=CLOUDTRAIL, exclude=DIGESTS) == [flat[0], flat[2]]
    assert keys(files, FEB_7, layout=CLOUDTRAIL, exclude=DIGESTS) == []


def test_the_sources_own_layout_is_strict(s3_endpoint: S3Endpoint) -> None:
    """Below the source's prefix its layout decides alone, however narrow the collection's prefix."""
    bucket = s3_endpoint.bucket(dict.fromkeys(["in/web/2024-02-07.log", "in/db/2024-02-07.log", "in/x.log"], b""))
    layout = "%{WORD:app}/%{YEAR:year}-%{MONTHNUM:month}-%{MONTHDAY:day}.log"
    files = source(s3_endpoint, bucket, prefix="in/", file_layout=layout)

    assert keys(files, FEB_7, layout=CLOUDTRAIL) == ["in/db/2024-02-07.log", "in/web/2024-02-07.log"]
    assert [dict(item.fields) for item in files.artifacts(FEB_7, prefix="in/web/")] == [{"app": "web"}]


def test_one_day_is_found_without_walking_the_bucket(s3_endpoint: S3Endpoint) -> None:
    """Of 30 days of 3 accounts, the listing looks only into the one day's folders."""
    days = [date(2024, 2, 1) + timedelta(days=number) for number in range(30)]
    bucket = s3_endpoint.bucket({trail(account, day): b"" for account in (1, 2, 3) for day in days})

    with counting(s3_endpoint.url) as proxy:
        files = S3Source(S3Options(bucket=bucket, endpoint_url=proxy.url, force_path_style=True), KEYS)
        assert keys(files, FEB_7, layout=CLOUDTRAIL) == [trail(account, date(2024, 2, 7)) for account in (1, 2, 3)]
        prefixes = proxy.prefixes_listed()
        assert [prefix for prefix in prefixes if prefix.count("/") == 7] == [
            f"AWSLogs/{account}/CloudTrail/us-east-1/2024/02/07/" for account in (1, 2, 3)
        ]
        assert len(prefixes) == 2 + 3 * 6

        proxy.forget()
        assert len(keys(files, ANY, layout=CLOUDTRAIL)) == 90
        assert proxy.prefixes_listed() == [
            "",
            "AWSLogs/",
            *[f"AWSLogs/{account}/" for account in (1, 2, 3)],
            *[f"AWSLogs/{account}/CloudTrail/" for account in (1, 2, 3)],
        ]


def test_threads_share_one_source(s3_endpoint: S3Endpoint) -> None:
    """Many threads may open artifacts at once."""
    files = source(s3_endpoint, s3_endpoint.bucket({str(n): str(n).encode() * 1000 for n in range(40)}))
    items = list(files.artifacts(ANY))

    with ThreadPoolExecutor(16) as pool:
        bodies = list(pool.map(lambda item: files.open(item).read(), items))
    assert bodies == [item.location.rsplit("/", 1)[1].encode() * 1000 for item in items]


def test_a_large_object_is_kept_on_disk(s3_endpoint: S3Endpoint) -> None:
    """What does not fit well into memory is read through a temporary file."""
    body = b"0123456789abcdef" * (1 << 17) * 17
    files = source(s3_endpoint, s3_endpoint.bucket({"big": body}))
    (item,) = files.artifacts(ANY)

    with files.open(item) as stream:
        assert not isinstance(stream, io.BytesIO)
        assert stream.read() == body


def test_a_deleted_object_is_gone(s3_endpoint: S3Endpoint) -> None:
    """An object deleted after the listing is told as such."""
    bucket = s3_endpoint.bucket({"a": b"a"})
    files = source(s3_endpoint, bucket)
    (item,) = files.artifacts(ANY)
    s3_endpoint.client().delete_object(Bucket=bucket, Key="a")

    with pytest.raises(ArtifactGoneError, match=rf"s3://{bucket}/a: it was deleted after it was listed"):
        files.open(item)


def test_an_overwritten_object_is_left_to_the_next_run(s3_endpoint: S3Endpoint) -> None:
    """Bytes of another version than the listed one are never handed out."""
    bucket = s3_endpoint.bucket({"a": b"a"})
    files = source(s3_endpoint, bucket)
    (item,) = files.artifacts(ANY)
    s3_endpoint.client().put_object(Bucket=bucket, Key="a", Body=b"b")

    with pytest.raises(SourceUnavailableError, match="it changed since it was listed; the next run takes the new"):
        files.open(item)
    assert [found.version != item.version for found in files.artifacts(ANY)] == [True]


def test_an_archived_object_is_listed_and_refused(s3_endpoint: S3Endpoint) -> None:
    """What lies in Glacier is not passed over in silence: reading it says that it must be restored."""
    bucket = s3_endpoint.bucket()
    s3_endpoint.client().put_object(Bucket=bucket, Key="old", Body=b"x", StorageClass="GLACIER")
    files = source(s3_endpoint, bucket)
    (item,) = files.artifacts(ANY)

    with pytest.raises(SourceRefusedError, match="it is archived; restore it from Glacier"):
        files.open(item)


def test_a_bucket_that_is_not_there_is_refused(s3_endpoint: S3Endpoint) -> None:
    """The message names the bucket."""
    with pytest.raises(SourceRefusedError, match="s3://no-such-bucket: there is no such bucket"):
        keys(source(s3_endpoint, "no-such-bucket"))


def test_a_role_is_assumed(s3_endpoint: S3Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """A credential with a role lists as that role, let in by its own keys."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", s3_endpoint.url)
    role = {"role": "arn:aws:iam::123456789012:role/reader", "external_id": "ex1", "session_name": "audit"}
    options = S3Options(bucket=s3_endpoint.bucket({"a": b"a"}), endpoint_url=s3_endpoint.url, force_path_style=True)
    files = S3Source(options, Credential("aws", "role", None, {**KEYS.options, **role}))

    with counting(s3_endpoint.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", proxy.url)
        assert keys(files) == ["a"]
        assert [body for body in proxy.bodies() if "Action=AssumeRole" in body and "ExternalId=ex1" in body] != []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bucket": "s3://my-bucket/logs/"}, 'write bucket = "my-bucket" and prefix = "logs/"'),
        ({"bucket": "s3://my-bucket"}, 'write bucket = "my-bucket"'),
        ({"bucket": "my bucket"}, '"my bucket" cannot be the name of a bucket'),
        ({"bucket": "logs", "file_layout": "%{YAER:year}"}, 'did you mean "YEAR"'),
        ({}, "Field required"),
    ],
)
def test_options_are_checked(options: dict[str, Any], message: str) -> None:
    """What cannot work is told when the configuration is loaded."""
    with pytest.raises(ValidationError, match=message):
        S3Options(**options)


def test_declaring_a_source_imports_no_boto3() -> None:
    """Listing the sources there are does not wait for botocore."""
    code = "import sys, tailpipe_resources.sources.aws_s3; print({'boto3', 'botocore'} & set(sys.modules))"

    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"


def test_it_is_a_source() -> None:
    """The S3 source is of the shape that collecting expects."""
    bucket: Source = S3Source(S3Options(bucket="logs"))

    assert bucket.name == "aws_s3"
