"""A process that is killed while findings are on their way: whatever step it dies at, none is lost and none doubled."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.scheduled import ask_due
from tailpipe_resources.model.finding import FINDING_TABLE
from tests.pipeline.test_detecting import event, write
from tests.services.dying import WORKER
from tests.services.project import Project
from tests.services.s3 import ACCESS_KEY, REGION, SECRET_KEY

if TYPE_CHECKING:
    from tests.services.s3 import S3Endpoint

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
MOST_STEPS = 24
NOW = datetime(2026, 11, 20, 10, 16, tzinfo=UTC)
RULES = """
detection "aws_cloudtrail_log" "trail_stopped" {
  where = "event_name = 'StopLogging'"
}
detection "aws_cloudtrail_log" "many" {
  where = "event_name = 'GetSecretValue'"
  threshold {
    group_by = ["user_identity.arn"]
    count    = 3
    window   = "1m"
  }
}
detection "aws_cloudtrail_log" "burst" {
  schedule = "*/15 * * * *"
  sql      = <<-EOT
    select event_name as group_key, count(*) as n from aws_cloudtrail_log
    where tp_timestamp >= $from and tp_timestamp < $to group by 1 having n >= 3
  EOT
}
"""
COLLECTION = """
collection "aws_cloudtrail_log" "production" {
  source = source.file.logs
}
"""
BUCKET = f"""
credential "aws" "lake" {{
  access_key = "{ACCESS_KEY}"
  secret_key = "{SECRET_KEY}"
  region = "{REGION}"
  endpoint_url = "%s"
  force_path_style = true
}}
destination "parquet" "bucket" {{
  path = "s3://%s/lake"
  credential = credential.aws.lake
}}
collection "aws_cloudtrail_log" "production" {{
  source = source.file.logs
  destination = destination.parquet.bucket
}}
"""
FOUND = [
    ("aws_cloudtrail_log.many", 3),
    ("aws_cloudtrail_log.trail_stopped", 1),
    ("aws_cloudtrail_log.trail_stopped", 1),
]


def projects(folder: Path, collection: str = COLLECTION) -> list[Project]:
    """New projects, each with rows that are to be found."""
    made = [Project(folder / str(number)) for number in range(MOST_STEPS)]
    for project in made:
        project.configure(collection + RULES)
        stops = [event(1, "StopLogging"), event(2, "StopLogging")]
        write(project, "a.json", [*stops, *(event(10 + n, "GetSecretValue", second=n) for n in range(3))])
    return made


def dead(made: list[Project], now: str = "") -> int:
    """How many projects there are in which a process was killed; in the next one it came to its end."""
    files = [str(each.folder / "tailpipe.hcl") for each in made]
    command = [sys.executable, str(WORKER), now, *files]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return int(subprocess.run(command, env=environment, check=True, capture_output=True).stdout)


def found(project: Project) -> list[tuple[object, ...]]:
    """Every row of the table of findings, in all versions."""
    return project.ask(f"SELECT detection, row_count FROM {FINDING_TABLE} ORDER BY ALL")


def is_whole_again(project: Project) -> None:
    """Collect once more, and look."""
    assert project.collect_one().faults == ()
    assert project.one("SELECT count(*) FROM aws_cloudtrail_log") == 5
    assert found(project) == FOUND, project.folder.name


def test_killed_while_it_collects(tmp_path: Path) -> None:
    """Before the rows' commit, between it and that of the findings, and after it."""
    made = projects(tmp_path)
    killed = dead(made)

    assert killed >= 6
    for each in made[: killed + 1]:
        is_whole_again(each)


@pytest.mark.service
def test_killed_while_it_collects_into_a_bucket(tmp_path: Path, s3_endpoint: S3Endpoint) -> None:
    """The same where other machines could write, too; and what is due is asked there like anywhere."""
    made = projects(tmp_path)
    for each in made:
        each.configure(BUCKET % (s3_endpoint.url, s3_endpoint.bucket()) + RULES)
    killed = dead(made)

    assert killed >= 6
    for each in made[: killed + 1]:
        is_whole_again(each)
    assert [each.findings for each in ask_due(made[0].plans(), now=NOW)] == [{"medium": 1}]
    assert found(made[0]) == [("aws_cloudtrail_log.burst", 3), *FOUND]


def test_killed_while_it_asks_what_is_due(tmp_path: Path) -> None:
    """Before the findings are there, between them and the checkpoint, and after it."""
    made = projects(tmp_path)
    made[0].collect_one()
    for each in made[1:]:
        shutil.copytree(made[0].folder / "lake", each.folder / "lake")
    killed = dead(made, NOW.isoformat())

    assert killed >= 4
    for each in made[: killed + 1]:
        plans = each.plans()
        ask_due(plans, now=NOW)
        assert found(each) == [("aws_cloudtrail_log.burst", 3), *FOUND], each.folder.name
        assert ask_due(plans, now=NOW) == ()
