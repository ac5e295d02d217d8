"""`detection list|show` and `finding list`: what is looked for, and what was found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

HCL = """
destination "parquet" "default" {{
  path = "{folder}/lake"
}}
source "file" "logs" {{
  path = "{folder}/logs"
}}
collection "aws_cloudtrail_log" "production" {{
  source = source.file.logs
}}
detection "aws_cloudtrail_log" "trail_stopped" {{
  severity = "high"
  where    = "event_name = 'StopLogging'"
  exception "ci" {{
    where  = "aws_region = 'test'"
    reason = "SEC-142"
  }}
}}
"""


def run(folder: Path, capsys: pytest.CaptureFixture[str], *command: str) -> Any:
    """What a command says as JSON."""
    with pytest.raises(SystemExit) as left:
        main(["--config-path", str(folder / "x.hcl"), *command, "--output", "json"])
    assert left.value.code == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def collected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder in which two events were found, one of which is suppressed."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "x.hcl").write_text(HCL.format(folder=tmp_path))
    records = [
        {"eventTime": "2026-11-20T10:00:00Z", "eventID": region, "eventName": "StopLogging", "awsRegion": region}
        for region in ("test", "us-east-1")
    ]
    (tmp_path / "logs" / "a.json").write_text(json.dumps({"Records": records}))
    found = run(tmp_path, capsys, "collect")["collections"][0]
    assert (found["findings"], found["suppressed"]) == ({"high": 1}, 1)
    return tmp_path


def test_findings_are_listed_without_suppressed_ones(collected: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Unless they are asked for; and only those as severe as is said."""
    (only,) = run(collected, capsys, "finding", "list")
    assert (only["severity"], only["suppressed_by"]) == ("high", None)
    assert len(run(collected, capsys, "finding", "list", "--suppressed")) == 2
    assert run(collected, capsys, "finding", "list", "--severity", "critical") == []
    assert run(collected, capsys, "finding", "list", "--from", "2026-11-21") == []


def test_detections_are_listed_and_shown(collected: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With what each says."""
    (row,) = run(collected, capsys, "detection", "list")
    assert (row["detection"], row["kind"]) == ("aws_cloudtrail_log.trail_stopped", "match")
    page = run(collected, capsys, "detection", "show", row["detection"])
    assert page["exceptions"] == ['exception "ci": SEC-142']
