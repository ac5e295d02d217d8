"""How far a sorted listing may leap over names whose dates nobody asked for."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from tailpipe_resources.sources.layout_time import TIME_GROUPS

if TYPE_CHECKING:
    import re

    from tailpipe_resources.model.window import Window
    from tailpipe_resources.sources.layout_time import Span


def leap(found: re.Match[str], told: Span, window: Window) -> str | None:
    """A name; between it and the one that was found nothing is selected. None when nobody knows one.

    A date of four, two and two digits sorts as text, and all names between two that begin alike begin so too. So the
    layout must begin with plain text and such a date, and names are taken to write their dates alike.

    Args:
        found: a file's name, matched by a layout.
        told: the time it tells of.
        window: what is selected.
    """
    name = found.string
    spans = [found.span(each) for each in TIME_GROUPS[:3]]
    if [end - start for start, end in spans] != [4, 2, 2]:
        return None
    (begin, year), (month, after_month), (day, after_day) = spans
    between = (name[year:month], name[after_month:day])
    target = _target(told, window, is_padded="0" in {name[month], name[day]})
    if target is None:
        return None
    leapt = f"{name[:begin]}{target.year:04}{between[0]}{target.month:02}{between[1]}{target.day:02}"
    return leapt if leapt > name[:after_day] else None


def _target(told: Span, window: Window, *, is_padded: bool) -> date | None:
    """The day to leap to."""
    if told.start is None or told.end is None:
        return None
    if window.start is not None and told.end <= window.start and window.start.date() > date.min:
        # The day before: what is asked for is all that follows a name, without the name itself.
        return window.start.date() - timedelta(days=1)
    # Where 9 is not written 09, some of what happened before follows in a listing.
    return date.max if window.end is not None and window.end <= told.start and is_padded else None
