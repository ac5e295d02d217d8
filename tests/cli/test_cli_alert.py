"""Alerts and notifiers from the command line."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.main import main
from tailpipe_resources.model.finding import Severity
from tests.alerts.conftest import ONE, QUICK, Desk, found, hcl_of
from tests.services.receiver import Answer, receiving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A lake with three alerts, and a working directory with a configuration that tells a webhook of them."""
    monkeypatch.chdir(tmp_path)
    with receiving() as receiver:
        made = Desk(tmp_path, receiver, hcl_of(tmp_path, f"{receiver.url}/hook"))
        made.find(
            ONE, found(2, severity=Severity.LOW), found(3, detection="sigma.aws.enum", severity=Severity.CRITICAL)
        )
        made.configure()
        yield made


def ran(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    """A command's exit code, and what it wrote to both streams."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(argv)
    told = capsys.readouterr()
    return int(left.value.code or 0), told.out, told.err


def as_json(capsys: pytest.CaptureFixture[str], *argv: str, code: int = Exit.OK) -> Any:
    """What a command wrote as JSON."""
    ended, out, err = ran(capsys, *argv, "--output", "json")
    assert ended == code, err
    return json.loads(out)


def the_id(capsys: pytest.CaptureFixture[str], detection: str = "*stopped", severity: str = "high") -> str:
    """The id of the one alert of a detection."""
    (found,) = as_json(capsys, "alert", "list", "--detection", detection, "--severity", severity)
    return str(found["alert"])


@pytest.mark.usefixtures("desk")
def test_alerts_are_delivered_without_a_daemon(capsys: pytest.CaptureFixture[str]) -> None:
    """And listed with whom they were told to."""
    told = as_json(capsys, "alert", "deliver")
    assert (told["new"], told["sent"], told["left"]) == (3, 3, 0)

    listed = as_json(capsys, "alert", "list")
    assert [each["told"] for each in listed] == [["webhook.soar"]] * 3
    assert {each["state"] for each in listed} == {"open"}
    assert len(as_json(capsys, "alert", "list", "--severity", "high")) == 2
    assert len(as_json(capsys, "alert", "list", "--limit", "1")) == 1
    code, out, _ = ran(capsys, "alert", "list")
    assert (code, "CloudTrail logging stopped" in out) == (Exit.OK, True)


def test_one_alert_is_shown_whole(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """By how its id begins; with what was done about it, and the query."""
    desk.deliver()
    code, out, _ = ran(capsys, "alert", "show", the_id(capsys)[:8])

    assert code == Exit.OK
    assert "198.51.100.7" in out
    assert "sent" in out
    assert 'tailpipe query "select * from aws_cloudtrail_log' in out


@pytest.mark.usefixtures("desk")
def test_an_unknown_alert_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """With where to look."""
    code, _, err = ran(capsys, "alert", "show", "zzz")

    assert (code, err) == (Exit.USAGE, "tailpipe: no alert is called zzz; tailpipe alert list shows which there are\n")


def test_acknowledging_is_kept_in_the_lake(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """With who did it."""
    desk.deliver()
    assert ran(capsys, "alert", "ack", the_id(capsys), "--by", "maria")[0] == Exit.OK

    (event,) = [each for each in desk.events() if each.event == "acknowledged"]
    assert event.by == "maria"
    assert len(as_json(capsys, "alert", "list", "--state", "acknowledged")) == 1


def test_closing_prints_the_block_to_paste(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """An exception of the detection, or for a pack's a suppression; of a true positive neither."""
    mine, packed = the_id(capsys), the_id(capsys, "sigma.*")
    close = ("--as", "false_positive", "--reason", 'CI "tests", SEC-142')
    code, out, _ = ran(capsys, "alert", "close", mine, *close)
    assert code == Exit.OK
    assert '# into detection "aws_cloudtrail_log" "trail_stopped"' in out
    assert "list_has_any(tp_usernames, ['arn:aws:iam::123456789012:user/mallory'])" in out
    assert r'reason  = "CI \"tests\", SEC-142"' in out

    (closed,) = as_json(capsys, "alert", "close", packed, *close)
    assert closed["exception"].startswith('suppression "aws_cloudtrail_log" "closed_')
    assert 'detections = ["sigma.aws.enum"]' in closed["exception"]
    assert desk.deliver().sent == 1


@pytest.mark.usefixtures("desk")
def test_closing_needs_a_verdict_and_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever meets it again will want to know."""
    mine = the_id(capsys)

    assert "--as" in ran(capsys, "alert", "close", mine, "--reason", "x")[2]
    code, _, err = ran(capsys, "alert", "close", mine, "--as", "benign")
    assert (code, "--reason" in err) == (Exit.USAGE, True)


def test_dead_letters_are_told_by_the_exit_code(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """With what was given up and why; and can be tried once more."""
    desk.receiver.answer = lambda _: Answer(403, body="who are you")
    desk.until_done(replace(QUICK, attempts=2))

    status = as_json(capsys, "alert", "status", code=Exit.FAILED)
    assert (status["dead"], status["dead_letters"][0]["error"]) == (3, "HTTP 403: who are you")
    code, out, _ = ran(capsys, "alert", "status")
    assert (code, "who are you" in out) == (Exit.FAILED, True)

    desk.receiver.answer = lambda _: Answer()
    assert as_json(capsys, "alert", "deliver", "--retry-dead")["sent"] == 3
    assert as_json(capsys, "alert", "status")["dead"] == 0


def test_a_receiver_that_fails_is_told_by_the_exit_code(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """It is worth trying again."""
    desk.receiver.answer = lambda _: Answer(500)

    assert as_json(capsys, "alert", "deliver", code=Exit.SOURCE)["left"] == 3


def test_a_notifier_can_be_tried(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """What arrives says that it is a test; what does not, says why and where it is configured."""
    assert as_json(capsys, "notifier", "test", "webhook.soar")["delivered"]
    assert desk.receiver.taken[0].json["kind"] == "test"

    desk.receiver.answer = lambda _: Answer(500, body="broken")
    code, _, err = ran(capsys, "notifier", "test", "notifier.webhook.soar")
    assert (code, "tailpipe.hcl:4): HTTP 500: broken" in err) == (Exit.SOURCE, True)
    assert 'did you mean "webhook.soar"' in ran(capsys, "notifier", "test", "webhook.sore")[2]


@pytest.mark.usefixtures("desk")
def test_notifiers_are_listed_with_their_alerts(capsys: pytest.CaptureFixture[str]) -> None:
    """And with where they are written."""
    (listed,) = as_json(capsys, "notifier", "list")

    assert (listed["notifier"], listed["alerts"]) == ("webhook.soar", ["all"])


def test_a_lake_without_findings_has_no_alerts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing to deliver."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.hcl").write_text(hcl_of(tmp_path, "http://127.0.0.1:1/"))

    assert as_json(capsys, "alert", "list") == []
    assert as_json(capsys, "alert", "deliver")["new"] == 0
