"""`alert deliver`: tell the notifiers what is due, without a daemon."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from tailpipe_assets.cli.configured import read_config
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import print_json

if TYPE_CHECKING:
    import argparse

BUDGET_SECONDS = 600.0
"""Whoever types the command wants it done."""

PATIENCE_SECONDS = 30.0


def run(args: argparse.Namespace) -> int:
    """Deliver, and say what came of it."""
    from tailpipe_assets.alerts.delivery import Manner, deliver_due
    from tailpipe_assets.alerts.outbox import Outbox

    config = read_config(args)
    if config.alerting.is_silent:
        print("nobody is to be told: the configuration has no alert block", file=sys.stderr)
    if args.retry_dead:
        with Outbox() as outbox:
            outbox.revive()
    told = deliver_due(config, Manner(budget=BUDGET_SECONDS, patience=PATIENCE_SECONDS))
    facts = asdict(told)
    facts = {"new": facts.pop("put"), **facts}
    if args.output == "json":
        print_json(facts)
    else:
        print(
            f"{told.put} new, {told.sent} sent, {told.failed} attempts failed, {told.left} left, {told.dead} given up",
            file=sys.stderr,
        )
    for trouble in told.troubles:
        print(f"tailpipe: {trouble}", file=sys.stderr)
    if told.dead or told.troubles:
        return Exit.FAILED
    return Exit.SOURCE if told.failed else Exit.OK
