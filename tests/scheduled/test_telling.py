"""A scheduled detection that fails is seen: in `tailpipe status` at once, and as an alert after three times."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.alerts import after_collect
from tailpipe_assets.cli.main import main
from tailpipe_assets.scheduled import ask_due
from tailpipe_resources.config import load
from tests.pipeline.test_detecting import write
from tests.scheduled.test_due import BURST, COLLECTION, NOON, at

if TYPE_CHECKING:
    from tests.services.project import Project

ALERTS = """
notifier "file" "local" {{
  path = "{folder}/alerts.jsonl"
}}
alert "all" {{
  detections = ["tailpipe.*"]
  notify     = [notifier.file.local]
}}
"""
RAISING = """
detection "aws_cloudtrail_log" "raising" {
  where = "cast(event_name as integer) > 5"
}
"""
BROKEN = BURST.replace("count(*) as n", "count(*) as n, min(event_name::INTEGER) as least")


@pytest.fixture
def broken(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Rows on which the detection fails."""
    monkeypatch.setenv("TAILPIPE_HOME", str(project.folder / "home"))
    project.configure(COLLECTION + BROKEN + ALERTS.format(folder=project.folder))
    write(project, "a.json", [at(1, "Get", 1), at(2, "Get", 2)])
    project.collect_one()
    return project


def test_one_that_fails_on_rows_is_in_the_status_of_who_is_told_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No notifier is needed to see it, nor to see that it is over."""
    monkeypatch.setenv("TAILPIPE_HOME", str(project.folder / "home"))
    monkeypatch.setenv("TAILPIPE_CONFIG_PATH", str(project.folder / "tailpipe.hcl"))
    project.configure(COLLECTION + RAISING)
    for number, name, seen in ((1, "Get", 1), (2, "7", 0)):
        write(project, f"{number}.json", [at(number, name, number)])
        for command in (["collect"], ["status", "--output", "json"]):
            capsys.readouterr()
            with pytest.raises(SystemExit):
                main(command)
        conditions = [each["condition"] for each in json.loads(capsys.readouterr().out)["conditions"]]
        assert conditions == ["detection aws_cloudtrail_log.raising on aws_cloudtrail_log.production"] * seen


def asked(project: Project, minutes: int) -> list[dict[str, Any]]:
    """What was told once detections were asked so many minutes after noon."""
    found = ask_due(project.plans(), now=NOON + timedelta(minutes=minutes))
    after_collect(load([project.folder / "tailpipe.hcl"]), asked=found)
    alerts = project.folder / "alerts.jsonl"
    return [json.loads(line) for line in alerts.read_text().splitlines()] if alerts.exists() else []


def test_after_three_times_it_is_told_and_when_it_is_over(broken: Project) -> None:
    """Once each, by the name of the detection and its collection."""
    assert asked(broken, 16) == []
    assert asked(broken, 18) == []
    (told,) = asked(broken, 21)
    assert told["title"] == "The detection aws_cloudtrail_log.burst of aws_cloudtrail_log.production fails"
    assert asked(broken, 26) == [told]
    broken.configure(COLLECTION + BURST + ALERTS.format(folder=broken.folder))

    _, over = asked(broken, 60)

    assert (over["alert_id"], over["why"]) == (told["alert_id"], "over")


def test_status_shows_it(broken: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """With how often it failed, and how."""
    asked(broken, 16)
    with pytest.raises(SystemExit) as left:
        main(["--config-path", str(broken.folder), "status", "--output", "json"])

    found = json.loads(capsys.readouterr().out)
    assert left.value.code == 0
    (failing,) = found["failing_detections"]
    assert (failing["detection"], failing["failures"]) == (
        "aws_cloudtrail_log.burst of aws_cloudtrail_log.production",
        1,
    )
    assert "Could not convert string 'Get' to INT32" in failing["error"]
    assert [each["condition"] for each in found["conditions"]] == [f"detection {failing['detection']}"]
