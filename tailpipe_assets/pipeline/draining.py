"""Draining: collecting by what a source says is new, and listing it only when that is due."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline import reconcile
from tailpipe_assets.pipeline.backlog import EVERYTHING, NORMAL, Backlog, backlog
from tailpipe_assets.pipeline.failures import STOPPING, in_our_words
from tailpipe_assets.pipeline.news import News
from tailpipe_assets.pipeline.notices import WAIT, Notices, are_all, inbox_of
from tailpipe_resources.model.results import CollectResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_assets.pipeline.resources import Resources
    from tailpipe_assets.pipeline.wanting import CollectOptions
    from tailpipe_resources.errors import TailpipeError
    from tailpipe_resources.model.window import Window
    from tailpipe_resources.sources.base import Inbox


@dataclass(frozen=True, slots=True)
class Way:
    """How a source is gone over."""

    resources: Resources
    options: CollectOptions
    stopped: Callable[[], bool]
    passes: Callable[[Sequence[Plan], Resources], Mapping[str, CollectResult]]
    """Goes over it, and gives the results by stream."""


def is_for_notices(window: Window, options: CollectOptions) -> bool:
    """Whether only what is new is asked for. Who names a window, or wants something again, has the source listed."""
    return window == EVERYTHING and not (options.overwrite or options.salvage or options.retry_quarantined)


def collect_new(plans: Sequence[Plan], way: Way) -> Mapping[str, CollectResult]:
    """Bring in what is new for collections of one source: by its notices where it has some, else by listing it."""
    try:
        inbox = inbox_of(plans, way.resources)
    except STOPPING:
        inbox = None  # Going over it meets the same, and says whose it is.
    if inbox is None:
        return way.passes(plans, way.resources)
    is_told = are_all(plans)
    results = _Results(plans)
    listed = reconcile.due(plans, way.resources) if is_told else plans
    if listed:
        began = time.time()
        results.add(way.passes(listed, way.resources).values())
        reconcile.note(results.sound(listed), began, way.resources, results.lacking)
    if is_told:
        # What was listed just now need not be waited for.
        _drain(plans, inbox, way, results, wait=0 if listed else WAIT)
    return results.by_stream


@dataclass(frozen=True, slots=True)
class Glance:
    """What was seen of the notices that wait, without taking them from whoever collects."""

    found: tuple[Backlog, ...] = ()
    """What they name and the collections do not have; nothing where there is no such thing."""

    is_more: bool = False
    """Whether more wait than were looked at."""


def glance(plans: Sequence[Plan], inbox: Inbox, resources: Resources) -> Glance:
    """See what waits for all collections of a source. Notices of what they all have are acknowledged.

    Raises:
        SourceError: it cannot be looked at.
        LakeError: a lake cannot be read.
    """
    notices = Notices(inbox, plans, resources, News(EVERYTHING, NORMAL, resources))
    if notices.take(lambda: False, hold=0):
        notices.settle()
    if notices.in_hand:
        return Glance(backlog(plans, EVERYTHING, resources=notices.resources), notices.is_more)
    return Glance(is_more=notices.is_more)


def _drain(plans: Sequence[Plan], inbox: Inbox, way: Way, results: _Results, *, wait: int) -> None:
    """Take what waits, batch by batch, until nothing more does or nothing more can be done about it."""
    notices = Notices(inbox, plans, way.resources, News(EVERYTHING, way.options, way.resources))
    try:
        while (those := results.sound(plans)) and not way.stopped() and notices.take(way.stopped, wait=wait):
            results.tell(notices.notes)
            wanting = notices.wanting(those)
            if wanting:
                results.add(way.passes(wanting, notices.resources).values())
            if not notices.settle() or not notices.is_more:
                break
    except STOPPING as error:
        results.fail(in_our_words(error))


class _Results:
    """The results of several passes, as one a collection."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        self.by_stream = {each.collection.stream: CollectResult(*each.collection.key) for each in plans}

    @property
    def lacking(self) -> frozenset[str]:
        """The streams of those that did not get everything."""
        return frozenset(
            stream
            for stream, result in self.by_stream.items()
            if any(fault.status == "failed" for fault in result.faults)
        )

    def add(self, later: Iterable[CollectResult]) -> None:
        """A pass was made."""
        for each in later:
            stream = f"{each.table}/{each.collection}"
            self.by_stream[stream] = _both(self.by_stream[stream], each)

    def tell(self, notes: Sequence[str]) -> None:
        """Something is worth knowing, of the source and so of none of them in particular."""
        first = next(iter(self.by_stream))
        found = self.by_stream[first]
        self.by_stream[first] = replace(found, notes=tuple(dict.fromkeys((*found.notes, *notes))))

    def fail(self, failure: TailpipeError) -> None:
        """Nothing more can be done for any of them."""
        for stream, each in self.by_stream.items():
            self.by_stream[stream] = replace(each, failure=each.failure or failure)

    def sound(self, plans: Sequence[Plan]) -> list[Plan]:
        """Those of them that nothing has stopped."""
        found = [(each, self.by_stream[each.collection.stream]) for each in plans]
        return [each for each, result in found if result.failure is None and not result.cancelled]


def _both(one: CollectResult, other: CollectResult) -> CollectResult:
    """What two passes did that had nothing in common."""
    return replace(
        one.then(other),
        skipped=one.skipped + other.skipped,
        seconds=one.seconds + other.seconds,
        notes=tuple(dict.fromkeys((*one.notes, *other.notes))),
    )
