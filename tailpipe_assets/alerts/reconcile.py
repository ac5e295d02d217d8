"""What is to be told: alerts, compared with what was told already.

Nothing here depends on what the outbox held before: it is made again from the lake, and what is there stays. So a
crash between finding and telling heals, and so does the loss of the outbox.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tailpipe_assets.alerts.grouping import alerts_of
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

OVERLAP = timedelta(hours=1)
"""Findings are looked at again for so long: clocks differ, and a commit takes a while."""


def reconcile(outbox: Outbox, alerting: Alerting, lake: Lake, now: datetime) -> int:
    """Put into the outbox what is to be told of a lake's alerts and is not there yet; how many notifications that is.

    Raises:
        LakeError: the lake cannot be read.
        OutboxError: the outbox cannot be written.
    """
    with StoredAlerts(lake) as stored:
        seen = f"seen {lake.root}"
        version, watermark = _seen(outbox.setting(seen))
        if not stored.has_findings or stored.version == version:
            return 0
        since = max(now - OLDEST, watermark - OVERLAP) if watermark else now - OLDEST
        events = stored.events()
        alerts = alerts_of(lake.root, stored.findings(since), events)
        recent = [each for each in alerts if each.created_at >= now - OLDEST]
        wanted = list(_wanted(outbox, alerting, recent, events, now))
        newest = max((each.created_at for each in alerts), default=watermark or now - OLDEST)
        with outbox.transaction():
            count = outbox.put(wanted)
            outbox.set(seen, f"{stored.version} {max(newest, watermark or newest).isoformat()}")
    return count


def _seen(text: str | None) -> tuple[int | None, datetime | None]:
    if text is None:
        return None, None
    version, _, watermark = text.partition(" ")
    return int(version), datetime.fromisoformat(watermark)


def _wanted(
    outbox: Outbox, alerting: Alerting, alerts: Iterable[Alert], events: Iterable[AlertEvent], now: datetime
) -> Iterator[Delivery]:
    done, known = done_by_alert(events), outbox.told()
    for alert in alerts:
        history = [event for each in alert.ids for event in done.get(each, ())]
        waiting = [one for each in alert.ids for one in known.get(each, ())]
        for notifier, route in routed(alerting, alert.detection, alert.severity):
            told = _told(notifier.label, history, waiting)
            why = why_now(alert, route, told, history, now)
            if why is not None:
                number = 1 if told is None else told.number + 1
                yield delivery_of(alert, route, notifier, number=number, why=why, now=now)


def routed(alerting: Alerting, detection: str, severity: Severity) -> list[tuple[Notifier, Route]]:
    """Whom an alert goes to, each by the first of the routes that lead there."""
    found: dict[str, tuple[Notifier, Route]] = {}
    for route in alerting.routes:
        if route.wants(detection, severity):
            for notifier in route.notify:
                found.setdefault(notifier.label, (notifier, route))
    return list(found.values())


def why_now(alert: Alert, route: Route, told: Told | None, history: Sequence[AlertEvent], now: datetime) -> str | None:
    """Why a notifier is to be told of an alert now; None when it is not."""
    closed = closed_at(history)
    if closed is not None and alert.last_seen <= closed:
        return None
    if told is None:
        return "new"
    if closed is not None and told.at <= closed and alert.created_at > closed:
        return "happened again"
    if alert.severity > told.severity:
        return "more severe"
    acknowledged = any(each.event == "acknowledged" for each in history)
    goes_on = alert.created_at > told.at
    if route.renotify is not None and goes_on and not acknowledged and now - told.at >= route.renotify:
        return "goes on"
    return None


def closed_at(history: Iterable[AlertEvent]) -> datetime | None:
    """When an alert was last closed."""
    return max((each.at for each in history if each.event == "closed"), default=None)


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
