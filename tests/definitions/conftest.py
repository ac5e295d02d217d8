"""What the tests of the Dagster edge share: two sources, four collections, and logs whose days are known."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from tailpipe_assets.definitions.build import build_definitions
from tailpipe_resources.dagster_resources import SourceAccess
from tailpipe_resources.errors import SourceRefusedError, SourceUnavailableError
from tailpipe_resources.sources import open_source
from tests.services.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from tailpipe_assets.definitions.collecting import Listener
    from tailpipe_resources.model import config
    from tailpipe_resources.sources.base import Source

WEB = dg.AssetKey(["http_log", "web"])
ERRORS = dg.AssetKey(["http_log", "errors-only"])
TRAIL = dg.AssetKey(["aws_cloudtrail_log", "prod"])

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


class Unreachable(SourceAccess):
    """Sources of which one is down."""

    name: str
    recovers: bool = False

    def open(self, source: config.Source) -> Source:
        """Refuses the one of that name."""
        if source.name == self.name:
            raise (SourceUnavailableError if self.recovers else SourceRefusedError)("no such place")
        return open_source(source)


class Run:
    """One run on an instance that is forgotten."""

    def __init__(self, project: Project, instance: dg.DagsterInstance) -> None:
        self.project = project
        self.instance = instance

    def __call__(
        self,
        first: date,
        last: date | None = None,
        *,
        keys: tuple[dg.AssetKey, ...] = (WEB, ERRORS, TRAIL),
        tags: Mapping[str, str] | None = None,
        resources: Mapping[str, object] | None = None,
        listener: Listener | None = None,
    ) -> dg.ExecuteInProcessResult:
        """Run some collections for a day, or for several."""
        definitions = build_definitions(self.project.plans(), listener=listener, resources=resources)
        return definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=self.instance,
            asset_selection=list(keys),
            raise_on_error=False,
            tags={
                "dagster/asset_partition_range_start": first.isoformat(),
                "dagster/asset_partition_range_end": (last or first).isoformat(),
                **(tags or {}),
            },
        )

    def days(self, key: dg.AssetKey) -> set[str]:
        """The days reported of a collection."""
        return set(self.instance.get_materialized_partitions(key))

    def checks(self, key: dg.AssetKey) -> dict[str, dg.AssetCheckEvaluation]:
        """The latest evaluation of each check of a collection."""
        log = self.instance.event_log_storage
        names = [each.name for each in build_definitions(self.project.plans()).resolve_asset_graph().asset_check_keys]
        found = {}
        for name in names:
            for record in log.get_asset_check_execution_history(dg.AssetCheckKey(key, name), limit=1):
                event = record.event and record.event.dagster_event
                if event is not None and event.event_type_value == "ASSET_CHECK_EVALUATION":
                    found[name] = event.asset_check_evaluation_data
        return found

    def figures(self, key: dg.AssetKey, day: date | str) -> Mapping[str, Any]:
        """The latest metadata of a day."""
        records = dg.AssetRecordsFilter(asset_key=key, asset_partitions=[str(day)])
        (record,) = self.instance.fetch_materializations(records, limit=1).records
        assert record.asset_materialization is not None
        return {name: value.value for name, value in record.asset_materialization.metadata.items()}


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


@pytest.fixture
def run(project: Project) -> Iterator[Run]:
    """A run of the project."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield Run(project, instance)
