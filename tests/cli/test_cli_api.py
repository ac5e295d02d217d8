"""Sources that ask an API, at the command line: exit codes, messages, and a lake that is in order."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.main import main
from tests.pipeline.test_api_days import SLACK, TABLE, event
from tests.services.audit_api import AuditApi, Said, serving_audit
from tests.services.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.service


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AuditApi]:
    """An API with an event an hour of the last two days, and a configuration in the working directory."""
    monkeypatch.chdir(tmp_path)
    now = datetime.now(UTC)
    with serving_audit() as served:
        served.add(*(event(number, now - timedelta(hours=number)) for number in range(48)))
        text = (SLACK + TABLE).format(url=served.url, kind="slack").replace('start  = "2026-11-20"', "")
        Project(tmp_path).configure(text.replace("limit       = 3", "limit       = 20"))
        yield served


def run(*argv: str) -> int | str | None:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as left:
        main(argv)
    return left.value.code


def collect(*argv: str) -> int | str | None:
    """The same of collecting."""
    return run("collect", "--no-record", "--no-progress", *argv)


def test_collecting_leaves_a_lake_in_order(api: AuditApi, capsys: pytest.CaptureFixture[str]) -> None:
    """Rows are counted by day, a second run finds nothing, and `lake check` no fault."""
    first = collect("--from", "T-3d", "--output", "json")
    (done,) = json.loads(capsys.readouterr().out)["collections"]
    second = collect("--from", "T-3d", "--output", "json")
    (again,) = json.loads(capsys.readouterr().out)["collections"]

    assert (first, second, run("lake", "check")) == (Exit.OK, Exit.OK, Exit.OK)
    assert (done["rows"], again["rows"], sum(done["days"].values())) == (48, 0, 48)
    assert api.asked


def test_a_refusal_and_a_failure_are_told_apart(api: AuditApi, capsys: pytest.CaptureFixture[str]) -> None:
    """By exit code and by what to do; no token is shown."""
    api.script = [Said(500)] * 3
    down = collect("--from", "T-1H")
    told_down = capsys.readouterr()
    api.script = [Said(body=b'{"ok": false, "error": "invalid_auth"}')] * 3
    refused = collect("--from", "T-1H")
    told_refused = capsys.readouterr()

    assert (down, refused) == (Exit.SOURCE, Exit.FAILED)
    assert "HTTP 500, 3 times in a row" in told_down.out + told_down.err
    assert "Slack refuses: invalid_auth; the token must be a user token (xoxp-)" in told_refused.out + told_refused.err
    assert "xoxp-loopback" not in told_down.out + told_down.err + told_refused.out + told_refused.err
    assert api.token


def test_a_prefix_is_refused(api: AuditApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Days have no prefix; the message says to leave it out."""
    path = tmp_path / "tailpipe.hcl"
    written = path.read_text()
    path.write_text(written.replace("source = source.slack.audit", 'source = source.slack.audit\n  prefix = "x"'))

    assert collect() == Exit.FAILED
    shown = capsys.readouterr()
    assert '"prefix" means nothing to a source of type slack; leave it out' in shown.out + shown.err
    assert api.asked == []
