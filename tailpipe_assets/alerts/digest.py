"""Digests: what is beyond `max_per_hour` is told together, so that nobody is flooded and nothing is dropped."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from tailpipe_assets.alerts.message import LESS_TO_DO, Message
from tailpipe_assets.alerts.outbox import Delivery
from tailpipe_resources.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tailpipe_assets.alerts.outbox import Outbox
    from tailpipe_resources.model.alerting import Alerting, Route

HOUR = 3600.0
EVERY = 300.0
"""A digest follows another one after so many seconds at the earliest."""

MOST_LINES = 20
DIGEST = "digest"


def fold_floods(outbox: Outbox, alerting: Alerting, now: float) -> None:
    """Make digests of what is due and beyond its route's limit; what is within it stays as it is.

    That something is acknowledged, closed or over stays too: in a digest it would open an incident and end none.

    Raises:
        OutboxError: the outbox cannot be written.
    """
    limited = {each.name: each for each in alerting.routes if each.max_per_hour is not None}
    waiting: dict[tuple[str, str], list[Delivery]] = {}
    for each in outbox.due(now) if limited else ():
        if each.route in limited and each.message.kind != DIGEST and each.message.why not in LESS_TO_DO:
            waiting.setdefault((each.route, each.notifier), []).append(each)
    for (route, notifier), those in waiting.items():
        _fold(outbox, limited[route], notifier, those, now)


def _fold(outbox: Outbox, route: Route, notifier: str, those: Sequence[Delivery], now: float) -> None:
    assert route.max_per_hour is not None
    room = max(0, route.max_per_hour - outbox.sent_since(route.name, notifier, now - HOUR))
    beyond = those[room:]
    if not beyond:
        return
    name = f"digest {route.name} {notifier}"
    last = float(outbox.setting(name) or 0)
    if now - last < EVERY:
        with outbox.transaction():
            for each in beyond:
                outbox.run(
                    "UPDATE delivery SET due = ? WHERE alert_id = ? AND notifier = ? AND number = ?",
                    last + EVERY,
                    *each.identity,
                )
        return
    outbox.fold(_digest(route, notifier, beyond, now), beyond)
    with outbox.transaction():
        outbox.set(name, str(now))


def _digest(route: Route, notifier: str, those: Sequence[Delivery], now: float) -> Delivery:
    worst = max(each.severity for each in those)
    named = "\n".join("\0".join(map(str, each.identity)) for each in those)
    identity = f"d{hashlib.sha256(named.encode()).hexdigest()[:15]}"
    message = Message(
        key=f"{identity}-1-{notifier}",
        alert_id=identity,
        number=1,
        kind=DIGEST,
        why="",
        severity=str(worst),
        title=f"{len(those)} more alerts, told together",
        rows=sum(each.message.rows for each in those),
        findings=sum(each.message.findings for each in those),
        first_seen=min(each.message.first_seen for each in those),
        last_seen=max(each.message.last_seen for each in those),
        text="\n".join(_lines(route, those)),
        query="",
    )
    return Delivery(
        alert_id=identity,
        notifier=notifier,
        number=1,
        route=route.name,
        detection="",
        dedupe_key="",
        table="",
        collection="",
        severity=worst,
        lake="",
        message=message,
        created=now,
    )


def _lines(route: Route, those: Iterable[Delivery]) -> list[str]:
    counts = Counter((Severity(each.severity), each.message.title, each.detection) for each in those)
    ordered = sorted(counts.items(), key=lambda each: (-each[0][0], -each[1], each[0][1]))
    lines = [f'More than {route.max_per_hour} in an hour, the limit of alert "{route.name}":']
    lines += [f"{count} x [{str(level).upper()}] {title} ({name})" for (level, title, name), count in ordered]
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], f"and {len(lines) - MOST_LINES} more detections"]
    return [*lines, "tailpipe alert list shows each of them."]
