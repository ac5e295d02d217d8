"""News: which collections of a source have something to collect, found out without their locks."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.backlog import compared
from tailpipe_assets.pipeline.wanting import is_version
from tailpipe_resources.errors import LakeDamagedError
from tailpipe_resources.lake.delta import head, open_table
from tailpipe_resources.lake.ledger import read_ledger

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_assets.pipeline.resources import Resources
    from tailpipe_assets.pipeline.wanting import CollectOptions
    from tailpipe_resources.errors import SourceError
    from tailpipe_resources.lake.known import Known
    from tailpipe_resources.model.artifact import Artifact
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

    def wanting(self, plans: Sequence[Plan], resources: Resources | None = None) -> list[Plan]:
        """Of collections of one source, those that want something of it, and those whose listing breaks off.

        Args:
            plans: the collections.
            resources: how to get at the source, where not as usual.
        """
        found: set[str] = set()
        known = {each.collection.stream: self._known(each) for each in plans}
        now = time.monotonic()

        def broke(ready: Plan, _: SourceError) -> None:
            found.add(ready.collection.stream)

        chosen = resources or self._resources
        looked = compared(plans, self._window, known, options=self._options, resources=chosen, broke=broke)
        for artifact, those in looked:
            if not self._rests(artifact.location, now):
                found.update(stream for stream, wanted in those.items() if wanted)
            if len(found) == len(plans):
                break
        return [each for each in plans if each.collection.stream in found]

    def unsettled(self, plans: Sequence[Plan], resources: Resources) -> set[str]:
        """The locations of what some of these collections still want, but for what they know to be gone.

        Args:
            plans: collections of one source.
            resources: how to get at the source.

        Raises:
            SourceError: it cannot be told.
            LakeError: a lake cannot be read.
        """
        known = {each.collection.stream: self._known(each) for each in plans}
        broken: list[SourceError] = []
        found: set[str] = set()

        def broke(_: Plan, error: SourceError) -> None:
            broken.append(error)

        looked = compared(plans, self._window, known, options=self._options, resources=resources, broke=broke)
        for artifact, those in looked:
            if any(wanted and not _is_gone(known[each], artifact) for each, wanted in those.items()):
                found.add(artifact.location)
        if broken:
            raise broken[0]
        return found

    def not_delivered(self, location: str) -> bool:
        """Leave an artifact alone for a while, longer each time. Whether this is the first time."""
        times, _ = self._resting.get(location, (0, 0.0))
        self._resting[location] = (times + 1, time.monotonic() + min(2.0**times, LONGEST_REST))
        return not times

    def _rests(self, location: str, now: float) -> bool:
        return location in self._resting and now < self._resting[location][1]

    def _known(self, ready: Plan) -> Mapping[str, Known]:
        """What a collection has. Who commits meanwhile makes this look old, and it is read again next time."""
        collection = ready.collection
        lake = self._resources.lake(collection.destination)
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


def _is_gone(known: Mapping[str, Known], artifact: Artifact) -> bool:
    """Whether it was found to be gone as it was listed."""
    held = known.get(artifact.location)
    return held is not None and held.status == "gone" and is_version(held, artifact)
