"""Artifacts: the things a source lists."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

GENERATION = r"^g\d+:"
"""How versions begin of a file that was begun afresh in its place: a regular expression, for SQL too."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """One thing a source can deliver whole: a file or an object."""

    location: str
    """Names it for ever: a path, `s3://bucket/key`, or an account and a day. Shown as `tp_source_location`."""

    version: str
    """Changes whenever its content may have: an object's version id, else its etag and size; a file's size and time."""

    size: int
    """Bytes as stored, before unpacking."""

    time: datetime | None = None
    """The instant it is dated by, UTC: from its layout, else the object's own time. None qualifies for every window."""

    fields: Mapping[str, str] = field(default_factory=dict)
    """What the layout captured beside the time, such as `account_id`."""

    written: float | None = None
    """For a file that others may be writing to: when they last did, in Unix seconds. Its stream can then seek."""

    is_asked: bool = False
    """Whether it is what an API has about a span of time, which its source is asked for; its size is not known then."""


def generation_of(version: str) -> int:
    """How often, up to a version that was collected, the file had been begun afresh in its place."""
    found = re.match(GENERATION, version)
    return int(found[0][1:-1]) if found else 0


def generation_mark(generation: int) -> str:
    """How versions of that generation begin."""
    return f"g{generation}:" if generation else ""
