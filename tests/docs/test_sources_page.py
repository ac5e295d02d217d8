"""What docs/sources.md configures collects, from services that behave as it says."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.model.window import Window, midnight
from tests.services.audit_api import TOKEN, AuditApi, Said, serving_audit, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.services.project import Project

PAGE = (Path(__file__).parents[2] / "docs" / "sources.md").read_text()
BLOCKS = re.findall(r"^```hcl\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[AuditApi]:
    """A service with two events of today, to be asked with the token of the environment."""
    now = datetime.now(UTC)
    with serving_audit() as served:
        for name in ("SLACK_TOKEN", "PIPES_TOKEN", "CRM_TOKEN"):
            monkeypatch.setenv(name, TOKEN)
        monkeypatch.setenv("PIPES_HOST", served.url)
        for number in range(2):
            at = {"date_create": int(now.timestamp()), "created_at": now.isoformat(), "occurred_at": now.isoformat()}
            served.add({"id": f"event-{number}", "action": "x", "action_type": "x", "verb": "x", **at})
        yield served


def crm(api: AuditApi, params: dict[str, str]) -> Said:
    """The CRM of the page: a page has one event, and names a cursor."""
    assert params["limit"] in {"1", "200"}
    assert {"since", "until"} <= params.keys()
    at = int(params.get("cursor", 0))
    return told({"data": {"items": api._newest()[at : at + 1], "next_cursor": str(at + 1) if at < 1 else None}})


@pytest.mark.service
@pytest.mark.parametrize("block", [each for each in BLOCKS if "aws_" not in each], ids=["slack", "pipes", "http"])
def test_what_the_page_configures_collects(project: Project, api: AuditApi, block: str) -> None:
    """Each block is a whole configuration but for the lake; only the service's address is changed."""
    text = block.replace("https://api.example.com", api.url)
    project.configure(text.replace('source "slack" "audit" {', f'source "slack" "audit" {{\n  base_url = "{api.url}"'))
    if "crm" in block:
        api.answer = lambda _, params: crm(api, params)
    today = midnight(datetime.now(UTC).date())
    (result,) = project.collect(window=Window(today, None))

    assert (result.failure, result.faults, result.rows) == (None, (), 2)
    assert project.one(f"select count(distinct id) from {result.table}") == 2


@pytest.mark.parametrize(
    "block", [each for each in BLOCKS if "aws_" in each], ids=["aws_cloudwatch", "told bucket", "flat bucket"]
)
def test_what_the_page_configures_of_aws_is_right(project: Project, block: str) -> None:
    """It plans; what collects from such a log group or bucket is shown elsewhere."""
    project.configure(block)

    assert len(project.plans()) == 1
