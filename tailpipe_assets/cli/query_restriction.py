"""`--from`, `--to`, `--index`, `--collection` and `--tz`, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_assets.cli.collect_window import window_of
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.window import zone_named
from tailpipe_resources.query.restriction import Restriction

if TYPE_CHECKING:
    import argparse
    from datetime import datetime, tzinfo


def restriction_of(args: argparse.Namespace, now: datetime, zone: tzinfo) -> Restriction:
    """What the flags leave to be seen.

    Raises:
        UsageError: a time cannot be read, or nothing could be inside.
    """
    return Restriction(window_of(args.start, args.end, now, zone), tuple(args.collection), tuple(args.index))


def zone_of(name: str) -> tzinfo:
    """A time zone.

    Raises:
        UsageError: there is none of that name.
    """
    zone = zone_named(name)
    if zone is None:
        raise UsageError(f'--tz "{name}" is no time zone; write one like Europe/Berlin or America/New_York')
    return zone
