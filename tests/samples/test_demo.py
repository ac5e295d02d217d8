"""The demo's configuration and queries give the right answers for the demo's logs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tailpipe_assets.samples import WeekSummary, cast, write_week

ROOT = Path(__file__).parents[2]
TAILPIPE = Path(sys.executable).parent / "tailpipe"
COUNTS = """
select tp_table || '/' || tp_partition as stream, count(*) as rows from aws_cloudtrail_log group by all
union all select 'http_log/web', count(*) from http_log
union all select 'app_log/app', count(*) from app_log
union all select 'rejected', count(*) from tailpipe_rejected
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, WeekSummary]:
    """A folder where the demo's logs were collected, and what they hold."""
    folder = tmp_path_factory.mktemp("demo")
    summary = write_week(folder / "demo" / "logs", end=date(2026, 11, 20))
    _tailpipe(folder, "collect")
    return folder, summary


def test_every_row_arrives_and_none_twice(demo: tuple[Path, WeekSummary]) -> None:
    """The lake holds exactly what was generated, less what the filters leave out, however often it is collected."""
    folder, summary = demo
    expected = {
        "aws_cloudtrail_log/production": summary.cloudtrail.records - summary.kms_decrypts,
        "aws_cloudtrail_log/root_events": summary.root_events,
        "http_log/web": summary.nginx.records,
        "app_log/app": summary.app.records,
        "rejected": summary.app_misfits,
    }

    once = _counts(folder)
    _tailpipe(folder, "collect")

    assert once == expected
    assert _counts(folder) == expected


@pytest.mark.parametrize("query", sorted((ROOT / "hcl" / "queries").glob("*.sql")), ids=lambda path: path.stem)
def test_every_query_answers(query: Path, demo: tuple[Path, WeekSummary]) -> None:
    """Each query of the demo finds something in the demo's logs."""
    assert _rows(demo[0], str(query))


def test_the_suspect_is_found(demo: tuple[Path, WeekSummary]) -> None:
    """The address with the most failed logins is the intruder's, and its story spans all three logs."""
    folder, _ = demo

    first, *_ = _rows(folder, str(ROOT / "hcl" / "queries" / "failed_logins.sql"))
    story = _rows(folder, str(ROOT / "hcl" / "queries" / "suspect.sql"))

    assert (first["source_ip_address"], first["failed"], first["succeeded"]) == (cast.INTRUDER, 24, 1)
    assert [row["first_seen"] for row in story] == sorted(row["first_seen"] for row in story)
    assert {row["log"] for row in story} == {"web", "app", "aws"}


def test_the_detections_find_the_intrusion_and_nothing_else(demo: tuple[Path, WeekSummary]) -> None:
    """Each step of the intruder is found, and no ordinary day is."""
    found = json.loads(_tailpipe(demo[0], "finding", "list", "--output", "json"))

    assert {each["source_ip"] for each in found} == {cast.INTRUDER}
    assert {each["detection"].partition(".")[2] for each in found} >= {
        "console_passwords_sprayed",
        "root_logged_in",
        "administrator_made",
        "trail_stopped",
        "secrets_read_in_bulk",
        "security_group_opened",
    }


def _counts(folder: Path) -> dict[str, int]:
    return {row["stream"]: row["rows"] for row in _rows(folder, COUNTS)}


def _rows(folder: Path, query: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(_tailpipe(folder, "query", "--output", "json", query))
    return rows


def _tailpipe(folder: Path, *arguments: str) -> str:
    """What a command run in the folder writes to stdout."""
    environment = {
        **os.environ,
        "TAILPIPE_HOME": str(folder / "demo" / "home"),
        "TAILPIPE_CONFIG_PATH": f"{ROOT / 'hcl'}:{ROOT / 'hcl' / 'detections'}",
    }
    environment.pop("DAGSTER_HOME", None)
    finished = subprocess.run(
        [TAILPIPE, *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout
