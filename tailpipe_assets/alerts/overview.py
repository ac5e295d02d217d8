"""All alerts and how they stand, for people who look at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailpipe_assets.alerts.grouping import alerts_of
from tailpipe_assets.alerts.message import moment, query_of, run_url, show_of
from tailpipe_assets.alerts.outbox import Outbox
from tailpipe_assets.alerts.reconcile import closed_at, done_by_alert, is_acknowledged
from tailpipe_assets.alerts.stored import StoredAlerts
from tailpipe_resources.config.outline import Outline
from tailpipe_resources.errors import UsageError
from tailpipe_resources.lake import open_lake

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from typing import Any

    from tailpipe_assets.alerts.outbox import Delivery
    from tailpipe_resources.lake import Lake
    from tailpipe_resources.model.alert import Alert, AlertEvent
    from tailpipe_resources.model.config import Config

STATES = ("open", "acknowledged", "closed")


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert and how it stands."""

    alert: Alert
    events: tuple[AlertEvent, ...]
    """What was done about it, oldest first."""

    deliveries: tuple[Delivery, ...]
    """What is in the outbox of it."""

    lake: Lake

    @property
    def state(self) -> str:
        """`open`, `acknowledged` or `closed`. What goes on after it was closed is open again."""
        closed = closed_at(self.events)
        if closed is not None and self.alert.last_seen <= closed:
            return "closed"
        return "acknowledged" if is_acknowledged(self.events) else "open"

    @property
    def told(self) -> tuple[str, ...]:
        """Whom it was told to."""
        sent = [each.notifier for each in self.events if each.event == "sent"]
        return tuple(dict.fromkeys([*sent, *(each.notifier for each in self.deliveries if each.state == "sent")]))

    @property
    def waiting(self) -> tuple[str, ...]:
        """Whom it is still to be told to."""
        return tuple(dict.fromkeys(each.notifier for each in self.deliveries if each.state in {"pending", "folded"}))

    @property
    def dead(self) -> tuple[str, ...]:
        """Whom it could not be told to."""
        return tuple(dict.fromkeys(each.notifier for each in self.deliveries if each.state == "dead"))

    def to_json(self) -> dict[str, Any]:
        """Everything about it."""
        alert = self.alert
        return {
            "alert": alert.alert_id,
            "state": self.state,
            "severity": str(alert.severity),
            "title": alert.title,
            "detection": alert.detection,
            "key": alert.dedupe_key,
            "table": alert.table,
            "collection": alert.collection,
            "actors": list(alert.actors),
            "source_ips": list(alert.source_ips),
            "resources": list(alert.resources),
            "rows": alert.count,
            "findings": alert.findings,
            "first_seen": moment(alert.first_seen),
            "last_seen": moment(alert.last_seen),
            "told": list(self.told),
            "waiting": list(self.waiting),
            "dead": list(self.dead),
            "mitre": list(alert.mitre),
            "authors": list(alert.authors),
            "finding_ids": list(alert.finding_ids),
            "show": show_of(alert),
            "query": query_of(alert),
            "run_url": run_url(alert.run_id),
            "events": [_told(each) for each in self.events],
        }


def standings(config: Config, since: datetime | None = None) -> tuple[Standing, ...]:
    """The alerts of all lakes, the newest first.

    Args:
        config: where the lakes are.
        since: only what was found since then.

    Raises:
        LakeError: a lake cannot be read.
    """
    with Outbox() as outbox:
        deliveries = _by_alert(outbox.all("pending", "folded", "sent", "dead"))
    found = [
        standing for lake in map(open_lake, Outline.of(config).lakes) for standing in _in_lake(lake, since, deliveries)
    ]
    return tuple(sorted(found, key=lambda each: each.alert.last_seen, reverse=True))


def _in_lake(lake: Lake, since: datetime | None, deliveries: dict[str, list[Delivery]]) -> list[Standing]:
    with StoredAlerts(lake) as stored:
        events = stored.events()
        alerts = alerts_of(lake.root, stored.findings(since), events)
    done = done_by_alert(events)
    return [
        Standing(
            alert=each,
            events=tuple(
                sorted((event for name in each.ids for event in done.get(name, ())), key=lambda event: event.at)
            ),
            deliveries=tuple(one for name in each.ids for one in deliveries.get(name, ())),
            lake=lake,
        )
        for each in alerts
    ]


def one_of(found: Sequence[Standing], name: str) -> Standing:
    """The alert that an id, or how one begins, means.

    Raises:
        UsageError: it means none, or several.
    """
    meant = [each for each in found if any(identity.startswith(name) for identity in each.alert.ids)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise UsageError(f"several alerts begin with {name}: {', '.join(each.alert.alert_id for each in meant)}")
    raise UsageError(f"no alert is called {name}; tailpipe alert list shows which there are")


def _by_alert(deliveries: Iterable[Delivery]) -> dict[str, list[Delivery]]:
    found: dict[str, list[Delivery]] = {}
    for each in deliveries:
        found.setdefault(each.alert_id, []).append(each)
    return found


def _told(event: AlertEvent) -> dict[str, Any]:
    facts = {
        "event": event.event,
        "time": moment(event.at),
        "notifier": event.notifier,
        "number": event.number,
        "verdict": event.verdict,
        "reason": event.reason,
        "by": event.by,
    }
    return {name: value for name, value in facts.items() if value}
