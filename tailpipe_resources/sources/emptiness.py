"""Why a listing is empty, found out from the first names that are there at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from tailpipe_resources.model.window import Window
    from tailpipe_resources.sources.layout import Layout

MOST: Final = 1000
"""So many names are looked at."""

_TIME = "is of the time that is asked for"


@dataclass(frozen=True, slots=True)
class Name:
    """A file or object that is there."""

    path: str
    """As prefixes and layouts see it."""

    root: str
    """The part of it where layouts begin; ends in `/`, or is empty."""

    location: str
    time: datetime | None = None
    """What it is dated by where there is no layout; None qualifies for every window."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What was to be listed; see `Source.artifacts`."""

    window: Window
    prefix: str
    layout: Layout | None
    exclude: str | None


def why_empty(names: Iterable[Name], sought: Sought, noun: str) -> str:
    """What every name lacks, with one as an example; nothing when some lack nothing.

    Args:
        names: what there is, wanted or not; one at least.
        sought: what was to be listed.
        noun: what they are, such as `file`.
    """
    there = list(islice(names, MOST))
    for said, is_met in _tests(sought):
        left = [name for name in there if is_met(name)]
        if not left:
            count = f"the first {MOST:,}" if len(there) == MOST else f"{len(there):,}"
            time = _time(there[0], sought.layout) if said == _TIME else None
            dated = "" if time is None else f" of {time:%Y-%m-%d}"
            return f"no {noun} {said} ({count} looked at, such as {there[0].location}{dated})"
        there = left
    return ""


def _tests(sought: Sought) -> Iterable[tuple[str, Callable[[Name], bool]]]:
    layout, window = sought.layout, sought.window
    if sought.prefix:
        yield f"begins with the prefix {sought.prefix}", lambda name: name.path.startswith(sought.prefix)
    if layout is not None:
        yield f'has the layout "{layout.pattern}"', lambda name: layout.match(name.path, name.root) is not None
    if sought.exclude is not None:
        excluded = re.compile(sought.exclude)
        yield "is of the kind that the table holds", lambda name: excluded.search(name.path) is None

    yield _TIME, lambda name: _is_within(window, name, layout)


def _is_within(window: Window, name: Name, layout: Layout | None) -> bool:
    match = None if layout is None else layout.match(name.path, name.root)
    if match is not None and match.start is not None:
        return match.span.meets(window)
    return name.time is None or name.time in window


def _time(name: Name, layout: Layout | None) -> datetime | None:
    match = None if layout is None else layout.match(name.path, name.root)
    return name.time if match is None else match.start or name.time
