"""`alert status`: what waits, what was given up, and what is wrong with Tailpipe itself."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.configured import read_config_if_any
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import print_facts, print_json, print_rows

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from tailpipe_assets.alerts.outbox import Delivery, Outbox
    from tailpipe_resources.model.alerting import Alerting

_NOTIFIER = ("notifier", "pending", "sent", "dead", "oldest_pending_seconds", "error")
_LETTER = ("alert", "notifier", "severity", "title", "attempts", "error")


def run(args: argparse.Namespace) -> int:
    """Write how the outbox is."""
    from tailpipe_assets.alerts.outbox import Outbox

    config = read_config_if_any(args)
    with Outbox() as outbox:
        facts = _facts(outbox, None if config is None else config.alerting)
    if args.output == "json":
        print_json(facts)
    else:
        _print(facts)
    return Exit.FAILED if facts["dead"] else Exit.OK


def _facts(outbox: Outbox, alerting: Alerting | None) -> dict[str, Any]:
    everything = outbox.all("pending", "folded", "sent", "dead")
    waiting = [each for each in everything if each.state in {"pending", "folded"}]
    beat = outbox.setting("beat")
    names = [] if alerting is None else [each.label for each in alerting.notifiers]
    return {
        "pending": len(waiting),
        "sent": sum(each.state == "sent" for each in everything),
        "dead": sum(each.state == "dead" for each in everything),
        "oldest_pending_seconds": _oldest(waiting),
        "last_heartbeat": None if beat is None else _moment(float(beat)),
        "notifiers": [_of(name, everything, names) for name in _named(everything, names)],
        "conditions": [
            {"condition": row["name"], "since": _moment(row["since"]), "failures": row["failures"], "text": row["text"]}
            for row in outbox.wrong()
        ],
        "dead_letters": [_letter(each) for each in everything if each.state == "dead"],
    }


def _named(everything: Iterable[Delivery], names: list[str]) -> list[str]:
    return list(dict.fromkeys([*names, *(each.notifier for each in everything if each.state != "sent")]))


def _of(name: str, everything: Iterable[Delivery], configured: list[str]) -> dict[str, Any]:
    mine = [each for each in everything if each.notifier == name]
    waiting = [each for each in mine if each.state in {"pending", "folded"}]
    errors = [each.error for each in mine if each.error]
    unknown = "" if name in configured or not waiting else "no such notifier is configured; what waits is kept"
    return {
        "notifier": name,
        "pending": len(waiting),
        "sent": sum(each.state == "sent" for each in mine),
        "dead": sum(each.state == "dead" for each in mine),
        "oldest_pending_seconds": _oldest(waiting),
        "error": unknown or (errors[-1] if errors else ""),
    }


def _letter(one: Delivery) -> dict[str, Any]:
    return {
        "alert": one.alert_id,
        "notifier": one.notifier,
        "severity": str(one.severity),
        "title": one.message.title,
        "attempts": one.attempts,
        "error": one.error,
    }


def _oldest(waiting: Iterable[Delivery]) -> int | None:
    oldest = min((each.created for each in waiting), default=None)
    return None if oldest is None else max(0, int(time.time() - oldest))


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _print(facts: dict[str, Any]) -> None:
    lists = ("notifiers", "conditions", "dead_letters")
    print_facts({name: value for name, value in facts.items() if name not in lists})
    for name, columns in (("notifiers", _NOTIFIER), ("conditions", None), ("dead_letters", _LETTER)):
        if facts[name]:
            print(f"\n{name.replace('_', ' ')}:")
            print_rows(facts[name], columns or tuple(facts[name][0]))
