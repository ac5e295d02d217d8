"""`alert ack`: somebody is at it."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tailpipe_assets.cli.configured import read_config
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import print_json

if TYPE_CHECKING:
    import argparse


def run(args: argparse.Namespace) -> int:
    """Write down who acknowledged alerts."""
    from tailpipe_assets.alerts.acting import done, note_done
    from tailpipe_assets.alerts.overview import one_of, standings

    config = read_config(args)
    found = standings(config)
    chosen = [one_of(found, name) for name in args.names]
    for each in chosen:
        note_done(config.alerting, each, done(each, "acknowledged", datetime.now(UTC), args.by or user()))
    if args.output == "json":
        print_json([{"alert": each.alert.alert_id, "state": "acknowledged"} for each in chosen])
    else:
        for each in chosen:
            print(f"{each.alert.alert_id} acknowledged: {each.alert.title}")
    return Exit.OK


def user() -> str:
    """Who is at the keyboard, as far as the system knows."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
