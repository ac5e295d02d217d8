"""What is to be told: alerts, compared with what was told already.

Nothing here depends on what the outbox held before: it is made again from the lake, and what is there stays. So a
crash between finding and telling heals, and so does the loss of the outbox.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tailpipe_assets.alerts.grouping import alerts_of
from tailpipe_assets.alerts.looked import Looked, name_of
from tailpipe_assets.alerts.message import message_of
from tailpipe_assets.alerts.outbox import Delivery, Told
from tailpipe_assets.alerts.stored import StoredAlerts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tailpipe_assets.alerts.outbox import Outbox
    from tailpipe_resources.lake import Lake
    from tailpipe_resources.model.alert import Alert, AlertEvent
    from tailpipe_resources.model.alerting import Alerting, Notifier, Route
    from tailpipe_resources.model.finding import Severity

OLDEST = timedelta(days=7)
"""Findings from before that, which nobody was told of, are history: a notifier that is new is not told of them."""

SLACK = timedelta(days=1)
"""A file is known by when its run began, which may be so long before its findings were made."""

LATELY = timedelta(hours=1)
"""Alerts that were closed are looked at again for so long: more may have been found while that was written down."""

GOES_ON = "goes on"
_AT_ONCE = datetime.min.replace(tzinfo=UTC)


def reconcile(outbox: Outbox, alerting: Alerting, lake: Lake, now: datetime) -> int:
    """Put into the outbox what is to be told of a lake's alerts and is not there yet; how many notifications that is.

    Raises:
        LakeError: the lake cannot be read.
        OutboxError: the outbox cannot be written.
    """
    name = f"looked at {lake.root}"
    before = Looked.loads(outbox.setting(name), alerting)
    since = now - OLDEST - max((each.renotify for each in alerting.routes if each.renotify), default=timedelta())
    with StoredAlerts(lake) as stored:
        there = {name_of(each): each.address for each in stored.files if each.written >= (since - SLACK).timestamp()}
        new = [address for file, address in there.items() if file not in before.files]
        due = {key for key, at in before.again.items() if at <= now.timestamp()}
        if not new and not due:
            return 0
        events = stored.events()
        keys = due | {(e.detection, e.dedupe_key) for e in events if e.event == "closed" and e.at >= now - LATELY}
        findings = stored.findings(since, files=new, keys=keys)
    dues = list(_dues(outbox, alerting, alerts_of(lake.root, findings, events), events, now))
    touched = keys | {(each.detection, each.dedupe_key) for each in findings}
    again = {key: at for key, at in before.again.items() if key not in touched}
    for each in dues:
        if each.at > now:
            key, at = (each.alert.detection, each.alert.dedupe_key), each.at.timestamp()
            again[key] = min(at, again.get(key, at))
    with outbox.transaction():
        count = outbox.put(each.delivery(now) for each in dues if each.at <= now)
        outbox.set(name, replace(before, files=frozenset(there), again=again).dumps())
    return count


@dataclass(frozen=True, slots=True)
class _Due:
    """That a notifier is to be told of an alert."""

    alert: Alert
    notifier: Notifier
    route: Route
    number: int
    why: str
    at: datetime
    """From when on."""

    def delivery(self, now: datetime) -> Delivery:
        """The notification."""
        return delivery_of(self.alert, self.route, self.notifier, number=self.number, why=self.why, now=now)


def _dues(
    outbox: Outbox, alerting: Alerting, alerts: Iterable[Alert], events: Iterable[AlertEvent], now: datetime
) -> Iterator[_Due]:
    done, known = done_by_alert(events), outbox.told()
    for alert in alerts:
        history = [event for each in alert.ids for event in done.get(each, ())]
        waiting = [one for each in alert.ids for one in known.get(each, ())]
        for notifier, route in routed(alerting, alert.detection, alert.severity):
            told = _told(notifier.label, history, waiting)
            why, at = why_told(alert, route, told, history)
            # What goes on was news when it was told first, and waits for its pause.
            oldest = now - OLDEST - (route.renotify or timedelta() if why == GOES_ON else timedelta())
            if why and alert.created_at >= oldest:
                yield _Due(alert, notifier, route, 1 if told is None else told.number + 1, why, at)


def routed(alerting: Alerting, detection: str, severity: Severity) -> list[tuple[Notifier, Route]]:
    """Whom an alert goes to, each by the first of the routes that lead there."""
    found: dict[str, tuple[Notifier, Route]] = {}
    for route in alerting.routes:
        if route.wants(detection, severity):
            for notifier in route.notify:
                found.setdefault(notifier.label, (notifier, route))
    return list(found.values())


def why_told(alert: Alert, route: Route, told: Told | None, history: Sequence[AlertEvent]) -> tuple[str, datetime]:
    """Why a notifier is to be told of an alert, and from when on; for no reason when it is not."""
    closed = closed_at(history)
    if closed is not None and alert.last_seen <= closed:
        return "", _AT_ONCE
    if told is None:
        return "new", _AT_ONCE
    if closed is not None and told.at <= closed and alert.created_at > closed:
        return "happened again", _AT_ONCE
    if alert.severity > told.severity:
        return "more severe", _AT_ONCE
    if route.renotify is not None and alert.created_at > told.at and not is_acknowledged(history):
        return GOES_ON, told.at + route.renotify
    return "", _AT_ONCE


def closed_at(history: Iterable[AlertEvent]) -> datetime | None:
    """When an alert was last closed."""
    return max((each.at for each in history if each.event == "closed"), default=None)


def is_acknowledged(history: Iterable[AlertEvent]) -> bool:
    """Whether somebody is at an alert: what goes on after it was closed nobody is at, unless they say so again."""
    done = tuple(history)
    closed = closed_at(done)
    return any(each.event == "acknowledged" and (closed is None or each.at > closed) for each in done)


def _told(notifier: str, history: Iterable[AlertEvent], waiting: Iterable[Told]) -> Told | None:
    """What a notifier was last told of an alert."""
    sent = (Told(each.notifier, each.number, each.severity, each.at) for each in history if each.number)
    mine = (each for each in (*sent, *waiting) if each.notifier == notifier)
    return max(mine, key=lambda each: (each.number, each.at), default=None)


def delivery_of(
    alert: Alert, route: Route, notifier: Notifier, *, number: int, why: str, now: datetime, text: str = ""
) -> Delivery:
    """The notification of an alert."""
    return Delivery(
        alert_id=alert.alert_id,
        notifier=notifier.label,
        number=number,
        route=route.name,
        detection=alert.detection,
        dedupe_key=alert.dedupe_key,
        table=alert.table,
        collection=alert.collection,
        severity=alert.severity,
        lake=alert.lake,
        message=message_of(alert, notifier=notifier.label, number=number, why=why, text=text),
        created=now.timestamp(),
    )


def done_by_alert(events: Iterable[AlertEvent]) -> Mapping[str, list[AlertEvent]]:
    """What was done, by the alert."""
    found: dict[str, list[AlertEvent]] = {}
    for event in events:
        found.setdefault(event.alert_id, []).append(event)
    return found
