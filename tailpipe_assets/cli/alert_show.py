"""`alert show`: everything about one alert."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_assets.cli.configured import read_config
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import print_facts, print_json, print_rows

if TYPE_CHECKING:
    import argparse

_EVENT = ("time", "event", "notifier", "verdict", "reason", "by")
_LONG = {"events", "show", "query", "finding_ids"}


def run(args: argparse.Namespace) -> int:
    """Write one alert."""
    from tailpipe_assets.alerts.overview import one_of, standings

    facts = one_of(standings(read_config(args)), args.names[0]).to_json()
    if args.output == "json":
        print_json(facts)
        return Exit.OK
    print_facts({name: value for name, value in facts.items() if value and name not in _LONG})
    if facts["events"]:
        print()
        print_rows([{name: each.get(name, "") for name in _EVENT} for each in facts["events"]], _EVENT)
    print(f"\nfindings: {', '.join(facts['finding_ids'])}")
    commands = [facts[name] for name in ("show", "query") if facts[name]]
    if commands:
        print("\nTo see more:", *commands, sep="\n  ")
    return Exit.OK
