"""From findings to a receiver: who is told, when, and how often."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tailpipe_assets.alerts.acting import done, note_done
from tailpipe_assets.alerts.outbox import Outbox
from tailpipe_assets.alerts.overview import standings
from tailpipe_assets.alerts.recording import record
from tailpipe_assets.pipeline import collect, plan
from tailpipe_assets.pipeline.compact import compact_collections
from tailpipe_resources.model.alert import AlertEvent
from tailpipe_resources.model.finding import Severity
from tailpipe_resources.model.window import Window
from tests.alerts.conftest import NOW, ONE, QUICK, found, hcl_of
from tests.services.receiver import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.alerts.conftest import Desk


def test_a_finding_is_told_with_all_that_is_needed_to_act(desk: Desk) -> None:
    """Who, from where, what, how many, when, whose rule, and the query to run next."""
    desk.find(ONE)

    assert (desk.deliver().sent, desk.deliver().sent) == (1, 0)

    (request,) = desk.receiver.taken
    told = request.json
    assert told["title"] == "CloudTrail logging stopped"
    assert (told["severity"], told["kind"], told["why"], told["number"]) == ("high", "finding", "new", 1)
    assert told["who"] == ["arn:aws:iam::123456789012:user/mallory"]
    assert told["from_where"] == ["198.51.100.7"]
    assert (told["rows"], told["authors"], told["mitre"]) == (1, ["A. Author"], ["TA0005:T1562.008"])
    assert told["query"].startswith('tailpipe query "select * from aws_cloudtrail_log where tp_date = ')
    assert request.headers["Idempotency-Key"] == f"{told['alert_id']}-1-webhook.soar"


def test_what_findings_have_in_common_is_told_where_nobody_is_named(desk: Desk) -> None:
    """A query that counts by something tells that, and no actor or address."""
    desk.find(found(2, actor="", source_ip="", resource="", dedupe_key="203.0.113.9"), found(3))
    desk.deliver()

    assert sorted(each.json["key_of_findings"] for each in desk.receiver.taken) == ["", "203.0.113.9"]


def test_what_was_sent_is_written_down_in_the_lake(desk: Desk) -> None:
    """Once, however often is delivered."""
    desk.find(ONE)
    for _ in range(3):
        desk.deliver()

    (event,) = desk.events()
    assert (event.event, event.notifier, event.number) == ("sent", "webhook.soar", 1)


def test_a_lost_outbox_tells_nobody_again(desk: Desk, home: Path) -> None:
    """The lake knows what was sent."""
    desk.find(ONE, found(2))
    desk.deliver()
    shutil.rmtree(home / "alerts")

    desk.find(found(3))
    desk.until_done()

    assert len(desk.receiver.taken) == len(set(desk.receiver.keys)) == 3


def test_a_broken_outbox_is_begun_anew(desk: Desk, home: Path) -> None:
    """What it held is made again from the lake; the broken file is kept."""
    desk.find(ONE)
    (home / "alerts").mkdir(parents=True)
    (home / "alerts" / "outbox.db").write_bytes(b"this is no database" * 100)

    desk.until_done()

    assert len(desk.receiver.taken) == 1
    assert list((home / "alerts").glob("outbox.broken-*.db"))


def test_a_later_finding_of_an_alert_is_not_told_again(desk: Desk) -> None:
    """It belongs to the alert, whose count it raises."""
    desk.find(ONE)
    desk.deliver()
    desk.find(replace(ONE, finding_id="f2", last_seen=NOW, first_seen=NOW))

    assert desk.deliver().sent == 0


def test_a_raised_severity_is_told(desk: Desk) -> None:
    """As the second notification of the same alert."""
    desk.find(ONE)
    desk.deliver()
    desk.find(replace(ONE, finding_id="f2", severity=Severity.CRITICAL))
    desk.deliver()

    first, second = (each.json for each in desk.receiver.taken)
    assert first["alert_id"] == second["alert_id"]
    assert (second["number"], second["why"], second["severity"]) == (2, "more severe", "critical")


def test_what_goes_on_is_told_again_when_asked_for(desk: Desk) -> None:
    """Once `renotify` has passed since it was last told, and something more was found."""
    desk.hcl = hcl_of(desk.folder, desk.receiver.url, alert='renotify = "1s"\n')
    desk.find(replace(ONE, created_at=NOW - timedelta(hours=1)))
    desk.deliver()
    alert = desk.receiver.taken[0].json["alert_id"]
    # The same note as two seconds ago.
    with Outbox() as outbox, outbox.transaction():
        outbox.run("DELETE FROM delivery")
    shutil.rmtree(desk.folder / "lake" / "tailpipe_alert")
    sent = AlertEvent(alert, "sent", NOW - timedelta(seconds=2), ONE.detection, ONE.dedupe_key, ONE.table, "prod")
    record(desk.lake, [replace(sent, notifier="webhook.soar", number=1, severity=ONE.severity)])
    desk.deliver()
    assert len(desk.receiver.taken) == 1

    desk.find(replace(ONE, finding_id="f2", first_seen=NOW, last_seen=NOW))
    desk.deliver()

    assert [each.json["why"] for each in desk.receiver.taken] == ["new", "goes on"]


def test_what_is_no_alert_is_not_told(desk: Desk) -> None:
    """Suppressed findings, signals, backtests and old news."""
    desk.find(
        found(1, suppressed_by="exception terraform: CI"),
        found(2, alert=False),
        found(3, backtest=True),
        found(4, created_at=NOW - timedelta(days=8)),
    )

    assert desk.deliver().put == 0


def test_another_key_is_another_alert(desk: Desk) -> None:
    """One key never silences another."""
    desk.find(found(1), found(2))

    assert desk.deliver().sent == 2


def test_closed_alerts_stay_closed_and_what_comes_after_is_new(desk: Desk) -> None:
    """What happened before the closing and arrives late changes nothing."""
    desk.find(ONE)
    desk.deliver()
    alert = desk.receiver.taken[0].json["alert_id"]
    closing = AlertEvent(alert, "closed", NOW, ONE.detection, ONE.dedupe_key, ONE.table, "prod", verdict="benign")
    record(desk.lake, [closing])
    desk.find(replace(ONE, finding_id="f2", severity=Severity.CRITICAL, first_seen=NOW - timedelta(minutes=9)))
    assert desk.deliver().sent == 0

    after = NOW + timedelta(seconds=5)
    desk.find(replace(ONE, finding_id="f3", first_seen=after, last_seen=after))
    desk.deliver()

    _, second = (each.json for each in desk.receiver.taken)
    assert second["alert_id"] != alert
    assert second["why"] == "new"


def test_a_receiver_that_fails_is_tried_again_with_the_same_key(desk: Desk) -> None:
    """Also where only its answer was lost."""
    answers = [Answer(500), Answer(is_lost=True), Answer()]
    desk.receiver.answer = lambda _: answers.pop(0)
    desk.find(ONE)
    desk.until_done()

    assert len({each.headers["Idempotency-Key"] for each in [*desk.receiver.taken, *desk.receiver.refused]}) == 1
    assert len({each.body for each in [*desk.receiver.taken, *desk.receiver.refused]}) == 1
    assert len(desk.receiver.taken) == 2


def test_a_receiver_that_asks_for_patience_is_left_alone(desk: Desk) -> None:
    """For as long as it said, with everything; then it gets all of it."""
    asked: list[int] = []

    def answer(_: object) -> Answer:
        asked.append(1)
        return Answer(429, {"Retry-After": "1"}) if len(asked) == 1 else Answer()

    desk.receiver.answer = answer
    desk.find(*map(found, range(5)))

    assert desk.deliver().failed == 1
    assert desk.deliver().sent == 0
    desk.until_done()
    assert len(desk.receiver.taken) == 5


def test_what_nobody_takes_is_given_up_and_shown(desk: Desk) -> None:
    """It is kept, with the reason, and can be tried again."""
    desk.receiver.answer = lambda _: Answer(404, body="no such hook")
    desk.find(ONE)
    manner = replace(QUICK, attempts=3)
    desk.until_done(manner)

    with Outbox() as outbox:
        (dead,) = outbox.all("dead")
        assert (dead.attempts, dead.error) == (3, "HTTP 404: no such hook")
        assert outbox.revive() == 1
    desk.receiver.answer = lambda _: Answer()
    desk.until_done()
    assert len(desk.receiver.taken) == 1


def test_a_flood_is_told_in_one_message(desk: Desk) -> None:
    """The worst come one by one up to the limit; the rest in a digest with their counts, and nothing is dropped."""
    desk.hcl = hcl_of(desk.folder, desk.receiver.url, alert="max_per_hour = 3\n")
    desk.find(*map(found, range(20)), found(99, severity=Severity.CRITICAL))
    desk.until_done()

    told = [each.json for each in desk.receiver.taken]
    assert sorted(each["kind"] for each in told) == ["digest", "finding", "finding", "finding"]
    (digest,) = [each for each in told if each["kind"] == "digest"]
    assert "18 x [HIGH] CloudTrail logging stopped" in digest["text"]
    assert "critical" in [each["severity"] for each in told if each["kind"] == "finding"]
    assert len(desk.events()) == 21


def test_an_incident_of_pagerduty_follows_its_alert(desk: Desk) -> None:
    """It is opened, acknowledged and resolved under one key, and nothing of that counts as telling the alert again."""
    desk.hcl += (
        f'notifier "pagerduty" "p" {{\n  routing_key = "k"\n  url = "{desk.receiver.url}/v2/enqueue"\n}}\n'
        'alert "oncall" {\n  notify = [notifier.pagerduty.p]\n}\n'
    )
    desk.find(ONE)
    desk.deliver()
    for seconds, what in enumerate(("acknowledged", "closed")):
        (standing,) = standings(desk.config)
        note_done(desk.config.alerting, standing, done(standing, what, NOW + timedelta(seconds=seconds), "maria"))
        desk.deliver()

    incidents = [each.json for each in desk.receiver.taken if each.path == "/v2/enqueue"]
    assert [each["event_action"] for each in incidents] == ["trigger", "acknowledge", "resolve"]
    assert len({each["dedup_key"] for each in incidents}) == 1
    assert len([each for each in desk.events() if each.event == "sent"]) == 2
    assert standings(desk.config)[0].state == "closed"


def test_a_flood_keeps_no_incident_open(desk: Desk) -> None:
    """However many have been told in this hour: closings are sent one by one, and open nothing."""
    desk.hcl = hcl_of(desk.folder, "").partition("notifier ")[0] + (
        f'notifier "pagerduty" "p" {{\n  routing_key = "k"\n  url = "{desk.receiver.url}/v2/enqueue"\n}}\n'
        'alert "oncall" {\n  notify = [notifier.pagerduty.p]\n  max_per_hour = 2\n}\n'
    )
    desk.find(found(1), found(2))
    desk.deliver()
    for standing in standings(desk.config):
        note_done(desk.config.alerting, standing, done(standing, "closed", NOW, "maria", verdict="benign"))
    desk.find(found(3))
    desk.deliver()

    incidents = [(each.json["event_action"], each.json["dedup_key"]) for each in desk.receiver.taken]
    opened = {key for action, key in incidents if action == "trigger"}
    closed = {key for action, key in incidents if action == "resolve"}
    assert {key for _, key in incidents[:2]} == closed
    assert len(opened - closed) == 1


def test_compaction_keeps_what_was_done(desk: Desk) -> None:
    """Each round writes a small file; together they become one."""
    desk.hcl += (
        f'source "file" "logs" {{\n  path = "{desk.folder}/logs"\n}}\n'
        'collection "aws_cloudtrail_log" "prod" {\n  source = source.file.logs\n}\n'
    )
    (desk.folder / "logs").mkdir()
    collect(plan(desk.config), Window())
    for number in range(5):
        desk.find(found(number))
        desk.deliver()
    before = desk.events()

    compact_collections(desk.lake, [("aws_cloudtrail_log", "prod")])

    assert desk.events() == before
    assert len(list((desk.folder / "lake" / "tailpipe_alert").glob("tp_partition=*/**/*.parquet"))) == 1


def test_a_slow_start_does_not_wake_anybody_twice(desk: Desk) -> None:
    """Findings that have grown together keep the id that was told first."""
    early, late = found(1, dedupe_key="k"), found(2, dedupe_key="k")
    hour = timedelta(minutes=50)
    desk.find(replace(early, first_seen=NOW - 3 * hour, last_seen=NOW - 3 * hour))
    desk.deliver()
    desk.find(replace(late, dedupe_key="k", first_seen=NOW - hour, last_seen=NOW - hour))
    desk.deliver()
    between = replace(late, finding_id="f3", first_seen=NOW - 2 * hour, last_seen=NOW - 2 * hour)
    desk.find(between)

    assert desk.deliver().sent == 0
    assert len(desk.receiver.taken) == 2
