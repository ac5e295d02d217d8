"""Acknowledging and closing alerts: kept in the lake, and told to what keeps incidents of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tailpipe_assets.alerts.outbox import Outbox
from tailpipe_assets.alerts.reconcile import delivery_of, routed
from tailpipe_assets.alerts.recording import record
from tailpipe_resources.model.alert import AlertEvent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tailpipe_assets.alerts.outbox import Delivery
    from tailpipe_assets.alerts.overview import Standing
    from tailpipe_resources.model.alerting import Alerting

KEEPS_INCIDENTS = "pagerduty"
"""The type of notifier that is told what became of an alert."""


def note_done(alerting: Alerting, standing: Standing, event: AlertEvent) -> None:
    """Write down in the lake that somebody acknowledged or closed an alert.

    What is still to be told of a closed one is dropped.

    Raises:
        LakeError: the lake cannot be written. Nothing is changed then.
        OutboxError: the outbox cannot be written. It is written down all the same.
    """
    record(standing.lake, [event])
    with Outbox() as outbox:
        if event.event == "closed":
            outbox.drop(standing.alert.ids)
        with outbox.transaction():
            outbox.put(_incidents(alerting, standing, event))


def _incidents(alerting: Alerting, standing: Standing, event: AlertEvent) -> Iterator[Delivery]:
    alert = standing.alert
    for notifier, route in routed(alerting, alert.detection, alert.severity):
        if notifier.type == KEEPS_INCIDENTS and notifier.label in standing.told:
            made = delivery_of(alert, route, notifier, number=1, why=event.event, now=event.at, text=event.reason)
            # It is no notification of the alert, and is not counted or remembered as one.
            identity = f"{alert.alert_id}.{event.event}.{event.at:%Y%m%d%H%M%S}"
            yield replace(made, alert_id=identity, table="", lake="")


def done(standing: Standing, what: str, at: datetime, by: str, *, verdict: str = "", reason: str = "") -> AlertEvent:
    """That somebody did something about an alert."""
    alert = standing.alert
    return AlertEvent(
        alert_id=alert.alert_id,
        event=what,
        at=at,
        detection=alert.detection,
        dedupe_key=alert.dedupe_key,
        table=alert.table,
        collection=alert.collection,
        severity=alert.severity,
        verdict=verdict,
        reason=reason,
        by=by,
    )
