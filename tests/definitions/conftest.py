"""What the tests of the Dagster edge share: two sources, four collections, and logs whose days are known."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.services.project import Project

if TYPE_CHECKING:
    from pathlib import Path

TODAY = datetime.now(UTC).date()
DAYS = tuple(TODAY - timedelta(days=back) for back in (5, 4, 3))
"""Days that have logs: one file each, of one, two and three lines."""

HCL = """
source "file" "dated" {{
  path        = "{logs}"
  file_layout = "web-%{{YEAR:year}}%{{MONTHNUM:month}}%{{MONTHDAY:day}}.log"
}}
source "file" "trail" {{
  path = "{logs}/trail"
}}
collection "http_log" "web" {{
  source   = source.file.dated
  format   = "combined"
  lookback = "0"
}}
collection "http_log" "errors-only" {{
  source   = source.file.dated
  format   = "combined"
  lookback = "0"
  filter {{
    where = "status >= 500"
  }}
}}
collection "aws_cloudtrail_log" "prod" {{
  source = source.file.trail
}}
collection "aws_cloudtrail_log" "idle" {{
  source  = source.file.trail
  enabled = false
}}
"""


def access_line(day: datetime, status: int = 200) -> str:
    """A line of a web server's log."""
    when = day.strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'10.0.0.1 - - [{when}] "GET /a?token=abc123 HTTP/1.1" {status} 12 "-" "curl"\n'


def trail(day: datetime, events: int) -> str:
    """A CloudTrail object."""
    record = {
        "eventVersion": "1.08",
        "eventTime": day.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": "s3.amazonaws.com",
    }
    records = [
        {**record, "eventName": "ListBuckets", "eventID": f"{day:%j}-{number}", "recipientAccountId": "123456789012"}
        for number in range(events)
    ]
    return json.dumps({"Records": records})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The configuration, with its logs."""
    made = Project(tmp_path)
    for number, day in enumerate(DAYS, 1):
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        lines = [access_line(noon, 500 if place == 0 else 200) for place in range(number)]
        made.write(f"web-{day:%Y%m%d}.log", "".join(lines))
    made.write("trail/a.json", trail(datetime(2023, 7, 10, 12, tzinfo=UTC), 2))
    made.configure(HCL.format(logs=made.logs))
    return made
