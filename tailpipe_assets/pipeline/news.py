"""News: which collections of a source have something to collect, found out without their locks."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.listing import Listing, Own, merged
from tailpipe_resources.errors import LakeDamagedError
from tailpipe_resources.lake.delta import head, open_table
from tailpipe_resources.lake.ledger import read_ledger

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_assets.pipeline.resources import Resources
    from tailpipe_assets.pipeline.scan import CollectOptions
    from tailpipe_resources.errors import SourceError
    from tailpipe_resources.lake import Lake
    from tailpipe_resources.lake.known import Known
    from tailpipe_resources.model.window import Window

LONGEST_REST = 60.0
"""Seconds until an artifact that was not delivered is asked for again, at most."""


@dataclass(frozen=True, slots=True)
class _Held:
    """What a collection has, as of a head of its stream."""

    head: int | None
    known: Mapping[str, Known]


class News:
    """Compares what sources list with what ledgers hold. A ledger is read again only after a commit to its stream."""

    def __init__(self, window: Window, options: CollectOptions, resources: Resources) -> None:
        self._window = window
        self._options = options
        self._resources = resources
        self._held: dict[tuple[str, str], _Held] = {}
        self._resting: dict[str, tuple[int, float]] = {}
        """Artifacts that were not delivered: how often, and until when they are left alone."""

    def wanting(self, plans: Sequence[Plan]) -> list[Plan]:
        """Of collections of one source, those that want something of it, and those whose listing breaks off."""
        source = self._resources.source(plans[0].collection.source)
        found: dict[str, Plan] = {}
        listings: dict[Listing, list[Plan]] = {}
        for each in plans:
            listings.setdefault(Listing.of(each, self._window), []).append(each)
        lakes = {each.collection.stream: self._lake(each) for each in plans}
        known = {each.collection.stream: self._known(each, lakes[each.collection.stream]) for each in plans}
        own, now = Own(lakes.values()), time.monotonic()

        def broke(listing: Listing, _: SourceError) -> None:
            found.update({each.collection.stream: each for each in listings[listing]})

        for artifact, those in merged(source, listings, broke):
            for each in (each for listing in those for each in listings[listing]):
                stream = each.collection.stream
                is_wanted = stream not in found and self._options.wants(known[stream].get(artifact.location), artifact)
                if is_wanted and artifact.location not in own and not self._rests(artifact.location, now):
                    found[stream] = each
            if len(found) == len(plans):
                break
        return [each for each in plans if each.collection.stream in found]

    def not_delivered(self, location: str) -> bool:
        """Leave an artifact alone for a while, longer each time. Whether this is the first time."""
        times, _ = self._resting.get(location, (0, 0.0))
        self._resting[location] = (times + 1, time.monotonic() + min(2.0**times, LONGEST_REST))
        return not times

    def _rests(self, location: str, now: float) -> bool:
        return location in self._resting and now < self._resting[location][1]

    def _lake(self, ready: Plan) -> Lake:
        return self._resources.lake(ready.collection.destination)

    def _known(self, ready: Plan, lake: Lake) -> Mapping[str, Known]:
        """What a collection has. Who commits meanwhile makes this look old, and it is read again next time."""
        collection = ready.collection
        held = self._held.get(collection.key)
        at = head(open_table(lake, collection.table_stored), collection.stream)
        if held is None or held.head != at:
            try:
                state = read_ledger(lake, lake.stream(*collection.key), at).state
            except LakeDamagedError:
                # Somebody prunes it at this moment, or collecting will say what is wrong with it.
                return {}
            held = self._held[collection.key] = _Held(at, state.known)
        return held.known
