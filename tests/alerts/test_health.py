"""What is wrong with Tailpipe itself is told, once it is certain, and when it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.alerts import after_collect
from tailpipe_assets.alerts.delivery import Manner
from tailpipe_assets.alerts.health import Condition, note, tell_conditions
from tailpipe_assets.alerts.looking import left_over, look_after
from tailpipe_assets.alerts.outbox import Outbox
from tailpipe_resources.config import load
from tailpipe_resources.errors import SourceRefusedError, SourceUnavailableError
from tailpipe_resources.lake import open_lake
from tailpipe_resources.model.results import CollectResult
from tests.alerts.conftest import NOW, ONE, QUICK
from tests.services.receiver import Answer

if TYPE_CHECKING:
    from typing import Any

    from tests.alerts.conftest import Desk

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
WATCHED = """
source "file" "logs" {{
  path = "{}/logs"
}}
collection "http_log" "web" {{
  source = source.file.logs
  format = "combined"
  expect_every = "5m"
}}
detection "http_log" "scan" {{
  severity = "low"
  where    = "status = 404"
}}
"""
DOWN = CollectResult("http_log", "web", failure=SourceUnavailableError("no answer"))
REFUSED = CollectResult("http_log", "web", failure=SourceRefusedError("the token has expired"))
WELL = CollectResult("http_log", "web")


def told(desk: Desk) -> list[dict[str, Any]]:
    """What the receiver heard of Tailpipe itself."""
    return [each.json for each in desk.receiver.taken if each.json["kind"] == "health"]


def test_three_failures_in_a_row_are_told_once(desk: Desk) -> None:
    """And that it is over."""
    desk.hcl += WATCHED.format(desk.folder)
    for _ in range(2):
        after_collect(desk.config, [DOWN], manner=QUICK)
    assert told(desk) == []
    for _ in range(3):
        after_collect(desk.config, [DOWN], manner=QUICK)
    after_collect(desk.config, [WELL], manner=QUICK)
    after_collect(desk.config, [WELL], manner=QUICK)

    first, last = told(desk)
    assert (first["title"], first["text"], first["why"]) == ("http_log.web cannot be collected", "no answer", "new")
    assert (last["alert_id"], last["why"]) == (first["alert_id"], "over")


def test_a_failure_between_successes_is_not_told(desk: Desk) -> None:
    """Nobody gets up for what healed by itself."""
    desk.hcl += WATCHED.format(desk.folder)
    for result in (DOWN, DOWN, WELL, DOWN, DOWN, WELL):
        after_collect(desk.config, [result], manner=QUICK)

    assert told(desk) == []


def test_an_expired_credential_is_told_at_once(desk: Desk) -> None:
    """It does not heal by itself."""
    desk.hcl += WATCHED.format(desk.folder)
    after_collect(desk.config, [REFUSED], manner=QUICK)

    assert [each["text"] for each in told(desk)] == ["the token has expired"]


def test_a_detection_that_keeps_failing_is_told(desk: Desk) -> None:
    """The rows are in, but nobody would know what it misses."""
    desk.hcl += WATCHED.format(desk.folder)
    broken = CollectResult("http_log", "web", rule_faults={"http_log.scan": "no such function"})
    for _ in range(3):
        after_collect(desk.config, [broken], manner=QUICK)
    after_collect(desk.config, [WELL], manner=QUICK)
    assert [(each["title"], each["text"]) for each in told(desk)] == [
        ("The detection http_log.scan on http_log.web fails", "no such function")
    ]

    after_collect(desk.config, [CollectResult("http_log", "web", rows=1)], manner=QUICK)
    assert [each["why"] for each in told(desk)] == ["new", "over"]


def test_what_fails_for_ten_minutes_is_told(desk: Desk) -> None:
    """However seldom it is tried."""
    with Outbox() as outbox:
        note(outbox, [Condition("detection", "a.b", "it fails")], NOW - 11 * MINUTE)
        tell_conditions(outbox, desk.config.alerting, NOW)
    desk.deliver()

    assert [each["title"] for each in told(desk)] == ["The detection a.b fails"]


def test_that_it_is_over_waits_until_it_was_told(desk: Desk) -> None:
    """Or the incident of a receiver that failed meanwhile would be ended first, and opened for good."""
    answers = [Answer(500)]
    desk.receiver.answer = lambda _: answers.pop() if answers else Answer()
    wrong = Condition("run", "a.b", "it fails", is_certain=True)
    with Outbox() as outbox:
        note(outbox, [wrong], NOW)
    desk.deliver(Manner(patience=30, first_pause=60))
    with Outbox() as outbox:
        note(outbox, [Condition("run", "a.b")], NOW)
    assert desk.deliver().sent == 0

    with Outbox() as outbox, outbox.transaction():
        outbox.run("UPDATE delivery SET due = 0")
    assert desk.deliver().sent == 2
    assert [each["why"] for each in told(desk)][-2:] == ["new", "over"]


def test_one_attempt_counts_once(desk: Desk) -> None:
    """Though both the run and the sensor tell of it."""
    with Outbox() as outbox:
        for attempt in ("1", "1", "1", "2"):
            note(outbox, [Condition("collect", "a.b", "it fails", attempt=attempt)], datetime.now(UTC))
        tell_conditions(outbox, desk.config.alerting, datetime.now(UTC))
    desk.deliver()

    assert told(desk) == []


def test_a_full_disk_is_told_while_there_is_room(desk: Desk) -> None:
    """Before work stops for want of it."""
    with Outbox() as outbox:
        # Delivering looks again a minute later: the tests may have begun longer ago than that.
        look_after(outbox, desk.config, open_lake, datetime.now(UTC), low=1 << 60)
    desk.deliver()

    (disk,) = told(desk)
    assert disk["title"] == f"The disk of {desk.folder}/lake is nearly full"
    assert "Collecting stops at" in disk["text"]


def test_a_quiet_source_is_told(desk: Desk) -> None:
    """Counted from when it was first looked at, where nothing ever came."""
    desk.hcl += WATCHED.format(desk.folder)
    with Outbox() as outbox:
        look_after(outbox, desk.config, open_lake, NOW - 10 * MINUTE)
        look_after(outbox, desk.config, open_lake, NOW - 2 * MINUTE)
    desk.deliver()

    assert [each["title"] for each in told(desk)] == ["http_log.web has gone quiet"]


def test_what_stays_wrong_is_told_once(desk: Desk) -> None:
    """However many weeks it stays; once it is over, it is forgotten as anything else."""
    disk = f"{desk.folder}/lake"
    with Outbox() as outbox:
        note(outbox, [Condition("disk", disk, "it is full", is_certain=True)], NOW - 30 * DAY)
        for days in (30, 29, 22, 15, 1):
            tell_conditions(outbox, desk.config.alerting, NOW - days * DAY)
            for each in outbox.all("pending"):
                outbox.sent(each, each.created)
            outbox.forget_old((NOW - days * DAY).timestamp())
        assert [each.number for each in outbox.all("sent")] == [1]

        note(outbox, [Condition("disk", disk)], NOW)
        tell_conditions(outbox, desk.config.alerting, NOW)
        assert [each.message.why for each in outbox.all("pending")] == ["over"]
        outbox.forget_old(NOW.timestamp())
        assert outbox.all("sent") == ()


@pytest.mark.parametrize(
    ("kind", "about", "gone"),
    [
        ("quiet", "http_log.web", ('  expect_every = "5m"\n', "")),
        ("quiet", "http_log.web", ('log" "web"', 'log" "other"')),
        ("collect", "http_log.web", ('log" "web"', 'log" "other"')),
        ("collect", "http_log.web", ("expect_every", "enabled = false\n  expect_every")),
        ("detection", "http_log.scan on http_log.web", ('log" "scan"', 'log" "probe"')),
        ("detection", "http_log.scan of http_log.web", ('log" "scan"', 'log" "probe"')),
        ("detection", "http_log.scan on http_log.web", ('log" "web"', 'log" "other"')),
        ("detection", "http_log.scan on http_log.web", ("severity", "enabled = false\n  severity")),
        ("detection", "(all) on http_log.web", ('log" "web"', 'log" "other"')),
        ("disk", "{folder}/lake", ("/lake", "/another")),
        ("lake", "{folder}/lake", ("/lake", "/another")),
        ("heartbeat", "at {folder}/tailpipe.hcl:1", ("heartbeat", "#")),
    ],
)
def test_what_is_configured_no_more_is_over(desk: Desk, kind: str, about: str, gone: tuple[str, str]) -> None:
    """Nobody else will say so; what is still configured stays as it is."""
    desk.hcl = f'heartbeat {{ url = "{desk.receiver.url}/beat" }}\n{desk.hcl}{WATCHED.format(desk.folder)}'
    about = about.format(folder=desk.folder)
    with Outbox() as outbox:
        note(outbox, [Condition(kind, about, "it is wrong")], NOW)
        assert left_over(outbox, desk.config, open_lake) == []

        desk.hcl = desk.hcl.replace(*gone)

        assert left_over(outbox, desk.config, open_lake) == [Condition(kind, about)]


def test_what_another_configuration_says_is_left_to_it(desk: Desk) -> None:
    """Both keep their alerts in one place, and neither knows what the other has."""
    other = desk.folder / "other" / "tailpipe.hcl"
    other.parent.mkdir()
    other.write_text(desk.hcl)
    desk.hcl += WATCHED.format(desk.folder)
    with Outbox() as outbox:
        note(outbox, [Condition("collect", "http_log.web", "it is wrong")], NOW)
        for config in (desk.config, load([other]), desk.config):
            assert left_over(outbox, config, open_lake) == []


def test_that_it_is_over_is_told_when_its_collection_is_gone(desk: Desk) -> None:
    """By whoever delivers next; without anybody to tell it is noted when something else is collected."""
    before = desk.hcl
    desk.hcl += WATCHED.format(desk.folder)
    after_collect(desk.config, [REFUSED], manner=QUICK)
    desk.hcl = before
    with Outbox() as outbox, outbox.transaction():
        outbox.set("looked", "0")
    desk.deliver()
    assert [each["why"] for each in told(desk)] == ["new", "over"]

    desk.hcl = before.partition("notifier ")[0]
    after_collect(desk.config, [REFUSED])
    after_collect(desk.config, [CollectResult("http_log", "other")])
    with Outbox() as outbox:
        assert outbox.wrong() == []


def test_a_lake_that_cannot_be_read_is_told(desk: Desk) -> None:
    """As a trouble, and after a while as an alert; the heartbeat stops meanwhile."""
    desk.hcl += f'heartbeat {{\n  url = "{desk.receiver.url}/beat"\n}}\n'
    log = desk.folder / "lake" / "tailpipe_finding" / "_delta_log"
    desk.find(ONE)
    (log / "00000000000000000000.json").write_text("nonsense")

    troubles = [desk.deliver().troubles for _ in range(4)]
    assert all(len(each) == 1 for each in troubles)
    assert [each["detection"] for each in told(desk)] == ["tailpipe.lake"]
    assert [each for each in desk.receiver.taken if each.path == "/beat"] == []


def test_the_heartbeat_beats_while_all_is_well(desk: Desk) -> None:
    """Not more often than it says, and not while an alert is late."""
    desk.hcl += f'heartbeat {{\n  url   = "{desk.receiver.url}/beat"\n  every = "1h"\n}}\n'
    for _ in range(3):
        desk.deliver()
    assert [each.path for each in desk.receiver.taken] == ["/beat"]

    desk.receiver.answer = lambda request: Answer(500 if request.path == "/hook" else 200)
    desk.find(ONE)
    desk.deliver()
    with Outbox() as outbox, outbox.transaction():
        outbox.run("UPDATE delivery SET created = created - 700, due = due + 3600")
        outbox.run("DELETE FROM setting WHERE name = 'beat'")
    desk.deliver()

    assert [each.path for each in desk.receiver.taken] == ["/beat"]


def test_a_heartbeat_that_fails_is_noted(desk: Desk) -> None:
    """Whoever waits for it will call; who is told here knows why."""
    desk.hcl += 'heartbeat {\n  url = "http://127.0.0.1:1/beat"\n}\n'
    for _ in range(4):
        desk.deliver()

    assert [each["detection"] for each in told(desk)] == ["tailpipe.heartbeat"]
