"""The detections of a mod are asked of the rows of each commit, as those of the configuration are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tests.pipeline.test_detecting import event, findings, write

if TYPE_CHECKING:
    from tests.services.project import Project

ACME = Path(__file__).parents[1] / "data" / "mods" / "acme"
RULES = f"""
collection "aws_cloudtrail_log" "production" {{
  source = source.file.logs
}}
detection_pack "mod" "acme" {{
  path = "{ACME}"
}}
detection "aws_cloudtrail_log" "own" {{
  severity = "info"
  where    = "event_name = 'StopLogging'"
}}
"""


def test_a_mods_detections_find_rows_as_they_come_in(project: Project) -> None:
    """Conditions, and queries that make several rows of one: each row is one finding."""
    project.configure(RULES)
    open_to_all = [{"cidr": "0.0.0.0/0", "port": 22}, {"cidr": "0.0.0.0/0", "port": 80}]
    write(
        project,
        "a.json",
        [
            event(1, "StopLogging", trail="main"),
            event(2, "AuthorizeSecurityGroupIngress", groupId="sg-1", items=open_to_all),
            event(3, "AuthorizeSecurityGroupIngress", groupId="sg-2", items=[{"cidr": "10.0.0.0/8"}]),
            event(4, "SetTopicAttributes", policy=[{"Principal": "*"}]),
            event(5, "GetSecretValue"),
            event(6, "Resize", sizes=[1, 7, 9]),
        ],
    )

    result = project.collect_one()

    assert not result.rule_faults
    assert findings(project) == [
        ("aws_cloudtrail_log.own", "info", 1, None),
        ("mod.acme.large", "medium", 1, None),
        ("mod.acme.open_group", "low", 1, None),
        ("mod.acme.public_topic", "critical", 1, None),
        ("mod.acme.trail_stopped", "high", 1, None),
    ]


def test_a_finding_shows_what_the_mod_shows(project: Project) -> None:
    """The columns of its query, under their names."""
    project.configure(RULES)
    write(project, "a.json", [event(1, "StopLogging", trail="main")])
    project.collect_one()

    found = project.ask("SELECT resource, sample FROM tailpipe_finding WHERE detection = 'mod.acme.trail_stopped'")

    ((resource, sample),) = found
    assert resource == "main"
    assert json.loads(sample) == {
        "timestamp": "2026-11-20 10:00:00+00",
        "resource": "main",
        "actor": "arn:aws:iam::1:user/ann",
    }


def test_a_query_that_fails_on_a_row_stops_only_itself(project: Project) -> None:
    """The others still find theirs, and the failure is told."""
    project.configure(RULES)
    write(project, "a.json", [event(1, "Resize", sizes=["big"]), event(2, "StopLogging", trail="main")])

    result = project.collect_one()

    assert result.rows == 2
    assert set(result.rule_faults) == {"mod.acme.large"}
    assert ("mod.acme.trail_stopped", "high", 1, None) in findings(project)
