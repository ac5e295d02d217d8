"""Layouts: where in the path of a file or object its time and other facts are written.

A layout is a grok pattern, matched folder by folder: no part of it reaches over a `/`, except one that says so with
`%{GREEDYDATA}`, `.*` or a `/` inside a pattern. One that begins with a plain folder name, such as `AWSLogs/...`, is
looked for below any other folders; one that begins with a pattern starts right below the root of the listing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from tailpipe_resources.sources.layout_pattern import Route, routes
from tailpipe_resources.sources.layout_skip import leap
from tailpipe_resources.sources.layout_time import TIME_GROUPS, Span, span

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping
    from datetime import datetime

    from tailpipe_resources.model.window import Window

_FOLDERS_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class LayoutMatch:
    """What a path says about its artifact."""

    span: Span
    """All the time it may hold: a whole day when the day is the finest that the path tells."""

    fields: Mapping[str, str]
    """What was captured beside the time."""

    @property
    def start(self) -> datetime | None:
        """The instant the artifact is dated by; None when the layout has no year."""
        return self.span.start


@dataclass(frozen=True, slots=True)
class Folder:
    """What a layout makes of a folder, given a window."""

    is_below_head: bool = True
    """Whether the name the layout begins with has been met, or it begins with none."""

    has_files: bool = False
    """Whether what lies directly in it may match and be selected."""

    has_folders: bool = True
    """Whether folders in it may lead to what matches and is selected."""

    is_wanted_whole: bool = False
    """Whether looking at those folders one by one would rule out nothing more."""

    @property
    def may_hold(self) -> bool:
        """Whether anything below may match and be selected."""
        return self.has_files or self.has_folders


@dataclass(frozen=True, slots=True)
class _Stand:
    """How far a folder's path has come on one route."""

    route: Route
    groups: Mapping[str, str] = field(default_factory=dict)
    at: int = 0
    """How many segments are matched."""

    rest: str = ""
    """What the tail has to match so far."""

    @property
    def left(self) -> int:
        """How many segments are still to match."""
        return len(self.route.segments) - self.at


class Layout:
    """One layout, ready to be matched. Safe to use from several threads."""

    def __init__(self, pattern: str, patterns: Mapping[str, str] | None = None) -> None:
        """Take a layout apart.

        Raises:
            ValueError: it is not a grok pattern.
        """
        self.pattern = pattern
        self._routes = routes(pattern, patterns)
        heads = {route.head for route in self._routes}
        self._head = heads.pop() if len(heads) == 1 else None
        self._stands = lru_cache(_FOLDERS_REMEMBERED)(self._follow)

    def match(self, path: str, root: str = "") -> LayoutMatch | None:
        """What the path says, or None when it is not of this layout.

        Args:
            path: the whole path or key.
            root: the part of it where the listing began; ends in `/`, or is empty.
        """
        cut = path.rfind("/") + 1
        for stand in self._stands(path[:cut], root) or ():
            groups = _finish(stand, path[cut:])
            times = None if groups is None else span(groups)
            if groups is not None and times is not None:
                return LayoutMatch(times, {name: text for name, text in groups.items() if name not in TIME_GROUPS})
        return None

    def leap(self, path: str, window: Window, root: str = "") -> str | None:
        """A path up to which nothing that follows this one in a sorted listing is selected; None when nobody knows."""
        route, cut = self._routes[0], path.rfind("/") + 1
        if len(self._routes) > 1 or route.tail is not None or not route.segments[-1].begins_with_date:
            return None
        for stand in self._stands(path[:cut], root) or ():
            found = _matched(stand, path[cut:]) if stand.left == 1 else None
            times = None if found is None else span({**stand.groups, **_told(found)})
            if found is not None and times is not None:
                name = leap(found, times, window)
                return None if name is None else f"{path[:cut]}{name}"
        return None

    def folder(self, path: str, window: Window, root: str = "") -> Folder:
        """What may lie below a folder; its path ends in `/`, or is empty."""
        stands = self._stands(path, root)
        if stands is None:
            return Folder(is_below_head=False)
        live = [stand for stand in stands if (times := span(stand.groups)) is not None and times.meets(window)]
        leading = [stand for stand in live if stand.left > 1 or stand.route.tail is not None]
        return Folder(
            has_files=any(stand.left == (0 if stand.route.tail else 1) for stand in live),
            has_folders=bool(leading),
            is_wanted_whole=bool(leading) and all(_is_wanted_whole(stand, window) for stand in leading),
        )

    def _follow(self, folder: str, root: str) -> tuple[_Stand, ...] | None:
        """Where each route stands after a folder; None while the head has not been met."""
        segments = folder.split("/")[:-1]
        starts = self._starts(segments, root.count("/"))
        if starts is None:
            return None
        walked = (_walk(route, segments[start:]) for start in starts for route in self._routes)
        return tuple(stand for stand in walked if stand is not None)

    def _starts(self, segments: list[str], in_root: int) -> list[int] | None:
        """The segments a match may begin at; the first `in_root` belong to the root."""
        if self._head is None:
            return [in_root]
        met = [index for index, segment in enumerate(segments[:in_root]) if segment == self._head]
        if met:
            return [*met, in_root]
        return [segments.index(self._head, in_root)] if self._head in segments[in_root:] else None


def _walk(route: Route, segments: list[str]) -> _Stand | None:
    stand: _Stand | None = _Stand(route)
    for segment in segments:
        if stand is None:
            break
        stand = _step(stand, segment)
    return stand


def _step(stand: _Stand, segment: str) -> _Stand | None:
    """One folder further, or None when the route does not lead there."""
    if stand.left == 0:
        return replace(stand, rest=f"{stand.rest}{segment}/")
    if stand.left == 1 and stand.route.tail is None:
        return None
    found = stand.route.segments[stand.at].expression.fullmatch(segment)
    return None if found is None else replace(stand, at=stand.at + 1, groups={**stand.groups, **_told(found)})


def _finish(stand: _Stand, base: str) -> dict[str, str] | None:
    """All groups, when the last part of the path completes the route."""
    tail = stand.route.tail
    if stand.left != (0 if tail else 1):
        return None
    found = tail.fullmatch(stand.rest + base) if tail else _matched(stand, base)
    return None if found is None else {**stand.groups, **_told(found)}


def _matched(stand: _Stand, base: str) -> re.Match[str] | None:
    """The file's name, when it is what the last segment says."""
    return stand.route.segments[-1].expression.fullmatch(base)


def _told(found: re.Match[str]) -> dict[str, str]:
    return {name: text for name, text in found.groupdict().items() if text is not None}


def _is_wanted_whole(stand: _Stand, window: Window) -> bool:
    if stand.left == 0:
        return True
    times = span(stand.groups)
    folders = stand.route.segments[stand.at : None if stand.route.tail else -1]
    return times is not None and times.is_inside(window) and not any(segment.is_name for segment in folders)
