"""The source `aws_cloudwatch` against a service that speaks like CloudWatch Logs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tailpipe_resources.errors import SourceRefusedError
from tailpipe_resources.model.config import Credential
from tailpipe_resources.model.secret import Secret
from tailpipe_resources.model.window import Window, midnight
from tailpipe_resources.sources.aws_cloudwatch import CloudWatchOptions, CloudWatchSource
from tests.services.project import Project
from tests.services.s3 import ACCESS_KEY, REGION, SECRET_KEY, S3Endpoint

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.service
TODAY = midnight(datetime.now(UTC).date())
YESTERDAY = TODAY - timedelta(days=1)


@dataclass
class Group:
    """A log group."""

    url: str
    name: str = field(default_factory=lambda: f"/app/{uuid.uuid4().hex[:8]}")
    streams: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        session: Any = boto3.Session(aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY)
        self.client = session.client("logs", endpoint_url=self.url, region_name=REGION)
        self.client.create_log_group(logGroupName=self.name)

    def log(self, stream: str, at: datetime, *messages: str) -> None:
        """Messages a millisecond apart."""
        if stream not in self.streams:
            self.client.create_log_stream(logGroupName=self.name, logStreamName=stream)
            self.streams.add(stream)
        first = int(at.timestamp() * 1000)
        events = [{"timestamp": first + number, "message": each} for number, each in enumerate(messages)]
        self.client.put_log_events(logGroupName=self.name, logStreamName=stream, logEvents=events)

    def source(self, **options: Any) -> CloudWatchSource:
        """A source over it."""
        said = {"log_group_name": self.name, "endpoint_url": self.url, "region": REGION, **options}
        keys = {"access_key": ACCESS_KEY, "secret_key": Secret("value", SECRET_KEY)}
        return CloudWatchSource(CloudWatchOptions.model_validate(said), Credential("aws", "it", None, keys))


@pytest.fixture
def group(s3_endpoint: S3Endpoint) -> Group:
    """A log group that is still empty."""
    return Group(s3_endpoint.url)


def lines(source: CloudWatchSource, window: Window) -> list[str]:
    """All lines a source delivers."""
    found: list[str] = []
    for artifact in source.artifacts(window):
        with source.open(artifact) as stream:
            found += stream.read().decode().splitlines()
    return sorted(found)


def test_days_of_all_streams(group: Group) -> None:
    """The window's days, each event in the day it happened."""
    group.log("a", YESTERDAY + timedelta(hours=1), *(f"yesterday {n}" for n in range(3)))
    group.log("b", TODAY, "today a", "today b")
    source = group.source()

    assert len(lines(source, Window(YESTERDAY, None))) == 5
    assert lines(source, Window(TODAY, None)) == ["today a", "today b"]
    assert lines(source, Window(YESTERDAY, TODAY)) == [f"yesterday {n}" for n in range(3)]


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["web-1"], ["1"]),
        (["web-*"], ["1", "2"]),
        (["web-2", "db-*"], ["2", "3"]),
        (["*-1"], ["1", "3"]),
        (["none"], []),
    ],
)
def test_streams_by_pattern(group: Group, patterns: list[str], expected: list[str]) -> None:
    """Names may have wildcards anywhere, and several may be given."""
    for stream, message in (("web-1", "1"), ("web-2", "2"), ("db-1", "3"), ("other", "4")):
        group.log(stream, TODAY, message)

    assert lines(group.source(log_stream_names=patterns), Window(TODAY, None)) == expected


def test_messages_of_several_lines_are_one_record(group: Group) -> None:
    """JSON laid out for eyes is put on a line; other line ends are written as signs."""
    group.log("a", TODAY, '{\n  "x": 1\n}', "Traceback\n  at x\r\n", "plain\n")

    assert lines(group.source(), Window(TODAY, None)) == ["Traceback\\n  at x", "plain", '{"x":1}']


def test_a_group_that_is_not_there(group: Group) -> None:
    """The message names it and says what to check."""
    with pytest.raises(SourceRefusedError, match=r"/none: there is no such log group; check its name and the region"):
        lines(group.source(log_group_name="/none"), Window(TODAY, None))


def test_a_collection_grows(group: Group, tmp_path: Path) -> None:
    """Each run adds what is new, the same messages at the same time included, and then there is nothing to commit."""
    project = Project(tmp_path)
    project.configure(
        f'credential "aws" "default" {{\n  access_key = "{ACCESS_KEY}"\n  secret_key = "{SECRET_KEY}"\n}}\n'
        f'source "aws_cloudwatch" "app" {{\n  log_group_name = "{group.name}"\n  region = "{REGION}"\n'
        f'  endpoint_url = "{group.url}"\n}}\n'
        'collection "custom" "app" {\n  source = source.aws_cloudwatch.app\n  table_name = "app"\n'
        "  format = `(?P<time>\\S+) (?P<text>.*)`\n}\n"
    )
    written = TODAY.isoformat()
    group.log("a", TODAY, f"{written} one", f"{written} two")
    results = [project.collect(window=Window(YESTERDAY, None))[0]]
    group.log("b", TODAY, f"{written} one", f"{written} two")
    results += [project.collect(window=Window(YESTERDAY, None))[0] for _ in range(2)]

    assert [each.failure for each in results] == [None] * 3
    assert [each.rows for each in results] == [2, 2, 0]
    assert results[2].artifacts == 0
    assert project.ask("select text, count(*) from app group by 1 order by 1") == [("one", 2), ("two", 2)]


@pytest.mark.parametrize(
    ("environment", "said", "region"),
    [
        ({}, {}, "eu-south-1"),
        ({}, {"profile": "other"}, "ap-east-1"),
        ({"AWS_DEFAULT_REGION": "us-west-2"}, {}, "us-west-2"),
        ({"AWS_DEFAULT_REGION": "us-west-2", "AWS_REGION": "us-west-1"}, {}, "us-west-1"),
        ({"AWS_REGION": "us-west-1"}, {"region": "ca-west-1"}, "ca-west-1"),
    ],
)
def test_the_region_is_found_as_aws_tools_find_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], said: dict[str, str], region: str
) -> None:
    """The credential's, else that of the environment, else the profile's."""
    config = tmp_path / "aws"
    config.write_text("[default]\nregion = eu-south-1\n[profile other]\nregion = ap-east-1\n")
    for name, value in {**environment, "AWS_CONFIG_FILE": str(config)}.items():
        monkeypatch.setenv(name, value)
    source = CloudWatchSource(CloudWatchOptions(log_group_name="app"), Credential("aws", "it", None, said))

    (feed,) = source.feeds()

    assert feed.name == f"cloudwatch://{region}/app/"


def test_a_profile_that_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is asked for."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    source = CloudWatchSource(
        CloudWatchOptions(log_group_name="app"), Credential("aws", "it", None, {"profile": "gone"})
    )

    with pytest.raises(SourceRefusedError, match="the AWS profile does not exist"):
        source.feeds()
