"""`threshold` and `dedupe` blocks of detections."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from tailpipe_resources.config.detection_blocks import DedupeAttributes, ThresholdAttributes
from tailpipe_resources.config.reading import Reading
from tailpipe_resources.model.detection import HOUR, Dedupe, Threshold

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailpipe_resources.config.context import Context
    from tailpipe_resources.config.syntax import Block

_DURATION = re.compile(r"(\d{1,6})(s|m|h|d)")
_WORDS = re.compile(r"(\d{1,6})\s*(s|m|h|d)[a-z]*", re.IGNORECASE)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
LONGEST = timedelta(days=31)


def duration(text: str | None, name: str, block: Block, reading: Reading, context: Context) -> timedelta | None:
    """A length of time such as `10m`; None, and perhaps a problem, when there is none.

    Args:
        text: what was written.
        name: the attribute, after the block it is in where that is a nested one.
        block: the detection.
        reading: the block that holds the attribute.
        context: receives problems.
    """
    if text is None:
        return None
    found = _DURATION.fullmatch(text)
    span = timedelta() if found is None else timedelta(**{_UNITS[found[2]]: int(found[1])})
    if timedelta() < span <= LONGEST:
        return span
    words = _WORDS.fullmatch(text.strip())
    advice = f"{words[1]}{words[2].lower()}" if words and span == timedelta() else "10m, 1h or 7d"
    what = f"is longer than {LONGEST.days}d" if span > LONGEST else f"is not a duration; write {advice}"
    subject = ".".join((block.type, *block.labels))
    shown = reading.shown(name.rpartition(".")[2], text)
    context.problems.add(reading.place(name.rpartition(".")[2]), f"{subject}: {name}: {shown} {what}")
    return None


def threshold_of(block: Block, context: Context) -> Threshold | None:
    """What a detection's `threshold` block says."""
    inner = _only(block, "threshold", context)
    if inner is None:
        return None
    reading = Reading(inner, context, [ThresholdAttributes])
    attributes = reading.checked(ThresholdAttributes)
    if attributes is None:
        return None

    def say(part: str, message: str) -> None:
        subject = ".".join((block.type, *block.labels))
        context.problems.add(reading.place(part), f"{subject}: threshold{message}")

    window = duration(attributes.window, "threshold.window", block, reading, context)
    said = [each for each in ("count", "distinct", "sum") if reading.says(each)]
    if len(said) != 1:
        say(said[1] if said else "", ": give exactly one of count, distinct, sum")
    elif said[0] == "count":
        _check_count(attributes, reading, say)
    elif attributes.min is None or attributes.min <= 0:
        say("min", f".min: {said[0]} needs a min above 0")
    least = attributes.min if attributes.min is not None else attributes.count or 0
    return Threshold(window or HOUR, attributes.group_by, attributes.count, attributes.distinct, attributes.sum, least)


def _check_count(attributes: ThresholdAttributes, reading: Reading, say: Callable[[str, str], None]) -> None:
    if attributes.count is not None and attributes.count < 2:
        say("count", f".count: must be 2 or more, not {attributes.count}; without a threshold every row is a finding")
    if reading.says("min"):
        say("min", ".min: goes with distinct or sum")


def dedupe_of(block: Block, context: Context) -> Dedupe:
    """What a detection's `dedupe` block says."""
    inner = _only(block, "dedupe", context)
    if inner is None:
        return Dedupe()
    reading = Reading(inner, context, [DedupeAttributes])
    attributes = reading.checked(DedupeAttributes)
    if attributes is None:
        return Dedupe()
    return Dedupe(attributes.by, duration(attributes.window, "dedupe.window", block, reading, context) or HOUR)


def _only(block: Block, kind: str, context: Context) -> Block | None:
    found = [each for each in block.blocks if each.type == kind]
    for each in found[1:]:
        subject = ".".join((block.type, *block.labels))
        context.problems.add(each.place, f"{subject}: has several {kind} blocks; the first is at {found[0].place}")
    return found[0] if found else None
