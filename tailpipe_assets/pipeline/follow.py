"""Following: collecting again and again in one process, so that rows can be asked for seconds after they were written.

A round asks each source what there is, and collects only for those that want some of it. Nothing is locked in between,
so that others collect, compact and delete as they like. What goes wrong is told once and tried again, ever less often.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.collect import DEFAULT, EVERYTHING, collect
from tailpipe_assets.pipeline.draining import is_for_notices
from tailpipe_assets.pipeline.failures import STOPPING, in_our_words
from tailpipe_assets.pipeline.listing import by_source
from tailpipe_assets.pipeline.news import News
from tailpipe_assets.pipeline.notices import Notices, are_all, inbox_of
from tailpipe_assets.pipeline.reconcile import due
from tailpipe_assets.pipeline.tidying import FILES, Tidying
from tailpipe_assets.pipeline.wanting import CollectOptions
from tailpipe_resources.errors import BusyError, CommitConflictError, TailpipeError
from tailpipe_resources.model.results import CollectResult, OnEvent, ignore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_assets.pipeline.resources import Resources
    from tailpipe_resources.model.window import Window

PAUSE = 1.0
"""Seconds from collecting files of this machine to the next look at them: a busy log is not to be many small files."""

PAUSE_WHILE_QUIET = 0.5
"""The same after a look at which nothing was new: the first line after a pause is not to wait."""

PAUSE_ELSEWHERE = 30.0
"""The same for sources whose listing is a request that may cost money."""

SHARE = 4.0
"""A source that takes long to list is left alone for so many times as long."""

LONGEST_REST = 60.0
"""Seconds until a collection that failed is tried again, at most."""

LONGEST_WAIT = 2.0
"""The same for one that another run holds."""

REMEMBERED = 60.0
"""Seconds from one question to lakes when a source that tells what is new was last listed, to the next."""

LONG_HELD = 15
"""So many times in a row a collection may be held by another run before that is told."""


@dataclass(slots=True)
class _Trouble:
    """A collection that does not get on."""

    said: str = ""
    """What was told of it; nothing yet."""

    times: int = 0
    until: float = 0.0


@dataclass(slots=True)
class _Feed:
    """A source and the collections it feeds."""

    plans: tuple[Plan, ...]
    due: float = 0.0
    notices: Notices | None = None
    """What it says is new, where all that it feeds is followed."""

    listed_until: float = 0.0
    """Until when nobody asks whether it is to be listed all the same."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How to follow."""

    window: Window = EVERYTHING
    options: CollectOptions = field(default_factory=CollectOptions)
    pause: float | None = None
    """Seconds from one look at a source to the next; by the kind of source when not given."""

    compact_after: int | None = FILES
    """So many files may a collection have written before its days are compacted; None leaves that to others."""


class Follower:
    """Collections that are kept up with."""

    def __init__(
        self,
        plans: Sequence[Plan],
        manner: Manner,
        *,
        resources: Resources = DEFAULT,
        on_event: OnEvent = ignore,
        tell: Callable[[str], None] = lambda _: None,
        stopped: Callable[[], bool] = lambda: False,
        run: str = "",
    ) -> None:
        """Reach nothing yet.

        Args:
            plans: the collections.
            manner: how to follow them.
            resources: how to get at sources, lakes and DuckDB; each is got once.
            on_event: told of progress.
            tell: told, a sentence each, what goes wrong and when that is over.
            stopped: asked from time to time; once true, what is staged is committed and the round ends.
            run: names it in the ledger, for people.
        """
        self._manner = manner
        self._options = replace(manner.options, patient=True)
        self._given = resources
        self._on_event = on_event
        self._tell = tell
        self._stopped = stopped
        self._run = run
        self._troubles: dict[tuple[str, str], _Trouble] = {}
        self._told: set[str] = set()
        self._tidying = Tidying(resources, manner.compact_after, tell)
        self.use(plans)

    def use(self, plans: Sequence[Plan]) -> None:
        """Follow these from now on."""
        self._resources = self._given.kept()
        self._news = News(self._manner.window, self._options, self._resources)
        self._feeds = [self._feed(tuple(those)) for those in by_source(plans).values()]

    def round(self) -> tuple[CollectResult, ...]:
        """Look at every source whose time has come, and collect what is new. Only what was new is in the results."""
        results: list[CollectResult] = []
        for feed in self._feeds:
            if time.monotonic() >= feed.due and not self._stopped():
                results += self._look(feed)
        return tuple(results)

    @property
    def pause(self) -> float:
        """Seconds until the next round has something to do."""
        return max(0.0, min((feed.due for feed in self._feeds), default=0.0) - time.monotonic())

    @property
    def failing(self) -> tuple[str, ...]:
        """The collections that do not get on, by name."""
        return tuple(".".join(key) for key, trouble in self._troubles.items() if trouble.said)

    def end(self) -> None:
        """Wait for what goes on beside the rounds, which is asked to stop."""
        self._tidying.end()

    def _feed(self, plans: tuple[Plan, ...]) -> _Feed:
        inbox = None
        if is_for_notices(self._manner.window, self._options) and are_all(plans):
            # What cannot be had is told when it is asked.
            with suppress(*STOPPING):
                inbox = inbox_of(plans, self._resources)
        if inbox is None:
            return _Feed(plans)
        return _Feed(plans, notices=Notices(inbox, plans, self._resources, self._news))

    def _look(self, feed: _Feed) -> list[CollectResult]:
        plans = [each for each in feed.plans if not self._rests(each)]
        if feed.notices is None:
            results = self._listed(feed, plans)
        else:
            results = [*self._reconciled(feed, plans), *self._noticed(feed, plans, feed.notices)]
        return [each for each in results if self._is_news(each)]

    def _listed(self, feed: _Feed, plans: Sequence[Plan]) -> Sequence[CollectResult]:
        """What listing a source brings for these."""
        began = time.monotonic()
        wanting = self._wanting(plans, self._resources)
        taken = time.monotonic() - began
        results = self._collected(wanting, self._resources) if wanting and not self._stopped() else ()
        feed.due = time.monotonic() + max(self._pause_of(feed, was_quiet=not wanting), SHARE * taken)
        return results

    def _reconciled(self, feed: _Feed, plans: Sequence[Plan]) -> Sequence[CollectResult]:
        """What listing a source brings that tells what is new, for those of them for whom that is due."""
        if time.monotonic() < feed.listed_until:
            return ()
        wanting = due(plans, self._resources)
        results = self._collected(wanting, self._resources) if wanting else ()
        feed.listed_until = time.monotonic() + REMEMBERED
        return results

    def _noticed(self, feed: _Feed, plans: Sequence[Plan], notices: Notices) -> Sequence[CollectResult]:
        """What a source says is new brings for these."""
        results: Sequence[CollectResult] = ()
        feed.due = time.monotonic() + (self._manner.pause or 0.0 if plans else PAUSE)
        try:
            if plans and not self._stopped() and notices.take(self._stopped):
                wanting = self._wanting(plans, notices.resources)
                results = self._collected(wanting, notices.resources) if wanting else ()
                notices.settle()
        except STOPPING as error:
            results = _failed(plans, results, in_our_words(error))
        for note in notices.notes:
            self._tell_once(note)
        return results

    def _wanting(self, plans: Sequence[Plan], resources: Resources) -> Sequence[Plan]:
        try:
            return self._news.wanting(plans, resources) if plans else ()
        except STOPPING:
            # Collecting meets the same, and says whose it is.
            return plans

    def _collected(self, plans: Sequence[Plan], resources: Resources) -> tuple[CollectResult, ...]:
        results = collect(
            plans,
            self._manner.window,
            options=self._options,
            resources=resources,
            on_event=self._on_event,
            stopped=self._stopped,
            run=self._run,
        )
        for each, result in zip(plans, results, strict=True):
            self._tidying.note(each, result.files)
        return results

    def _is_news(self, result: CollectResult) -> bool:
        """Take in how a collection got on, and say whether anything came of it."""
        name = f"{result.table}.{result.collection}"
        for note in result.notes:
            self._tell_once(f"{name}: {note}")
        fresh = [each for each in result.faults if each.status != "failed" or self._news.not_delivered(each.location)]
        for each in fresh:
            self._tell(f"{name}: {each.status}: {each.location}: {each.reason}")
        if result.failure is None:
            trouble = self._troubles.pop((result.table, result.collection), None)
            if trouble is not None and trouble.said:
                self._tell(f"{name}: goes on")
        else:
            self._rest(name, result)
        return bool(result.artifacts or result.rows or result.rejected or fresh)

    def _rest(self, name: str, result: CollectResult) -> None:
        """Leave a collection alone for a while, longer each time, and say why once."""
        trouble = self._troubles.setdefault((result.table, result.collection), _Trouble())
        trouble.times += 1
        is_passing = isinstance(result.failure, BusyError | CommitConflictError)
        longest = LONGEST_WAIT if is_passing else LONGEST_REST
        trouble.until = time.monotonic() + min(2.0 ** (trouble.times - 1) / 2, longest)
        said = str(result.failure)
        if said != trouble.said and (not is_passing or trouble.times >= LONG_HELD):
            trouble.said = said
            self._tell(f"{name}: {said}; it is tried again")

    def _rests(self, ready: Plan) -> bool:
        trouble = self._troubles.get(ready.collection.key)
        return trouble is not None and time.monotonic() < trouble.until

    def _tell_once(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self._tell(text)

    def _pause_of(self, feed: _Feed, *, was_quiet: bool) -> float:
        if self._manner.pause is not None:
            return self._manner.pause
        if feed.plans[0].collection.source.type != "file":
            return PAUSE_ELSEWHERE
        return PAUSE_WHILE_QUIET if was_quiet else PAUSE


def _failed(plans: Sequence[Plan], results: Sequence[CollectResult], failure: TailpipeError) -> Sequence[CollectResult]:
    """What was done for these before something stopped all of them."""
    done = {(each.table, each.collection): each for each in results}
    found = (done.get(each.collection.key) or CollectResult(*each.collection.key) for each in plans)
    return [replace(each, failure=each.failure or failure) for each in found]
