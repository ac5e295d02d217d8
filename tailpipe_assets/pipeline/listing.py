"""Listing: what collections of one source ask it to list, and the answers as one.

Collections that want the same of a source share a listing. Several listings of a source are walked side by side in the
order of locations, so that an artifact which several of them have comes by once. That holds one artifact a listing,
however much there is, and asks the source for nothing twice; listings that have nothing in common follow each other as
they would alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tailpipe_resources.config.paths import absolute
from tailpipe_resources.errors import SourceError
from tailpipe_resources.model.home import home
from tailpipe_resources.sources.base import Explaining

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_resources.lake import Lake
    from tailpipe_resources.model.artifact import Artifact
    from tailpipe_resources.model.window import Window
    from tailpipe_resources.sources.base import Source


def by_source(plans: Iterable[Plan]) -> dict[str, list[Plan]]:
    """Plans by the address of their source, whose listing they can share; both in their order."""
    groups: dict[str, list[Plan]] = {}
    for each in plans:
        groups.setdefault(each.collection.source.address, []).append(each)
    return groups


OWN_FOLDERS = ("cache", "dagster")
"""What Tailpipe keeps in its home beside what users put there."""


class Own:
    """The files of some lakes and Tailpipe's own, which may lie in a source's folder by accident."""

    def __init__(self, lakes: Iterable[Lake]) -> None:
        self._folders = tuple(f"{absolute(str(home() / name))}/" for name in OWN_FOLDERS)
        self._lakes = tuple({each.root: each for each in lakes}.values())

    def __contains__(self, location: str) -> bool:
        """Whether an artifact is one of them."""
        return location.startswith(self._folders) or any(lake.owns(location) for lake in self._lakes)


@dataclass(frozen=True, slots=True)
class Listing:
    """What is asked of a source. Equal for collections that can share the answer."""

    window: Window
    prefix: str | None
    layout: str | None
    exclude: str | None

    @classmethod
    def of(cls, ready: Plan, window: Window, *, overwrite: bool = False) -> Listing:
        """What a collection asks for.

        Args:
            ready: the collection.
            window: which artifacts, by their time.
            overwrite: leave out what came late before the window.
        """
        collection = ready.collection
        if not overwrite:
            window = window.earlier(collection.lookback)
        if collection.start is not None and (window.start is None or window.start < collection.start):
            window = replace(window, start=collection.start)
        return cls(window, collection.prefix, ready.layout, ready.table.exclude)

    def artifacts(self, source: Source) -> Iterator[Artifact]:
        """The answer.

        Raises:
            SourceError: the source cannot be listed.
        """
        return source.artifacts(self.window, prefix=self.prefix, layout=self.layout, exclude=self.exclude)

    def why_empty(self, source: Source) -> str:
        """Why there is no answer, in words; empty where the source cannot tell."""
        if not isinstance(source, Explaining):
            return ""
        try:
            return source.why_empty(self.window, prefix=self.prefix, layout=self.layout, exclude=self.exclude)
        except SourceError:
            return ""


def merged(
    source: Source, listings: Iterable[Listing], broke: Callable[[Listing, SourceError], None]
) -> Iterator[tuple[Artifact, tuple[Listing, ...]]]:
    """Each artifact with all the listings that have it.

    Where a source does not list in the order of locations, an artifact may come more than once, each time with other
    listings: it is then fetched again, and none is left out.

    Args:
        source: whose artifacts.
        listings: each different from the others.
        broke: told when a listing breaks off; the others go on.
    """
    coming = {each: _until_broken(each, source, broke) for each in listings}
    heads = {each: first for each, artifacts in coming.items() if (first := next(artifacts, None)) is not None}
    while heads:
        least = min(heads.values(), key=_location)
        found = tuple(each for each, head in heads.items() if _is_same(head, least))
        yield least, found
        for each in found:
            following = next(coming[each], None)
            if following is None:
                del heads[each]
            else:
                heads[each] = following


def _until_broken(
    listing: Listing, source: Source, broke: Callable[[Listing, SourceError], None]
) -> Iterator[Artifact]:
    try:
        yield from listing.artifacts(source)
    except SourceError as error:
        broke(listing, error)


def _location(artifact: Artifact) -> str:
    return artifact.location


def _is_same(one: Artifact, other: Artifact) -> bool:
    return (one.location, one.version) == (other.location, other.version)
