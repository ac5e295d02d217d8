"""Turbot's CloudTrail mod over real logs: what it finds as rows come in is what its own queries say afterwards."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.config.mods import read_mod
from tests.services.project import shared_data

if TYPE_CHECKING:
    from tests.services.project import Project

TURBOT = os.environ.get("TAILPIPE_TEST_MOD", "")


@pytest.mark.slow
@pytest.mark.skipif(not TURBOT, reason="TAILPIPE_TEST_MOD names no folder with Turbot's CloudTrail mod")
def test_every_query_finds_at_ingest_what_it_finds_in_history(project: Project) -> None:
    """Each of them, row by row, over logs that came in several runs."""
    project.configure(
        'collection "aws_cloudtrail_log" "production" {\n  source = source.file.logs\n}\n'
        f'detection_pack "mod" "turbot" {{\n  path = "{TURBOT}"\n}}\n'
    )
    for file in sorted(shared_data("cloudtrail").glob("*.json")):
        project.write(file.name, file.read_bytes())
    assert not project.collect_one().rule_faults
    for file in sorted(shared_data("stratus").glob("*.json")):
        project.write(file.name, json.dumps({"Records": json.loads(file.read_bytes())}))
    assert not project.collect_one().rule_faults

    found = project.ask("SELECT detection, list(tp_ids[1] ORDER BY tp_ids[1]) FROM tailpipe_finding GROUP BY detection")
    expected = {}
    for each in read_mod(TURBOT).detections:
        ids = project.ask(f"SELECT DISTINCT source_id FROM ({each.sql.strip().rstrip(';')}) ORDER BY ALL")
        if ids:
            expected[f"mod.turbot.{each.name}"] = [identity for (identity,) in ids]
    assert dict(found) == expected
    assert expected
