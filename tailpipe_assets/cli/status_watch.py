"""What is wrong with Tailpipe itself, for `tailpipe status`: alerts that wait, detections that fail, quiet sources."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.listing import print_rows
from tailpipe_resources.errors import OutboxError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailpipe_assets.alerts.outbox import Delivery
    from tailpipe_assets.pipeline import Plan
    from tailpipe_resources.model.config import Config

_CONDITION = ("condition", "since", "failures", "text")
_DETECTION = ("detection", "failures", "failed", "error")


def watched(config: Config, plans: Sequence[Plan], now: datetime) -> dict[str, Any]:
    """The outbox, the conditions that are not well, and the detections that fail."""
    from tailpipe_assets.alerts.looking import wrong_now
    from tailpipe_assets.alerts.outbox import Outbox
    from tailpipe_assets.scheduled.due import failing
    from tailpipe_resources.lake import open_lake

    conditions: list[dict[str, Any]] = []
    waiting: tuple[Delivery, ...] = ()
    dead: tuple[Delivery, ...] = ()
    try:
        with Outbox() as outbox:
            waiting, dead = outbox.all("pending", "folded"), outbox.all("dead")
            noted = outbox.wrong()
            conditions = [_condition(row["name"], row["text"], row["failures"], row["since"]) for row in noted]
    except OutboxError as error:
        conditions = [_condition("outbox", str(error))]
    known = {each["condition"] for each in conditions}
    seen = [each for each in wrong_now(config, open_lake, now) if each.name not in known]
    return {
        "alerts": {
            "pending": len(waiting),
            "oldest_pending_seconds": _age(min((each.created for each in waiting), default=None)),
            "dead": len(dead),
        },
        "conditions": [*conditions, *(_condition(each.name, each.trouble or "") for each in seen)],
        "failing_detections": [
            {"detection": name, "failures": known.failures, "failed": known.failed, "error": known.error}
            for name, known in failing(plans)
        ],
    }


def _condition(name: str, text: str, failures: int = 1, since: float | None = None) -> dict[str, Any]:
    moment = None if since is None else datetime.fromtimestamp(since, UTC).isoformat(timespec="seconds")
    return {"condition": name, "since": moment, "failures": failures, "text": text}


def print_watched(found: dict[str, Any]) -> None:
    """What of it is not well; nothing when all is."""
    alerts = found["alerts"]
    if alerts["pending"] or alerts["dead"]:
        oldest = alerts["oldest_pending_seconds"]
        since = "" if oldest is None else f", the oldest for {oldest} s"
        print(f"\nalerts: {alerts['pending']} wait{since}; {alerts['dead']} given up; tailpipe alert status")
    for name, columns in (("conditions", _CONDITION), ("failing_detections", _DETECTION)):
        if found[name]:
            print(f"\n{name.replace('_', ' ')}:")
            print_rows(found[name], columns)


def _age(created: float | None) -> int | None:
    return None if created is None else max(0, int(time.time() - created))
