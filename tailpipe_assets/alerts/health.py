"""Watching the watcher: what is wrong with Tailpipe itself becomes an alert of kind `health`.

A condition is bad while it is noted to be, and over when it is noted not to be. It is told when it has been bad three
times in a row, or for ten minutes, or at once where it cannot heal by itself.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tailpipe_assets.alerts.reconcile import delivery_of, routed
from tailpipe_resources.errors import LakeFullError, SourceRefusedError
from tailpipe_resources.model.alert import Alert
from tailpipe_resources.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailpipe_assets.alerts.outbox import Outbox
    from tailpipe_assets.scheduled import DueResult
    from tailpipe_resources.model.alerting import Alerting
    from tailpipe_resources.model.results import CollectResult

_FAILING_RULES = "SELECT name FROM condition WHERE name LIKE 'detection %'"
FAILURES = 3
LONG_SECONDS = 600.0
HEALTH = "tailpipe"
"""How the addresses of what is told begin, in place of a table: `tailpipe.disk`, `tailpipe.collect`, ..."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that is right or wrong with Tailpipe."""

    kind: str
    """`collect`, `detection`, `disk`, `heartbeat`, `lake`, `quiet`, `run` or `sensor`."""

    about: str
    """Which one: `aws_cloudtrail_log.prod`, a path, ..."""

    trouble: str | None = None
    """What is wrong; nothing when None."""

    is_certain: bool = False
    """Whether it will not heal by itself."""

    attempt: str = ""
    """Identifies the attempt that met it, so that it counts once, whoever tells of it."""

    @property
    def name(self) -> str:
        """What tells it from others."""
        return f"{self.kind} {self.about}"


def note(outbox: Outbox, conditions: Iterable[Condition], now: datetime) -> None:
    """Remember how things are.

    Raises:
        OutboxError: the outbox cannot be written.
    """
    known = {row["name"]: row for row in outbox.rows("SELECT * FROM condition")}
    changed = [each for each in conditions if each.trouble is not None or each.name in known]
    if not changed:
        return
    with outbox.transaction():
        for each in changed:
            row = known.get(each.name)
            if each.trouble is None:
                _over(outbox, each.name)
            elif row is None or not (each.attempt and row["attempt"] == each.attempt):
                outbox.run(
                    "INSERT OR REPLACE INTO condition (name, since, failures, text, attempt, is_certain) "
                    "VALUES (?, ?, ?, ?, ?, ?)",
                    each.name,
                    row["since"] if row else now.timestamp(),
                    row["failures"] + 1 if row else 1,
                    each.trouble,
                    each.attempt,
                    int(each.is_certain or bool(row and row["is_certain"])),
                )


def _over(outbox: Outbox, name: str) -> None:
    """It stays until whoever was told of it is told that it is over."""
    outbox.run("UPDATE condition SET failures = 0 WHERE name = ?", name)


def of_rules(outbox: Outbox, results: Iterable[CollectResult]) -> list[Condition]:
    """The detections that failed before and did not on the rows that came now."""
    names = [str(row["name"]).partition(" ")[2] for row in outbox.rows(_FAILING_RULES)]
    return [
        Condition("detection", name)
        for each in results
        if each.rows
        for name in names
        if name.endswith(f" on {each.table}.{each.collection}") and name.partition(" on ")[0] not in each.rule_faults
    ]


def of_results(results: Iterable[CollectResult], attempt: str) -> list[Condition]:
    """How collections are after they were collected, and detections that met their rows."""
    finished = [each for each in results if not each.cancelled]
    rules = [
        Condition("detection", f"{rule} on {each.table}.{each.collection}", fault, attempt=attempt)
        for each in finished
        for rule, fault in each.rule_faults.items()
    ]
    return rules + [
        Condition(
            "collect",
            f"{each.table}.{each.collection}",
            None if each.failure is None else str(each.failure),
            isinstance(each.failure, (SourceRefusedError, LakeFullError)),
            attempt,
        )
        for each in finished
    ]


def of_asked(asked: Iterable[DueResult]) -> list[Condition]:
    """How detections are that were asked by their schedules."""
    return [
        Condition("detection", each.name, each.failure or None, attempt="" if each.failed is None else str(each.failed))
        for each in asked
        if each.failure or each.windows
    ]


def tell_conditions(outbox: Outbox, alerting: Alerting, now: datetime) -> None:
    """Put what is wrong for long, and what is over, into the outbox.

    Raises:
        OutboxError: the outbox cannot be written.
    """
    rows = outbox.rows("SELECT * FROM condition ORDER BY since")
    if not rows:
        return
    with outbox.transaction():
        for row in rows:
            alert = _alert(row["name"], row["since"], now)
            if row["failures"] == 0:
                _put(outbox, alerting, alert, f"It is over. It was: {row['text']}", now, is_over=True)
                outbox.run("DELETE FROM condition WHERE name = ?", row["name"])
            elif is_told(row["failures"], row["since"], now, is_certain=bool(row["is_certain"])):
                _put(outbox, alerting, alert, row["text"], now)


def tell_once(outbox: Outbox, alerting: Alerting, condition: Condition, now: datetime) -> None:
    """Tell of something that happened once and is not looked at again, such as a run that failed.

    Raises:
        OutboxError: the outbox cannot be written.
    """
    alert = _alert(condition.name, 0.0, now)
    with outbox.transaction():
        _put(outbox, alerting, alert, condition.trouble or "", now)


def is_told(failures: int, since: float, now: datetime, *, is_certain: bool) -> bool:
    """Whether something has been wrong for long enough to be told, or will not heal by itself."""
    return is_certain or failures >= FAILURES or now.timestamp() - since >= LONG_SECONDS


_TITLES = {
    "collect": "{} cannot be collected",
    "detection": "The detection {} fails",
    "disk": "The disk of {} is nearly full",
    "heartbeat": "The heartbeat {} cannot be sent",
    "lake": "The lake {} cannot be read",
    "quiet": "{} has gone quiet",
    "run": "{} failed",
    "sensor": "The sensor {} fails",
}
ADDRESSES = tuple(f"{HEALTH}.{kind}" for kind in _TITLES)
"""What detections are called in alerts about Tailpipe itself."""


def _alert(name: str, since: float, now: datetime) -> Alert:
    kind, _, about = name.partition(" ")
    identity = f"h{hashlib.sha256(f'{name} {since}'.encode()).hexdigest()[:15]}"
    table, _, collection = about.partition(".") if kind in {"collect", "quiet"} else ("", "", "")
    begun = datetime.fromtimestamp(since, UTC) if since else now
    return Alert(
        alert_id=identity,
        ids=frozenset({identity}),
        lake="",
        detection=f"{HEALTH}.{kind}",
        dedupe_key=about,
        severity=Severity.HIGH,
        title=_TITLES.get(kind, "{}").format(about),
        table=table,
        collection=collection,
        first_seen=begun,
        last_seen=now,
        count=0,
        findings=0,
        finding_ids=(),
        tp_ids=(),
        created_at=now,
        kind="health",
    )


def _put(outbox: Outbox, alerting: Alerting, alert: Alert, text: str, now: datetime, *, is_over: bool = False) -> None:
    """One notification for each notifier; that it is over for those that were told of it."""
    before = outbox.of_alert(alert.ids)
    for notifier, route in routed(alerting, alert.detection, alert.severity):
        numbers = [each.number for each in before if each.notifier == notifier.label]
        last = max((each.created for each in before if each.notifier == notifier.label), default=0.0)
        if is_over and not numbers:
            continue
        again = route.renotify is not None and now - datetime.fromtimestamp(last, UTC) >= route.renotify
        if numbers and not is_over and not again:
            continue
        why = "over" if is_over else "goes on" if numbers else "new"
        number = max(numbers, default=0) + 1
        outbox.put([delivery_of(alert, route, notifier, number=number, why=why, now=now, text=text)])


def silence(last: datetime, allowed: timedelta, now: datetime) -> str | None:
    """What is said of a collection of which nothing came for longer than it may be; None when that is not so."""
    silent = now - last
    if silent <= allowed:
        return None
    return f"Nothing new since {last:%Y-%m-%d %H:%M} UTC. Is the source still written to, and does its schedule run?"
