"""Real logs, collected from files and from S3: every figure is known beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.services.project import Project, shared_data
from tests.services.s3 import ACCESS_KEY, REGION, SECRET_KEY

if TYPE_CHECKING:
    from pathlib import Path

    from tailpipe_resources.model.results import CollectResult
    from tests.services.s3 import S3Endpoint

SEED_FORMAT = (
    r'(?P<remote_addr>\S+) - (?P<remote_user>\S+) \[(?P<time_local>[^\]]+)\] "(?P<request>[^"]+)" (?P<status>\d+) '
    r'(?P<body_bytes_sent>\d+) "(?P<http_referer>[^"]+)" "(?P<http_user_agent>[^"]+)"'
)
CLOUDTRAIL = """
collection "aws_cloudtrail_log" "production" {
  source = source.SOURCE
  filter {
    where = "not (event_source = 'kms.amazonaws.com' and event_name = 'Decrypt')"
  }
}
collection "aws_cloudtrail_log" "root_events" {
  source = source.SOURCE
  filter {
    where = "user_identity.type = 'Root'"
  }
}
collection "aws_cloudtrail_log" "people" {
  source = source.SOURCE
  filter {
    where = "user_identity.type = 'IAMUser'"
  }
}
collection "aws_cloudtrail_log" "all" {
  source = source.SOURCE
}
"""
ACCESS = f"""
collection "http_log" "production" {{
  source = source.SOURCE
  format = "combined"
}}
collection "custom" "production" {{
  source     = source.SOURCE
  table_name = "my_custom_table"
  format     = `{SEED_FORMAT}`
}}
"""


def rows(results: tuple[CollectResult, ...]) -> dict[str, int]:
    """Rows by table and collection."""
    assert [each.failure for each in results] == [None] * len(results)
    return {f"{each.table}.{each.collection}": each.rows for each in results}


def file_source(name: str, path: Path) -> str:
    """A source block over real logs."""
    return f'source "file" "{name}" {{\n  path = "{path}"\n}}\n'


def s3_source(endpoint: S3Endpoint, bucket: str) -> str:
    """A source block over a bucket."""
    return f"""
credential "aws" "test" {{
  access_key = "{ACCESS_KEY}"
  secret_key = "{SECRET_KEY}"
}}
source "aws_s3" "bucket" {{
  bucket           = "{bucket}"
  region           = "{REGION}"
  endpoint_url     = "{endpoint.url}"
  force_path_style = true
  credential       = credential.aws.test
}}
"""


CLOUDTRAIL_ROWS = {
    "aws_cloudtrail_log.production": 591,
    "aws_cloudtrail_log.root_events": 0,
    "aws_cloudtrail_log.people": 620,
    "aws_cloudtrail_log.all": 666,
}


def test_cloudtrail_files(project: Project) -> None:
    """All events come in once, the filters leave out what they say, and a second run adds nothing."""
    data = shared_data("cloudtrail")
    project.configure(file_source("trail", data) + CLOUDTRAIL.replace("SOURCE", "file.trail"))

    first = project.collect()
    second = project.collect()

    assert rows(first) == CLOUDTRAIL_ROWS
    assert [each.records for each in first] == [666] * 4
    assert [each.rows + each.filtered for each in first] == [666] * 4
    assert [(each.rows, each.artifacts, each.skipped) for each in second] == [(0, 0, 8)] * 4
    assert dict(project.ask("select tp_partition, count(*) from aws_cloudtrail_log group by all")) == {
        "production": 591,
        "people": 620,
        "all": 666,
    }
    assert project.one("select count(distinct tp_id) from aws_cloudtrail_log where tp_partition = 'all'") == 666


@pytest.mark.service
@pytest.mark.parametrize("key", ["{name}", "AWSLogs/218007301253/CloudTrail/us-east-1/2023/07/10/{name}"])
def test_cloudtrail_objects(project: Project, s3_endpoint: S3Endpoint, key: str) -> None:
    """The same through S3, flat or as AWS lays objects out, with digests lying beside them."""
    objects = {key.format(name=each.name): each.read_bytes() for each in shared_data("cloudtrail").glob("*.json")}
    digests = {key.replace("/CloudTrail/", "/CloudTrail-Digest/").format(name="x_CloudTrail-Digest_y.json"): b"{}"}
    bucket = s3_endpoint.bucket({**objects, **digests})
    project.configure(s3_source(s3_endpoint, bucket) + CLOUDTRAIL.replace("SOURCE", "aws_s3.bucket"))

    assert rows(project.collect()) == CLOUDTRAIL_ROWS
    assert sum(rows(project.collect()).values()) == 0
    assert project.one("select count(*) from aws_cloudtrail_log where tp_partition = 'all'") == 666


def check_access(project: Project) -> None:
    """Collects access logs twice: into the built-in table, and by the seed's own expression."""
    first, second = project.collect(), project.collect()
    reasons = project.ask(
        "select reason, count(*), count(distinct position) from tailpipe_rejected "
        "where rejected_table = 'my_custom_table' group by all"
    )

    assert rows(first) == {"http_log.production": 5000, "my_custom_table.production": 4568}
    assert [each.rejected for each in first] == [0, 432]
    assert sum(rows(second).values()) == 0
    assert reasons == [("the line does not fit the format", 432, 432)]
    assert project.one("select count(*) from http_log where body_bytes_sent is null") == 432
    assert project.one("select count(*) from my_custom_table") == 4568


def test_access_log_files(project: Project) -> None:
    """Every line fits the built-in table; lines without a size do not fit the seed's expression and are set aside."""
    project.configure(file_source("web", shared_data("access")) + ACCESS.replace("SOURCE", "file.web"))

    check_access(project)


@pytest.mark.service
def test_access_log_objects(project: Project, s3_endpoint: S3Endpoint) -> None:
    """The same through S3."""
    data = shared_data("access") / "apache_combined.log"
    bucket = s3_endpoint.bucket({"web/access.log": data.read_bytes()})
    project.configure(s3_source(s3_endpoint, bucket) + ACCESS.replace("SOURCE", "aws_s3.bucket"))

    check_access(project)


def test_arrays_of_cloudtrail_events(project: Project) -> None:
    """Documents that are arrays give their events, the technique's file told by the location."""
    data = shared_data("stratus")
    project.configure(
        file_source("stratus", data) + 'collection "aws_cloudtrail_log" "s" {\n  source = source.file.stratus\n}\n'
    )

    result = project.collect_one()

    assert (result.rows, result.rejected, result.artifacts) == (310, 0, 35)
    assert project.collect_one().rows == 0
    assert project.one("select count(distinct tp_source_location) from aws_cloudtrail_log") == 35
    assert project.one("select count(*) from aws_cloudtrail_log where event_name is null") == 0
