"""`alert close`: what it was, and what keeps it from coming again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tailpipe_assets.cli.alert_ack import user
from tailpipe_assets.cli.configured import read_config
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import print_json
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.alert import VERDICTS

if TYPE_CHECKING:
    import argparse


def run(args: argparse.Namespace) -> int:
    """Write down why alerts were closed, and print the blocks to paste."""
    from tailpipe_assets.alerts.acting import done, note_done
    from tailpipe_assets.alerts.exceptions import exception_block
    from tailpipe_assets.alerts.overview import one_of, standings

    if args.verdict is None:
        raise UsageError(f"close needs --as; what was it: {', '.join(VERDICTS[:-1])} or {VERDICTS[-1]}?")
    if not (args.reason or "").strip():
        raise UsageError("close needs --reason; whoever meets it again will want to know")
    config, now = read_config(args), datetime.now(UTC)
    found = standings(config)
    chosen = [one_of(found, name) for name in args.names]
    reason = args.reason.strip()
    for each in chosen:
        event = done(each, "closed", now, args.by or user(), verdict=args.verdict, reason=reason)
        note_done(config.alerting, each, event)
    was_attack = args.verdict == "true_positive"
    blocks = ["" if was_attack else exception_block(each.alert, reason, now.date()) for each in chosen]
    if args.output == "json":
        print_json(
            [
                {"alert": each.alert.alert_id, "state": "closed", "exception": block or None}
                for each, block in zip(chosen, blocks, strict=True)
            ]
        )
        return Exit.OK
    for each, block in zip(chosen, blocks, strict=True):
        print(f"# {each.alert.alert_id} closed as {args.verdict}: {' '.join(each.alert.title.split())}")
        if block:
            print(f"# To keep it from coming again, narrow this down and paste it:\n{block}")
    return Exit.OK
