"""Delivering what is due: the one function that the command line, the follower and Dagster call."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from tailpipe_assets.alerts.digest import fold_floods
from tailpipe_assets.alerts.health import Condition, note, tell_conditions
from tailpipe_assets.alerts.heartbeat import beat
from tailpipe_assets.alerts.looking import look_after
from tailpipe_assets.alerts.message import LESS_TO_DO
from tailpipe_assets.alerts.outbox import Delivery, Outbox
from tailpipe_assets.alerts.reconcile import reconcile
from tailpipe_assets.alerts.recording import record
from tailpipe_assets.alerts.sending import send
from tailpipe_assets.alerts.stored import StoredAlerts
from tailpipe_assets.alerts.turn import turn
from tailpipe_assets.alerts.undelivered import Undelivered
from tailpipe_resources.config.outline import Outline
from tailpipe_resources.errors import LakeError, OutboxError, QueryError
from tailpipe_resources.lake import open_lake
from tailpipe_resources.model.alert import AlertEvent
from tailpipe_resources.model.home import alerts_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tailpipe_resources.lake import Lake
    from tailpipe_resources.model.alerting import Alerting, Notifier
    from tailpipe_resources.model.config import Config, Destination

BUDGET_SECONDS = 20.0
ATTEMPTS = 30
"""After so many a notification is given up, about ten hours after the first; `tailpipe alert status` shows it."""

FIRST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 1800.0
UNREACHABLE = 2
"""A receiver that cannot be reached so often in a row is left alone until the next time."""

_SENT_HERE: dict[tuple[str, tuple[str, str, int]], Delivery] = {}
"""What this process has sent and could not mark, because the disk is full, by outbox: it is not sent all over again."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How to deliver."""

    budget: float = BUDGET_SECONDS
    """Seconds after which nothing more is begun."""

    patience: float = 0.0
    """Seconds to wait for another process that delivers."""

    lake: Callable[[Destination], Lake] = open_lake
    first_pause: float = FIRST_PAUSE_SECONDS
    attempts: int = ATTEMPTS


@dataclass(slots=True)
class Delivered:
    """What one round of delivering did."""

    put: int = 0
    """Notifications that are new."""

    sent: int = 0
    failed: int = 0
    """Attempts that failed."""

    left: int = 0
    """Notifications that are still to be delivered, now or later."""

    dead: int = 0
    troubles: list[str] = field(default_factory=list)
    """What else went wrong, a sentence each."""


USUAL = Manner()


def deliver_due(config: Config, manner: Manner = USUAL) -> Delivered:
    """Tell whom the configuration says of everything that is due: alerts, health, and the heartbeat.

    Findings are read from the lakes, so it makes no difference who wrote them. What fails is tried again by the next
    call. It may be called at any time and from any process of this machine.

    Raises:
        BusyError: another process of this machine delivers right now.
        OutboxError: the outbox cannot be used; nothing is lost.
    """
    told = Delivered()
    if config.alerting.is_silent:
        return told
    with turn(manner.patience), Outbox() as outbox:
        _Round(config, manner, outbox, told).go()
    return told


class _Round:
    """One round."""

    def __init__(self, config: Config, manner: Manner, outbox: Outbox, told: Delivered) -> None:
        self._config = config
        self._alerting: Alerting = config.alerting
        self._manner = manner
        self._outbox = outbox
        self._told = told
        self._home = str(alerts_folder())
        self._deadline = time.monotonic() + manner.budget
        self._lakes = {lake.root: lake for lake in map(manner.lake, Outline.of(config).lakes)}
        self._marked: set[tuple[str, str, int]] = set()
        """What this round has sent: that cannot be written down yet."""

    def go(self) -> None:
        # What an earlier round sent is written down first, while there is time for it.
        for (home, _), each in list(_SENT_HERE.items()):
            if home == self._home:
                self._mark(each)
        self._record()
        for lake in self._lakes.values():
            self._reconcile(lake)
        now = datetime.now(UTC)
        look_after(self._outbox, self._config, self._manner.lake, now)
        tell_conditions(self._outbox, self._alerting, now)
        fold_floods(self._outbox, self._alerting, time.time())
        self._send()
        self._record()
        self._outbox.forget_old(time.time())
        counts = self._outbox.counts()
        self._told.left, self._told.dead = counts.get("pending", 0) + counts.get("folded", 0), counts.get("dead", 0)
        if self._alerting.heartbeat is not None and not self._told.troubles:
            beat(self._outbox, self._alerting.heartbeat, now)

    def _reconcile(self, lake: Lake) -> None:
        try:
            self._told.put += reconcile(self._outbox, self._alerting, lake, datetime.now(UTC))
        except (LakeError, QueryError, OSError) as error:
            self._told.troubles.append(f"the findings of {lake.root} cannot be read: {error}")
            note(self._outbox, [Condition("lake", lake.root, str(error))], datetime.now(UTC))
        else:
            note(self._outbox, [Condition("lake", lake.root)], datetime.now(UTC))

    def _send(self) -> None:
        due = [each for each in self._outbox.due(time.time()) if (self._home, each.identity) not in _SENT_HERE]
        now = self._in_order(due)
        by_notifier: dict[str, list[Delivery]] = {}
        for each in now:
            by_notifier.setdefault(each.notifier, []).append(each)
        known = [(found, those) for name, those in by_notifier.items() if (found := self._alerting.notifier(name))]
        if not known:
            return
        before = self._told.sent
        # One slow receiver does not hold up the others.
        with ThreadPoolExecutor(max_workers=len(known)) as pool:
            for sent, failed in pool.map(lambda each: self._send_all(*each), known):
                self._told.sent += sent
                self._told.failed += failed
        if len(now) < len(due) and self._told.sent > before:
            self._send()

    def _in_order(self, due: Sequence[Delivery]) -> list[Delivery]:
        """Without what ends an incident that is not opened yet: it would stay open."""
        if not any(each.message.why in LESS_TO_DO for each in due):
            return list(due)
        pending = self._outbox.all("pending")
        opening = {(each.alert_id, each.notifier) for each in pending if each.message.why not in LESS_TO_DO}
        return [each for each in due if each.message.why not in LESS_TO_DO or each.identity[:2] not in opening]

    def _send_all(self, notifier: Notifier, those: Sequence[Delivery]) -> tuple[int, int]:
        sent = failed = unreachable = 0
        for each in those:
            if time.monotonic() >= self._deadline or unreachable >= UNREACHABLE:
                break
            try:
                send(notifier, each.message)
            except Undelivered as error:
                failed += 1
                unreachable = unreachable + 1 if error.is_unreachable else 0
                self._failed(each, error)
                if error.retry_after:
                    self._outbox.hold(each.notifier, time.time() + error.retry_after)
                    break
            else:
                sent, unreachable = sent + 1, 0
                self._mark(each)
        return sent, failed

    def _failed(self, one: Delivery, error: Undelivered) -> None:
        pause = min(self._manner.first_pause * 2**one.attempts, LONGEST_PAUSE_SECONDS)
        wait = max(error.retry_after or 0.0, pause * random.uniform(0.5, 1.0))  # noqa: S311 - only to spread attempts
        given_up = one.attempts + 1 >= self._manner.attempts
        self._outbox.failed(one, error.reason, None if given_up else time.time() + wait)

    def _mark(self, one: Delivery) -> None:
        try:
            self._outbox.sent(one, time.time())
        except OutboxError as error:
            _SENT_HERE[self._home, one.identity] = one
            self._told.troubles.append(str(error))
        else:
            _SENT_HERE.pop((self._home, one.identity), None)
            self._marked.add(one.identity)

    def _record(self) -> None:
        """Write down in the lakes what was sent."""
        unwritten = sorted(self._outbox.unrecorded(), key=lambda each: each.lake)
        for place, those in groupby(unwritten, key=lambda each: each.lake):
            lake = self._lakes.get(place)
            if lake is not None:
                self._record_in(lake, list(those))

    def _record_in(self, lake: Lake, those: Sequence[Delivery]) -> None:
        try:
            written = self._written(lake, those)
            record(lake, (_event(each) for each in those if each.identity not in written))
        except (LakeError, QueryError, OSError) as error:
            self._told.troubles.append(f"what was sent could not be written down in {lake.root}: {error}")
        else:
            self._outbox.recorded(those)

    def _written(self, lake: Lake, those: Sequence[Delivery]) -> set[tuple[str, str, int]]:
        """Which of them an earlier round, that came to no end, has written down already."""
        if self._marked.issuperset(each.identity for each in those):
            return set()
        with StoredAlerts(lake) as stored:
            return {(each.alert_id, each.notifier, each.number) for each in stored.events()}


def _event(one: Delivery) -> AlertEvent:
    return AlertEvent(
        alert_id=one.alert_id,
        event="sent",
        at=datetime.fromtimestamp(one.done or time.time(), UTC),
        detection=one.detection,
        dedupe_key=one.dedupe_key,
        table=one.table,
        collection=one.collection,
        severity=one.severity,
        notifier=one.notifier,
        number=one.number,
    )
