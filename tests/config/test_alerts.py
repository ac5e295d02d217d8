"""`notifier`, `alert` and `heartbeat` blocks: what they mean, and what is wrong with them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.config import load
from tailpipe_resources.errors import ConfigError
from tailpipe_resources.model.finding import Severity

if TYPE_CHECKING:
    from pathlib import Path

    from tailpipe_resources.model.alerting import Alerting

ALL = """
alert "urgent" {
  detections   = ["*"]
  min_severity = "high"
  notify       = [notifier.slack.secops, notifier.pagerduty.oncall]
  renotify     = "24h"
  max_per_hour = 60
}
alert "rest" {
  detections = ["aws_cloudtrail_log.*", "sigma.*"]
  notify     = [notifier.email.audit, notifier.webhook.soar, notifier.file.local, notifier.stdout.dev]
}
notifier "slack" "secops" {
  webhook_url = env("SLACK_WEBHOOK_URL")
}
notifier "pagerduty" "oncall" {
  routing_key = env("PD_ROUTING_KEY")
}
notifier "email" "audit" {
  smtp_host = "127.0.0.1"
  from      = "tailpipe@example.com"
  to        = ["audit@example.com"]
}
notifier "webhook" "soar" {
  url         = "https://soar.example.com/hook"
  headers     = { Authorization = env("SOAR_AUTH") }
  hmac_secret = env("SOAR_HMAC")
}
notifier "file" "local" {
  path = "./alerts.jsonl"
}
notifier "stdout" "dev" {}
heartbeat {
  url   = env("HEARTBEAT_URL")
  every = "2m"
}
"""
VARIABLES = {
    "SLACK_WEBHOOK_URL": "https://hooks.slack.example/T0/hush",
    "PD_ROUTING_KEY": "hush-key",
    "SOAR_AUTH": "Bearer hush",
    "SOAR_HMAC": "hush-hmac",
    "HEARTBEAT_URL": "https://beat.example/hush",
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory, and the secrets in the environment."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def alerting_of(folder: Path, text: str) -> Alerting:
    """What a configuration says of alerts."""
    (folder / "x.hcl").write_text(text)
    return load(["x.hcl"]).alerting


def wrong_with(folder: Path, text: str) -> list[str]:
    """Everything wrong with a configuration."""
    with pytest.raises(ConfigError) as raised:
        alerting_of(folder, text)
    return [str(each) for each in raised.value.problems]


def test_every_kind_of_notifier_can_be_routed_to(here: Path) -> None:
    """Routes may stand before the notifiers they name; their order is kept."""
    found = alerting_of(here, ALL)

    urgent, rest = found.routes
    assert [each.label for each in urgent.notify] == ["slack.secops", "pagerduty.oncall"]
    assert (urgent.min_severity, urgent.renotify, urgent.max_per_hour) == (Severity.HIGH, timedelta(days=1), 60)
    assert [each.type for each in rest.notify] == ["email", "webhook", "file", "stdout"]
    assert found.notifier("notifier.file.local") is found.notifier("file.local")
    assert found.heartbeat is not None
    assert found.heartbeat.every == timedelta(minutes=2)


def test_a_route_takes_what_its_patterns_and_severity_say(here: Path) -> None:
    """Patterns are those of the shell, over detections' addresses."""
    urgent, rest = alerting_of(here, ALL).routes

    assert urgent.wants("anything.at_all", Severity.CRITICAL)
    assert not urgent.wants("anything.at_all", Severity.MEDIUM)
    assert rest.wants("sigma.aws.enum_buckets", Severity.INFO)
    assert not rest.wants("http_log.scan", Severity.CRITICAL)


def test_secrets_are_never_shown(here: Path) -> None:
    """Printing the whole configuration shows none of them."""
    (here / "x.hcl").write_text(ALL)

    assert "hush" not in repr(load(["x.hcl"]))


def test_a_variable_that_is_not_set_is_met_when_loading(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The notifier and the variable are named, at the attribute's own line, all at once."""
    monkeypatch.delenv("SLACK_WEBHOOK_URL")
    monkeypatch.delenv("SOAR_AUTH")

    missing = "cannot be had: the environment variable"
    assert wrong_with(here, ALL) == [
        f'x.hcl:14: notifier.slack.secops: "webhook_url" {missing} SLACK_WEBHOOK_URL is not set',
        f'x.hcl:26: notifier.webhook.soar: "headers" {missing} SOAR_AUTH is not set',
    ]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            'alert "a" {\n  notify = [notifier.stdout.def]\n}\nnotifier "stdout" "dev" {}\n',
            ['x.hcl:2: notifier.stdout.def is not declared; did you mean "notifier.stdout.dev"?'],
        ),
        (
            'notifier "slak" "a" {}\n',
            ['x.hcl:1: there is no notifier type "slak"; did you mean "slack"?'],
        ),
        (
            'alert "a" {\n  notify       = []\n  min_severity = "urgent"\n  renotify     = "1 day"\n}\n',
            [
                'x.hcl:2: alert "a": "notify" is empty; nobody would be told',
                'x.hcl:3: "min_severity" "urgent" is no severity; use info, low, medium, high or critical',
                'x.hcl:4: "renotify" "1 day" is not a length of time; write 5m, 1h or 1d (units: s m h d)',
            ],
        ),
        (
            'alert "a" {\n  notify       = [notifier.stdout.d]\n  max_per_hour = 0\n}\nnotifier "stdout" "d" {}\n',
            ['x.hcl:3: "max_per_hour" is 0; write 1 or more: what is beyond is told in a digest'],
        ),
        (
            'notifier "webhook" "w" {\n  url         = "ftp://hush"\n  hmac_secret = ""\n  color = "x"\n}\n',
            ['x.hcl:4: notifier "webhook" "w" has no attribute "color"; there is headers, hmac_secret, url'],
        ),
        (
            'notifier "webhook" "w" {\n  url         = "ftp://hush"\n  hmac_secret = ""\n}\n',
            [
                'x.hcl:2: notifier.webhook.w: "url" is not a URL; it begins with https:// or http://',
                'x.hcl:3: notifier.webhook.w: "hmac_secret" is empty',
            ],
        ),
        (
            'notifier "email" "m" {\n  smtp_host = "h"\n  from = "me"\n  to = []\n  username = "u"\n}\n',
            [
                'x.hcl:3: notifier.email.m: "from": "me" is not a mail address',
                'x.hcl:4: notifier.email.m: "to" names nobody',
                'x.hcl:5: notifier.email.m: "username" and "password" go together',
            ],
        ),
        (
            'heartbeat {\n  url = "nowhere"\n}\nheartbeat {\n  url = "https://a.example"\n}\n',
            [
                'x.hcl:2: heartbeat: "url" is not a URL; it begins with https:// or http://',
                "x.hcl:4: duplicate heartbeat; the first is at x.hcl:1",
            ],
        ),
        (
            'alert "a" {\n  notify = [source.file.x]\n}\n',
            ["x.hcl:2: source.file.x is a source; a notifier belongs here"],
        ),
    ],
    ids=["unknown notifier", "unknown type", "alert", "limit", "unknown attribute", "webhook", "mail", "heart", "kind"],
)
def test_everything_wrong_is_told_at_its_line(text: str, problems: list[str], here: Path) -> None:
    """With the nearest name where one is near, and no secret."""
    assert wrong_with(here, text) == problems
