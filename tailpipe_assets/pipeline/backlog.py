"""Backlog: what sources have that the ledgers of their collections do not. Nothing is fetched, and no lock is held."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.listing import Listing, Own, merged
from tailpipe_assets.pipeline.resources import Resources
from tailpipe_assets.pipeline.wanting import CollectOptions
from tailpipe_resources.lake.ledger import newest_ledger
from tailpipe_resources.model.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date

    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_resources.errors import SourceError
    from tailpipe_resources.lake.known import Known
    from tailpipe_resources.model.artifact import Artifact

EVERYTHING = Window()
NORMAL = CollectOptions()
DEFAULT = Resources()


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for one collection."""

    table: str
    collection: str
    listed: int = 0
    """Artifacts there are in the window."""

    artifacts: int = 0
    """Those of them that were not collected, or not as they are now."""

    bytes: int = 0
    """Their size as stored. Of a file that grows all of it counts."""

    dated: frozenset[date] = frozenset()
    """The UTC days they are dated by; those without a time of their own have none."""

    newest: datetime | None = None
    """The time of the newest artifact listed: of its layout, or when it was last written to. Not known of days that an
    API is asked for."""

    is_sized: bool = True
    """Whether `bytes` counts all that waits; what an API will answer has no size yet."""

    changes: int = 0
    """Something else whenever what waits has changed, for artifacts whose size and time do not tell."""

    complete: bool = True
    """Whether all of the window was looked at."""

    failure: SourceError | None = None
    """Why the listing broke off."""

    def having(self, artifact: Artifact, *, wanted: bool) -> Backlog:
        """The same with an artifact more."""
        newest = max(filter(None, (self.newest, _when(artifact))), default=None)
        day = artifact.time.date() if wanted and artifact.time is not None else None
        dated = self.dated if day is None or day in self.dated else self.dated | {day}
        sized = self.is_sized and not artifact.is_asked
        found = replace(self, listed=self.listed + 1, newest=newest, is_sized=sized, dated=dated)
        if not wanted:
            return found
        changes = found.changes ^ _sign(artifact) if artifact.is_asked else found.changes
        return replace(found, artifacts=self.artifacts + 1, bytes=self.bytes + artifact.size, changes=changes)

    @property
    def days(self) -> int:
        """How many days they are dated by."""
        return len(self.dated)


def backlog(
    plans: Sequence[Plan],
    window: Window = EVERYTHING,
    *,
    options: CollectOptions = NORMAL,
    resources: Resources = DEFAULT,
    enough: Callable[[], bool] = lambda: False,
) -> tuple[Backlog, ...]:
    """What waits for collections of one source, by the rule that collecting goes by.

    Args:
        plans: the collections.
        window: which artifacts, by their time; look-back reaches before it.
        options: by which rule artifacts are wanted.
        resources: how to get at the source and the lakes.
        enough: asked after each artifact; once true, the listing ends and is not complete.

    Returns:
        One a plan, in their order.

    Raises:
        LakeError: a lake or a ledger cannot be read.
    """
    known = {
        each.collection.stream: newest_ledger(
            resources.lake(each.collection.destination), *each.collection.key
        ).state.known
        for each in plans
    }
    found = {each.collection.stream: Backlog(*each.collection.key) for each in plans}

    def broke(ready: Plan, error: SourceError) -> None:
        stream = ready.collection.stream
        found[stream] = replace(found[stream], complete=False, failure=error)

    for artifact, those in compared(plans, window, known, options=options, resources=resources, broke=broke):
        for stream, wanted in those.items():
            found[stream] = found[stream].having(artifact, wanted=wanted)
        if enough():
            return tuple(replace(each, complete=False) for each in found.values())
    return tuple(found.values())


def why_none(ready: Plan, window: Window, resources: Resources = DEFAULT) -> str:
    """Why the source has nothing for a collection, in words; empty where it cannot tell."""
    return Listing.of(ready, window).why_empty(resources.source(ready.collection.source))


def compared(
    plans: Sequence[Plan],
    window: Window,
    known: Mapping[str, Mapping[str, Known]],
    *,
    options: CollectOptions = NORMAL,
    resources: Resources,
    broke: Callable[[Plan, SourceError], None],
) -> Iterator[tuple[Artifact, dict[str, bool]]]:
    """Each artifact of a source but our own files, and whether it is wanted, for every stream that has it listed.

    Args:
        plans: the collections, all of one source.
        window: which artifacts, by their time; look-back reaches before it.
        known: what each stream's ledger holds.
        options: by which rule artifacts are wanted.
        resources: how to get at the source and the lakes.
        broke: told of each collection whose listing breaks off; the others go on.
    """
    listings: dict[Listing, list[Plan]] = {}
    for each in plans:
        listings.setdefault(Listing.of(each, window), []).append(each)

    def broken(listing: Listing, error: SourceError) -> None:
        for each in listings[listing]:
            broke(each, error)

    source = resources.source(plans[0].collection.source)
    own = Own(resources.lake(each.collection.destination) for each in plans)
    for artifact, those in merged(source, listings, broken):
        if artifact.location not in own:
            streams = [each.collection.stream for listing in those for each in listings[listing]]
            yield artifact, {each: options.wants(known[each].get(artifact.location), artifact) for each in streams}


def _sign(artifact: Artifact) -> int:
    said = f"{artifact.location}\n{artifact.version}".encode()
    return int.from_bytes(blake2b(said, digest_size=8).digest(), "big")


def _when(artifact: Artifact) -> datetime | None:
    if artifact.is_asked:
        return None
    if artifact.time is not None or artifact.written is None:
        return artifact.time
    return datetime.fromtimestamp(artifact.written, UTC)
