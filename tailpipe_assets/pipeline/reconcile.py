"""Reconciling: how often a source that tells what is new is listed from end to end all the same.

Messages expire, go astray, or were never sent of what lay there before. So the first run lists, then one a day, and
sooner after one that could not get everything, or when something else is asked for.
"""

from __future__ import annotations

import time
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.listing import Listing
from tailpipe_resources.errors import LakeError
from tailpipe_resources.lake.delta import open_table
from tailpipe_resources.lake.listed import Listed, last_listed, note_listed
from tailpipe_resources.model.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_assets.pipeline.resources import Resources

EVERY = 24 * 3600.0
"""Seconds from one listing to the next."""

AGAIN = 3600.0
"""The same where something listed was not delivered."""


def seconds_left(ready: Plan, resources: Resources) -> float:
    """For how long a collection can do without a listing. In doubt it cannot."""
    try:
        last = last_listed(resources.lake(ready.collection.destination), *ready.collection.key)
    except LakeError:
        return 0.0
    age = 0.0 if last is None else time.time() - last.at
    if last is None or last.asked != asked(ready) or age < 0:
        return 0.0
    return (AGAIN if last.left else EVERY) - age


def due(plans: Iterable[Plan], resources: Resources) -> list[Plan]:
    """The collections whose source is to be listed."""
    return [each for each in plans if seconds_left(each, resources) <= 0]


def note(plans: Sequence[Plan], began: float, resources: Resources, left: Iterable[str] = ()) -> None:
    """Remember that a source was listed from end to end for these collections; forgotten, it is listed again.

    Args:
        plans: the collections.
        began: when, in Unix seconds.
        resources: how to get at lakes.
        left: the streams of those that did not get everything.
    """
    for each in plans:
        lake = resources.lake(each.collection.destination)
        with suppress(LakeError):
            if open_table(lake, each.collection.table_stored) is not None:
                note_listed(lake, *each.collection.key, Listed(began, asked(each), each.collection.stream in left))


def asked(ready: Plan) -> str:
    """What a collection asks of which source, in few letters: others once that has changed."""
    source = ready.collection.source
    said = (source.type, repr(source.options), Listing.of(ready, Window()))
    return blake2b(repr(said).encode(), digest_size=16).hexdigest()
