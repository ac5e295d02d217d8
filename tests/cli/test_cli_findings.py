"""`detection list|show` and `finding list`: what is looked for, and what was found."""

from __future__ import annotations

import json
import re
import shlex
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


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("finding list", "no findings\n"),
        ("detection list", "the configuration has no detection\n"),
        ("config check", ""),
    ],
)
def test_lists_of_nothing_say_so(command: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names of columns with nothing below would look like something that got lost."""
    (tmp_path / "x.hcl").write_text("locals {\n  a = 1\n}\n")

    with pytest.raises(SystemExit) as left:
        main(["--config-path", str(tmp_path / "x.hcl"), *command.split()])

    shown = capsys.readouterr()
    assert (left.value.code, shown.err) == (0, said)
    assert not {"severity", "detection", "collection", "address"} & set(shown.out.split())


def test_detections_are_listed_and_shown(collected: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With what each says."""
    (row,) = run(collected, capsys, "detection", "list")
    assert (row["detection"], row["kind"]) == ("aws_cloudtrail_log.trail_stopped", "match")
    page = run(collected, capsys, "detection", "show", row["detection"])
    assert page["exceptions"] == ['exception "ci": SEC-142']


TESTED = """
detection "aws_cloudtrail_log" "deleted" {
  where = "event_name = 'DeleteTrail'"
  test "fires" {
    event  = { event_name = "DeleteTrail" }
    expect = true
  }
  test "does not" {
    event  = { event_name = "DeleteTrail" }
    expect = false
  }
}
"""


def test_detection_test_fails_when_a_test_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And names the place, what was expected, and each branch of the condition."""
    (tmp_path / "x.hcl").write_text(HCL.format(folder=tmp_path) + TESTED)
    with pytest.raises(SystemExit) as left:
        main(["--config-path", str(tmp_path / "x.hcl"), "detection", "test", "deleted"])
    assert left.value.code == 1
    said = capsys.readouterr().out
    assert "ok    aws_cloudtrail_log.deleted  fires\nFAIL  aws_cloudtrail_log.deleted  does not\n" in said
    assert "x.hcl:26: expected no finding, got 1\n" in said
    assert "true       event_name = 'DeleteTrail'\n" in said
    assert said.endswith("2 tests of 1 detections: 1 failed\n")


def test_detection_test_can_ask_for_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A rule without a test passes, and fails where one of each is required."""
    (tmp_path / "x.hcl").write_text(HCL.format(folder=tmp_path))
    assert run(tmp_path, capsys, "detection", "test", "trail_stopped") == {"tests": [], "missing": []}
    with pytest.raises(SystemExit) as left:
        main(["--config-path", str(tmp_path / "x.hcl"), "detection", "test", "--require-both", "--output", "json"])
    assert left.value.code == 1
    assert [each["expect"] for each in json.loads(capsys.readouterr().out)["missing"]] == ["true", "false"]


def test_a_name_that_means_no_detection_is_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the nearest there is."""
    (tmp_path / "x.hcl").write_text(HCL.format(folder=tmp_path))
    with pytest.raises(SystemExit) as left:
        main(["--config-path", str(tmp_path / "x.hcl"), "detection", "test", "trail_stoped"])
    assert left.value.code == 2
    assert 'no detection is called "trail_stoped"' in capsys.readouterr().err


def test_finding_show_has_rows_and_what_happened_about_then(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From all tables: what the same address did within 15 minutes, but nothing later and nothing of others."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "web").mkdir()
    (tmp_path / "x.hcl").write_text(
        HCL.format(folder=tmp_path).replace('severity = "high"', 'severity = "high"\n  description = "Ask who did it."')
        + f"""
source "file" "web" {{
  path = "{tmp_path}/web"
}}
collection "http_log" "web" {{
  source = source.file.web
}}
"""
    )
    records = [
        {
            "eventTime": f"2026-11-20T10:{minute}:00Z",
            "eventID": name,
            "eventName": name,
            "sourceIPAddress": f"192.0.2.{address}",
            "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::1:user/{who}"},
        }
        for minute, name, address, who in (
            ("00", "StopLogging", 1, "ann"),
            ("10", "ListUsers", 1, "bob"),
            ("10", "ListRoles", 2, "anna"),
            ("12", "ListGroups", 3, "ann"),
            ("20", "ListKeys", 1, "ann"),
        )
    ]
    (tmp_path / "logs" / "a.json").write_text(json.dumps({"Records": records}))
    (tmp_path / "web" / "a.log").write_text(
        '192.0.2.1 - - [20/Nov/2026:09:50:00 +0000] "GET /x HTTP/1.1" 200 1 "-" "-"\n'
    )
    run(tmp_path, capsys, "collect")
    (finding,) = run(tmp_path, capsys, "finding", "list")

    page = run(tmp_path, capsys, "finding", "show", finding["finding_id"][:12])

    assert page["note"] == "Ask who did it."
    assert [each["event_name"] for each in page["rows"]] == ["StopLogging"]
    assert page["around"]["counts"] == {"http_log": 1, "aws_cloudtrail_log": 2}
    assert [each["record"].get("event_name") for each in page["around"]["events"]] == [
        *(None, "ListUsers", "ListGroups")
    ]
    with pytest.raises(SystemExit):
        main(["--config-path", str(tmp_path / "x.hcl"), "finding", "show", finding["finding_id"]])
    said = capsys.readouterr().out
    assert "Ask who did it." in said
    assert "1 in http_log, 2 in aws_cloudtrail_log" in said


@pytest.mark.parametrize("said", ["f" * 64, "zz", ""])
def test_an_id_that_means_no_finding_is_a_mistake(
    collected: Path, capsys: pytest.CaptureFixture[str], said: str
) -> None:
    """Whether it could be one or not."""
    with pytest.raises(SystemExit) as left:
        main(["--config-path", str(collected / "x.hcl"), "finding", "show", said])
    assert left.value.code == 2
    assert "tailpipe finding list" in capsys.readouterr().err


def test_detection_run_looks_back(collected: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says how many there are and shows the first; --notify alone means nothing."""
    (found,) = run(collected, capsys, "detection", "run", "trail_stopped")["collections"]
    assert found["findings"] == {"aws_cloudtrail_log.trail_stopped": 1}
    with pytest.raises(SystemExit) as left:
        main(["--config-path", str(collected / "x.hcl"), "detection", "run", "--from", "2026-11-01", "--save"])
    assert left.value.code == 0
    shown = capsys.readouterr().out
    assert "aws_cloudtrail_log.production: 2 rows of 1 days" in shown
    assert re.search(r"^detection +new +suppressed\naws_cloudtrail_log.trail_stopped +0 ", shown, re.MULTILINE)
    with pytest.raises(SystemExit) as left:
        main(["--config-path", str(collected / "x.hcl"), "detection", "run", "--notify"])
    assert left.value.code == 2


MANY = """
notifier "file" "told" {{
  path = "{folder}/told.jsonl"
}}
alert "all" {{
  notify = [notifier.file.told]
}}
detection "aws_cloudtrail_log" "many_secrets" {{
  severity = "high"
  where    = "event_name = 'GetSecretValue'"
  threshold {{
    group_by = ["tp_source_ip"]
    count    = 20
    window   = "10m"
  }}
}}
"""


def test_the_commands_of_an_alert_show_all_of_its_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They are short however many rows there are, and can be pasted as they are."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "x.hcl").write_text((HCL + MANY).format(folder=tmp_path))
    records = [
        {
            "eventTime": f"2026-11-20T10:00:{second:02}Z",
            "eventID": f"e{second}",
            "eventName": "GetSecretValue",
            "sourceIPAddress": "198.51.100.7",
        }
        for second in range(40)
    ]
    (tmp_path / "logs" / "a.json").write_text(json.dumps({"Records": records}))
    run(tmp_path, capsys, "collect")
    run(tmp_path, capsys, "alert", "deliver")
    (told,) = map(json.loads, (tmp_path / "told.jsonl").read_text().splitlines())

    assert len(told["query"]) < 250
    assert len(run(tmp_path, capsys, *shlex.split(told["query"])[1:])) == 40
    shown = run(tmp_path, capsys, *shlex.split(told["show"])[1:])
    assert (len(shown["rows"]), shown["finding"]["row_count"]) == (40, 40)
