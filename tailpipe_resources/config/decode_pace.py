"""What makes a collection run by itself: `schedule`, `every`, `watch`, `follow`; and `expect_every`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_resources.config.cron import why_no_schedule
from tailpipe_resources.model.pace import Pace, cron_of, parse_interval

if TYPE_CHECKING:
    from datetime import timedelta

    from tailpipe_resources.config.blocks import PaceAttributes
    from tailpipe_resources.config.context import Context
    from tailpipe_resources.config.reading import Reading

_WAYS = ("schedule", "every", "watch", "follow")


def pace_of(attributes: PaceAttributes, reading: Reading, context: Context) -> Pace:
    """When a collection runs. What is wrong becomes a problem, and is left out."""
    said = [name for name in _WAYS if getattr(attributes, name)]
    for name in said[1:]:
        message = f'"{name}" and "{said[0]}" (line {reading.place(said[0]).line}) exclude each other; choose one'
        context.problems.add(reading.place(name), message)
    return Pace(
        cron=_schedule(attributes.schedule, reading, context) or _every(attributes.every, reading, context),
        watch=attributes.watch,
        follow=attributes.follow,
        expect_every=interval_of(attributes.expect_every, "expect_every", reading, context),
        compact=attributes.compact,
    )


def _schedule(text: str | None, reading: Reading, context: Context) -> str | None:
    if text is None:
        return None
    wrong = why_no_schedule(text, ', as in "*/10 * * * *"')
    if wrong is None:
        return " ".join(text.split())
    context.problems.add(reading.place("schedule"), f'"schedule" {reading.shown("schedule", text)} {wrong}')
    return None


def _every(text: str | None, reading: Reading, context: Context) -> str | None:
    span = interval_of(text, "every", reading, context)
    if span is None:
        return None
    try:
        return cron_of(span)
    except ValueError as error:
        context.problems.add(reading.place("every"), f'"every" cannot be {reading.shown("every", str(text))}; {error}')
        return None


def interval_of(text: str | None, name: str, reading: Reading, context: Context) -> timedelta | None:
    """The length of time an attribute says; None when it is not given, or after noting that it is none."""
    if text is None:
        return None
    try:
        return parse_interval(text)
    except ValueError as error:
        message = f'"{name}" {reading.shown(name, text)} is not a length of time; {error}'
        context.problems.add(reading.place(name), message)
        return None
