"""`hold` blocks, and retention."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from tailpipe_resources.config.blocks import From, HoldAttributes
from tailpipe_resources.config.reading import Reading
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.hold import Hold
from tailpipe_resources.model.retention import Retention, parse_retention
from tailpipe_resources.model.selector import Selector
from tailpipe_resources.model.window import Window

if TYPE_CHECKING:
    from tailpipe_resources.config.context import Context
    from tailpipe_resources.config.syntax import Block

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def hold(block: Block, context: Context) -> Hold | None:
    """A `hold` block. It may be about a collection that is configured no more."""
    name = block.labels[0]
    if not context.declare(("hold", name), block):
        return None
    reading = Reading(block, context, [HoldAttributes, From])
    attributes, since = reading.checked(HoldAttributes), reading.checked(From)
    if attributes is None or since is None:
        return None
    before = len(context.problems)
    window = window_of(getattr(since, "from"), attributes.to, reading, context)
    if window.start is not None and window.end is not None and window.start >= window.end:
        context.problems.add(reading.place("to"), f'{block.title}: "from" is not before "to"; nothing would be held')
    selector = Selector(attributes.collection)
    _check_selector(selector, reading, context)
    if not attributes.reason.strip():
        context.problems.add(reading.place("reason"), f'{block.title}: "reason" is empty; say why rows must stay')
    if len(context.problems) > before:
        return None
    return Hold(name, block.place, selector, attributes.reason.strip(), window)


def window_of(
    start: str | None,
    end: str | None,
    reading: Reading,
    context: Context,
    *,
    names: tuple[str, str] = ("from", "to"),
) -> Window:
    """What `from` and `to`, or two other attributes, say; a date alone in the latter includes that day."""
    first, last = names
    until = instant(end, last, reading, context)
    if until is not None and end is not None and _DATE.fullmatch(end):
        until = until if until.date() == date.max else until + timedelta(days=1)
    return Window(instant(start, first, reading, context), until)


def retention_of(text: str | None, reading: Reading, context: Context, name: str = "retention") -> Retention | None:
    """What `retention`, or another attribute of its kind, says; None, and perhaps a problem, when nothing."""
    if text is None:
        return None
    try:
        return parse_retention(text)
    except UsageError:
        units = "units: d days, W weeks, m months, Y years"
        message = f'"{name}" {reading.shown(name, text)} is not a length of time; write 90d ({units})'
        context.problems.add(reading.place(name), message)
        return None


def instant(text: str | None, name: str, reading: Reading, context: Context) -> datetime | None:
    """A time, UTC unless it says otherwise; None, and perhaps a problem, when there is none."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        message = f'"{name}" {reading.shown(name, text)} is not a time; write 2024-02-07 or 2024-02-07T13:00:00Z'
        context.problems.add(reading.place(name), message)
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _check_selector(selector: Selector, reading: Reading, context: Context) -> None:
    place = reading.place("collection")
    if not selector.pattern:
        context.problems.add(place, '"collection" is empty; write table.collection, or "*" for all')
    elif selector.pattern.split(".")[0] == "custom":
        message = '"custom" is not the name of a table; write the "table_name" of the collection, as in my_table.web'
        context.problems.add(place, message)
