"""The block that keeps what was no attack from coming again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from tailpipe_assets.alerts.exceptions import exception_block
from tailpipe_assets.alerts.grouping import alerts_of
from tests.alerts.test_grouping import stored

if TYPE_CHECKING:
    from tailpipe_resources.model.alert import Alert

WHERE = "list_has_any(tp_usernames, ['arn:aws:iam::123456789012:user/mallory']) and tp_source_ip in ('198.51.100.7')"
DAY = date(2026, 11, 25)
(ALERT,) = alerts_of("lake", [stored(1, 0)], ())


def block(alert: Alert, reason: str = "why") -> str:
    """What is printed for an alert."""
    return exception_block(alert, reason, DAY)


def test_it_names_who_it_was_and_from_where() -> None:
    """In columns that every table has, for three months."""
    assert block(ALERT).splitlines() == [
        '# into detection "aws_cloudtrail_log" "trail_stopped" { ... }',
        f'exception "closed_2026_11_25_{ALERT.alert_id[:6]}" {{',
        f'  where   = "{WHERE}"',
        '  reason  = "why"',
        '  expires = "2027-02-23"',
        "}",
    ]


def test_an_address_is_no_user_name() -> None:
    """Where nothing but an address is known of who it was."""
    assert "tp_usernames" not in block(replace(ALERT, actors=ALERT.source_ips))


def test_without_names_it_is_about_the_rows() -> None:
    """So that it never covers more than was looked at."""
    assert "tp_id in ('aa11')" in block(replace(ALERT, actors=(), source_ips=()))


def test_hostile_names_stay_inside_their_quotes() -> None:
    """Neither SQL nor HCL can be got out of."""
    found = block(replace(ALERT, actors=('x\') or true or \'"${env("A")}%{if}\\',), source_ips=()), 'a "b"\nc')

    assert "['x'') or true or ''\\\"$${env(\\\"A\\\")}%%{if}\\\\']" in found
    assert 'reason  = "a \\"b\\"\\nc"' in found


def test_a_rule_of_a_pack_is_suppressed() -> None:
    """It has no block of its own to paste into."""
    found = block(replace(ALERT, detection="sigma.aws.enum"))

    assert found.startswith('suppression "aws_cloudtrail_log" "closed_')
    assert '  detections = ["sigma.aws.enum"]' in found
