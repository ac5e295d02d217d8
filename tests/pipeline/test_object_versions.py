"""Buckets that keep versions: an object that is overwritten replaces its rows, and one that is deleted keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.services.project import Project
from tests.services.s3 import ACCESS_KEY, REGION, SECRET_KEY, S3Endpoint, serving_s3

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.service
HCL = """
source "aws_s3" "bucket" {{
  bucket           = "{bucket}"
  endpoint_url     = "{url}"
  force_path_style = true
}}
table "door_log" {{
  format = "jsonl"
  column "time" {{}}
  column "door" {{}}
}}
collection "door_log" "all" {{
  source = source.aws_s3.bucket
}}
"""


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[S3Endpoint]:
    """A working store that speaks like S3; ask it for a bucket of your own."""
    with serving_s3() as endpoint:
        yield endpoint


@pytest.fixture
def versioned(s3_endpoint: S3Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Versioned:
    """A bucket with versioning enabled, and a project that collects it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    bucket, client = s3_endpoint.bucket(), s3_endpoint.client()
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    project = Project(tmp_path)
    project.configure(HCL.format(bucket=bucket, url=s3_endpoint.url))
    return Versioned(project, client, bucket)


class Versioned:
    """A bucket and what was collected of it."""

    def __init__(self, project: Project, client: S3Client, bucket: str) -> None:
        self._project = project
        self._client = client
        self._bucket = bucket

    def put(self, key: str, *doors: str) -> None:
        """Write an object, as its next version."""
        lines = [f'{{"time": "2024-02-07T12:00:00Z", "door": "{door}"}}\n' for door in doors]
        self._client.put_object(Bucket=self._bucket, Key=key, Body="".join(lines).encode())

    def delete(self, key: str) -> None:
        """Put a delete marker in front of its versions."""
        self._client.delete_object(Bucket=self._bucket, Key=key)

    def collected(self) -> tuple[list[str], int]:
        """The doors that are in the lake after another run, and how many rows that run replaced."""
        result = self._project.collect_one()
        doors = self._project.ask("SELECT door FROM door_log ORDER BY door")
        return [door for (door,) in doors], result.replaced


def test_an_overwritten_object_replaces_its_rows(versioned: Versioned) -> None:
    """The rows of the version before go in the commit that brings the new ones; other objects keep theirs."""
    versioned.put("a.jsonl", "front", "back")
    versioned.put("b.jsonl", "cellar")
    assert versioned.collected()[0] == ["back", "cellar", "front"]

    versioned.put("a.jsonl", "roof")

    assert versioned.collected() == (["cellar", "roof"], 2)
    assert versioned.collected() == (["cellar", "roof"], 0)


def test_a_version_with_the_same_content_brings_nothing_twice(versioned: Versioned) -> None:
    """An object that was written again as it was has the same rows."""
    versioned.put("a.jsonl", "front")
    versioned.collected()

    versioned.put("a.jsonl", "front")

    assert versioned.collected()[0] == ["front"]


def test_a_deleted_object_keeps_its_rows(versioned: Versioned) -> None:
    """A delete marker takes no evidence away, and what is written there afterwards takes the old rows' place."""
    versioned.put("a.jsonl", "front")
    versioned.collected()

    versioned.delete("a.jsonl")
    assert versioned.collected()[0] == ["front"]

    versioned.put("a.jsonl", "back")
    assert versioned.collected()[0] == ["back"]
