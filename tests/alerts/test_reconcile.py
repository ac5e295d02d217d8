"""What is to be told, whenever findings come in and whatever changes: all of it, and nothing twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.alerts.outbox import Outbox
from tailpipe_assets.alerts.overview import standings
from tailpipe_assets.alerts.reconcile import reconcile
from tailpipe_assets.alerts.recording import record
from tailpipe_assets.pipeline import collect, plan
from tailpipe_assets.pipeline.compact import compact_collections
from tailpipe_resources.model.alert import AlertEvent
from tailpipe_resources.model.finding import Severity
from tailpipe_resources.model.window import Window
from tests.alerts.conftest import NOW, ONE, found, hcl_of

if TYPE_CHECKING:
    from tests.alerts.conftest import Desk

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def reasons(desk: Desk) -> list[str]:
    """Why the receiver was told, each time."""
    return [each.json["why"] for each in desk.receiver.taken]


def put_at(desk: Desk, now: datetime) -> int:
    """How many notifications a round at that time puts into the outbox."""
    with Outbox() as outbox:
        return reconcile(outbox, desk.config.alerting, desk.lake, now)


def test_findings_that_are_brought_in_late_are_told(desk: Desk) -> None:
    """As those of a run that was cut off hours ago, beside others that came meanwhile."""
    desk.find(found(1))
    desk.deliver()
    desk.find(found(2, created_at=NOW - 5 * HOUR))

    assert (desk.deliver().put, desk.deliver().put) == (1, 0)


def test_a_clock_that_was_ahead_hides_nothing(desk: Desk) -> None:
    """Neither what was found before it was set right nor what is found after."""
    desk.find(found(1, created_at=NOW + 2 * DAY))
    desk.deliver()
    desk.find(found(2))

    assert (desk.deliver().put, desk.deliver().put) == (1, 0)


@pytest.mark.parametrize(
    "after",
    [
        'alert "all" {\n  notify = [notifier.webhook.soar]\n}\n',
        'alert "all" {\n  notify = [notifier.webhook.soar]\n  detections = ["*.trail_*", "*.scan"]\n}\n',
        (
            'alert "all" {\n  notify = [notifier.webhook.soar]\n  detections = ["*.scan"]\n}\n'
            'alert "low" {\n  notify = [notifier.webhook.soar]\n  min_severity = "low"\n}\n'
        ),
    ],
    ids=["less severe", "more detections", "another route"],
)
def test_whoever_is_to_be_told_of_more_is_told_of_the_last_week(desk: Desk, after: str) -> None:
    """Without waiting for anything new, and of nothing twice."""
    before = (
        'alert "all" {\n  notify = [notifier.webhook.soar]\n  detections = ["*.scan"]\n  min_severity = "high"\n}\n'
    )
    head = desk.hcl.partition("alert ")[0]
    desk.hcl = head + before
    scan = "aws_cloudtrail_log.scan"
    desk.find(found(1, created_at=NOW - 6 * DAY), found(2, detection=scan), found(3, created_at=NOW - 8 * DAY))
    assert desk.deliver().sent == 1

    desk.hcl = head + after

    assert (desk.deliver().sent, desk.deliver().sent) == (1, 0)


def test_another_notifier_is_told_of_the_last_week(desk: Desk) -> None:
    """And the one that was told before is not told again."""
    desk.find(found(1, created_at=NOW - 6 * DAY))
    desk.deliver()
    more = f'notifier "webhook" "second" {{\n  url = "{desk.receiver.url}/second"\n}}\nalert "all" {{'
    desk.hcl = desk.hcl.replace('alert "all" {', more).replace(
        "webhook.soar]", "webhook.soar, notifier.webhook.second]"
    )

    assert (desk.deliver().sent, desk.deliver().sent) == (1, 0)
    assert [each.path for each in desk.receiver.taken] == ["/hook", "/second"]


@pytest.mark.parametrize("pause", [DAY, 14 * DAY])
def test_what_went_on_is_told_again_when_its_pause_is_over(desk: Desk, pause: timedelta) -> None:
    """Though nothing more was found since, and once only."""
    desk.hcl = hcl_of(desk.folder, desk.receiver.url, alert=f'renotify = "{pause.days}d"\n')
    desk.find(replace(ONE, created_at=NOW))
    assert put_at(desk, NOW) == 1
    desk.find(replace(ONE, finding_id="f2", created_at=NOW + HOUR))
    desk.find(found(7, created_at=NOW + HOUR))

    rounds = [NOW + HOUR, NOW + pause - HOUR, NOW + pause, NOW + pause + HOUR, NOW + 3 * pause]
    assert [put_at(desk, each) for each in rounds] == [1, 0, 1, 0, 0]
    with Outbox() as outbox:
        (again,) = (each for each in outbox.all("pending") if each.number == 2)
    assert (again.dedupe_key, again.message.why) == (ONE.dedupe_key, "goes on")


def test_what_was_acknowledged_meanwhile_is_not_told_again(desk: Desk) -> None:
    """When its pause is over."""
    desk.hcl = hcl_of(desk.folder, desk.receiver.url, alert='renotify = "24h"\n')
    desk.find(ONE)
    desk.deliver()
    desk.find(replace(ONE, finding_id="f2"))
    desk.deliver()
    alert = desk.receiver.taken[0].json["alert_id"]
    record(desk.lake, [AlertEvent(alert, "acknowledged", NOW, ONE.detection, ONE.dedupe_key, ONE.table, "prod")])

    assert put_at(desk, NOW + 2 * DAY) == 0


def test_what_was_acknowledged_before_it_was_closed_is_told_again(desk: Desk) -> None:
    """Once it has happened again nobody is at it, and it is listed as open."""
    desk.hcl = hcl_of(desk.folder, desk.receiver.url, alert='renotify = "24h"\n')
    one = replace(ONE, created_at=NOW)
    desk.find(one)
    desk.deliver()
    alert = desk.receiver.taken[0].json["alert_id"]
    now = datetime.now(UTC)
    for minutes, what in enumerate(("acknowledged", "closed")):
        at = now + minutes * MINUTE
        record(desk.lake, [AlertEvent(alert, what, at, ONE.detection, ONE.dedupe_key, ONE.table, "prod")])
    for version in (2, 3):
        again = now + version * HOUR
        desk.find(replace(one, version=version, last_seen=again, created_at=again))
        assert put_at(desk, again) == (version == 2)

    assert [each.state for each in standings(desk.config)] == ["open"]
    assert put_at(desk, now + 30 * HOUR) == 1


def test_what_was_found_while_an_alert_was_being_closed_is_told(desk: Desk) -> None:
    """The closing names a time before it was looked at, and is written down after."""
    desk.find(ONE)
    desk.deliver()
    alert = desk.receiver.taken[0].json["alert_id"]
    now = datetime.now(UTC)
    closed = AlertEvent(alert, "closed", now, ONE.detection, ONE.dedupe_key, ONE.table, "prod")
    desk.find(replace(ONE, version=2, last_seen=now + MINUTE, created_at=now + MINUTE))
    assert desk.deliver().put == 0
    record(desk.lake, [closed])

    desk.find(found(2, severity=Severity.LOW))

    assert desk.deliver().put == 2
    assert sorted(reasons(desk)) == ["happened again", "new", "new"]


def test_what_was_compacted_before_it_was_looked_at_is_told(desk: Desk) -> None:
    """With what was told already, which is not told again."""
    desk.hcl += (
        f'source "file" "logs" {{\n  path = "{desk.folder}/logs"\n}}\n'
        'collection "aws_cloudtrail_log" "prod" {\n  source = source.file.logs\n}\n'
    )
    (desk.folder / "logs").mkdir()
    collect(plan(desk.config), Window())
    desk.find(found(1))
    desk.deliver()
    desk.find(found(2))
    compact_collections(desk.lake, [("aws_cloudtrail_log", "prod")])
    desk.find(found(3))

    assert (desk.deliver().put, desk.deliver().put) == (2, 0)
