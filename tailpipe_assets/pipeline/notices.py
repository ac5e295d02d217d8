"""Notices: what a source says is new, taken in batches, and acknowledged once every ledger has what it should have.

A notice is a hint where to look, and nothing more. What it names is looked at as it is now and compared with the
ledgers like anything that was listed, so notices that come twice, late or in another order do nothing. Those that no
ledger has an answer to yet are left: whoever takes them next, after a crash too, finds them again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tailpipe_resources.errors import LakeError
from tailpipe_resources.sources.base import Notified

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tailpipe_assets.pipeline.news import News
    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_assets.pipeline.resources import Resources
    from tailpipe_resources.sources.base import Inbox, Notice

MOST: Final = 2000
"""So many notices are in hand at once."""

MOST_BYTES: Final = 1 << 30
"""About so much is read for one batch of them, which takes a minute or two."""

GATHER_SECONDS: Final = 3.0
"""A batch is gathered for so long at most."""

WAIT: Final = 1
"""Seconds to wait for the first notice of a batch."""

HOLD: Final = 300
"""Seconds until somebody else may take what we took and did not acknowledge; longer than a batch takes."""

FAULTS_TOLD: Final = 3
"""Of so many messages a batch that are not for us is told."""

KEEP: Final = 240.0
"""Seconds until we leave it to them."""


def inbox_of(plans: Sequence[Plan], resources: Resources) -> Inbox | None:
    """Where the source of these collections is told what is new; None where it is not.

    Raises:
        SourceError: the source cannot be had.
    """
    source = resources.source(plans[0].collection.source)
    return source.inbox() if isinstance(source, Notified) else None


def are_all(plans: Sequence[Plan]) -> bool:
    """Whether these are all that their source feeds, so that nobody else needs what it is told."""
    return {each.collection.stream for each in plans} >= plans[0].siblings


def waiting(plans: Sequence[Plan], resources: Resources) -> int | None:
    """About how many notices wait for the collections of one source; None where it is not told what is new.

    Raises:
        SourceError: it cannot be asked.
    """
    inbox = inbox_of(plans, resources)
    return None if inbox is None else inbox.waiting()


@dataclass(slots=True)
class _Held:
    """A notice in hand."""

    notice: Notice
    until: float
    """Until when, by the monotonic clock."""


class Notices:
    """The notices of one source, for all collections it feeds."""

    def __init__(self, inbox: Inbox, plans: Sequence[Plan], resources: Resources, news: News) -> None:
        """Reach nothing yet.

        Args:
            inbox: where they come from.
            plans: all collections that the source feeds.
            resources: how to get at lakes and DuckDB.
            news: what the collections hold.
        """
        self._inbox = inbox
        self._plans = tuple(plans)
        self._given = resources
        self._news = news
        self._held: dict[str, _Held] = {}
        self._bytes = 0
        self.resources = resources
        """How to get at the source as if it had nothing but what the notices in hand name."""

        self.is_more = False
        """Whether more may wait than was taken."""

        self.notes: list[str] = []
        """What is worth telling of those that were taken last."""

    def take(self, stopped: Callable[[], bool], *, wait: int = WAIT, hold: int = HOLD) -> bool:
        """Take what waits, as far as that is not too much at once. Whether any notice is in hand then.

        Args:
            stopped: asked from time to time.
            wait: seconds to wait for the first.
            hold: for so many seconds nobody else gets them.

        Raises:
            SourceError: the inbox cannot be read.
        """
        began, taken = time.monotonic(), 0
        kept = [each for each in self._held.values() if began < each.until]
        self._held, self._bytes, self.is_more = {}, 0, True
        for each in kept:
            self._add([each.notice], each.until)
        while not stopped() and not self._is_full(began):
            found = self._inbox.receive(0 if taken else wait, hold)
            fresh = [each for each in found if hold or each.name not in self._held]
            if not fresh:
                self.is_more = False
                break
            taken += len(fresh)
            self._add(fresh, began + KEEP)
        self.notes = self._faults()
        hints = [hint for each in self._held.values() for hint in each.notice.hints]
        narrowed = self._inbox.only(hints)
        self.resources = replace(self._given, source=lambda _: narrowed)
        return bool(self._held)

    def wanting(self, plans: Sequence[Plan]) -> list[Plan]:
        """Of these collections, those that want something of what the notices in hand name.

        Raises:
            LakeError: a lake cannot be read.
        """
        return self._news.wanting(plans, self.resources)

    def settle(self) -> int:
        """Acknowledge the notices whose artifacts every collection has that wants them. How many those are.

        None where a lake cannot be read; who collects into it tells why.

        Raises:
            SourceError: it cannot be told what is still wanted, or notices cannot be acknowledged.
        """
        try:
            wanted = self._news.unsettled(self._plans, self.resources)
        except LakeError:
            return 0
        done = [
            each.notice
            for each in self._held.values()
            if not each.notice.fault and not any(hint.location in wanted for hint in each.notice.hints)
        ]
        self._inbox.acknowledge(done)
        for each in done:
            del self._held[each.name]
        # What is not for us is somebody else's to find.
        self._held = {name: each for name, each in self._held.items() if not each.notice.fault}
        return len(done)

    @property
    def in_hand(self) -> int:
        """How many were taken and not acknowledged."""
        return len(self._held)

    def _is_full(self, began: float) -> bool:
        is_late = time.monotonic() - began > GATHER_SECONDS
        return is_late or len(self._held) >= MOST or self._bytes >= MOST_BYTES

    def _add(self, notices: Sequence[Notice], until: float) -> None:
        self._held.update((each.name, _Held(each, until)) for each in notices)
        self._bytes += sum(hint.size for each in notices for hint in each.hints)

    def _faults(self) -> list[str]:
        """What is told of the first few that are not for us: the same each time, so that it is told once."""
        faulty = [each.notice for each in self._held.values() if each.notice.fault]
        return [
            f"{self._inbox.subject}: message {each.name}: {each.fault}; it is left there for a dead-letter queue"
            for each in faulty[:FAULTS_TOLD]
        ]
