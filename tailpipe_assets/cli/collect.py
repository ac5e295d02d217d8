"""Collect logs: bring in every artifact that was not collected before, as rows of the lake.

Without a selector every enabled collection is collected. A selector is a collection, a table or table.collection;
shell wildcards work in it, and partition=NAME is another way to write it.

--from and --to choose artifacts by their time: 2024-02-07, 2024-02-07T13:00:00Z, or T-7d for seven days ago (units: Y
m W d H M). --from is included, --to is not, except that a date alone includes that whole day. Files without a time of
their own belong to every window. What arrived late is found: of the two days before --from, or as many as lookback says
in the configuration, artifacts that were not collected before are taken too; not with --overwrite. Ctrl-C commits what
is staged and leaves the rest for next time; pressed twice, it stops at once.

A source with sqs_queue_url is not listed each time: what its queue tells is collected. The first run, one a day, and
those with --from or --to list it all the same, and so does a run for only some of its collections.

--dry-run only lists: what would be collected, about how long it would take, and whether there is room for it.

--overwrite brings back rows that were deleted, and is refused where a hold of the configuration covers the window.

Each run is recorded in DAGSTER_HOME, else in $TAILPIPE_HOME/dagster, where Dagster's web UI finds it.

--follow keeps collecting until Ctrl-C or SIGTERM, which end it with exit code 0: for rows that can be asked for a
second or two after they were written. It looks at files every half second, or a second after something was new, and at
buckets every 30, or as --every says, and commits what a look finds. It holds no lock in between, compacts what it wrote
now and then, takes a configuration that changed once it is right, and tells what goes wrong once and tries again. To
Dagster it reports days, not runs.

Examples:
  tailpipe collect
  tailpipe collect aws_cloudtrail_log.production --from T-7d
  tailpipe collect 'http_*' --from 2024-02-01 --to 2024-02-07 --overwrite
  tailpipe collect partition=aws_cloudtrail_log --output json
  tailpipe collect 'http_*' --follow
  tailpipe collect --from T-30d --dry-run

json: {"collections": [{"collection", "rows", "filtered", "rejected", "artifacts", "skipped", "folded", "waiting",
"replaced", "records", "bytes_in", "bytes_out", "files", "seconds", "days": {day: rows}, "indexes": {index: rows},
"findings": {severity: count}, "suppressed", "rule_faults": {detection: reason}, "faults": [{"location", "status",
"reason"}], "failure", "notes", "cancelled"}]}. With --follow a line of this for each round with something new, and
"time" in it. With --dry-run {"collections": [{"collection", "listed", "artifacts", "bytes", "days", "requests",
"seconds", "stored_bytes", "free_bytes", "failure", "notices"}]}. The summary goes to stdout, everything else to stderr.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tailpipe_assets.cli.alert_after import deliver_after
from tailpipe_assets.cli.collect_selection import selected
from tailpipe_assets.cli.collect_summary import exit_code, print_summary
from tailpipe_assets.cli.collect_window import window_of
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.progress import board
from tailpipe_assets.cli.schedules import ask_after
from tailpipe_assets.cli.stopping import stoppable
from tailpipe_resources.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailpipe_assets.pipeline import CollectOptions, Plan
    from tailpipe_resources.model.results import CollectResult
    from tailpipe_resources.model.window import Window


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    parser.add_argument("selectors", nargs="*", metavar="SELECTOR", help="a collection, a table or table.collection")
    parser.add_argument("--from", dest="start", metavar="TIME", help="leave out artifacts from before this time")
    parser.add_argument("--to", dest="end", metavar="TIME", help="leave out artifacts from this time on")
    parser.add_argument(
        "--overwrite", action="store_true", help="read the window again and replace the rows of its artifacts"
    )
    parser.add_argument("--salvage", action="store_true", help="take what can be read of broken artifacts")
    parser.add_argument(
        "--retry-quarantined", action="store_true", help="try broken artifacts again that have not changed"
    )
    parser.add_argument("--output", choices=("pretty", "json"), default="pretty", help="how to write the summary")
    parser.add_argument(
        "--progress", action=argparse.BooleanOptionalAction, default=True, help="tell on stderr how far it is"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be collected")
    parser.add_argument("--no-record", action="store_true", help="keep no record of the run for Dagster's web UI")
    following = parser.add_argument_group("following")
    following.add_argument("--follow", action="store_true", help="keep collecting until stopped")
    following.add_argument("--followed", action="store_true", help="only collections that say follow = true")
    following.add_argument("--every", metavar="TIME", help="how often to look for something new: 1s, 500ms, 5m")
    following.add_argument("--no-compact", action="store_true", help="leave compacting to others")


def run(args: argparse.Namespace) -> int:
    """Collect what is selected, and say what was done."""
    window = window_of(args.start, args.end, datetime.now(UTC))
    if args.dry_run and (args.follow or args.overwrite):
        raise UsageError("--dry-run goes with neither --follow nor --overwrite")
    if args.follow:
        return _follow(args, window)
    if args.every or args.no_compact or args.followed:
        raise UsageError("--every, --followed and --no-compact belong to --follow")
    with _undisturbed():
        config, plans = selected(args)
    if args.overwrite:
        _refuse_held(plans, window)
    if not plans:
        print("nothing to collect: every collection is disabled", file=sys.stderr)
        return Exit.OK
    if args.dry_run:
        from tailpipe_assets.cli.collect_forecast import forecast

        return forecast(plans, window, _options(args), args.output)
    results = _collect(plans, window, args)
    sys.stderr.flush()
    print_summary(results, output=args.output)
    code = exit_code(results)
    deliver_after(config, results, ask_after(plans))
    _leave(code)
    return code


def _follow(args: argparse.Namespace, window: Window) -> int:
    from tailpipe_assets.cli.collect_follow import follow

    with _undisturbed():
        config, plans = selected(args)
    code = follow(args, window, config, plans)
    _leave(code)
    return code


def _refuse_held(plans: list[Plan], window: Window) -> None:
    """Stop before anything is touched, also where a hold is about one of several collections."""
    from tailpipe_resources.model.hold import refuse_overwrite

    for each in plans:
        refuse_overwrite(each.holds, *each.collection.key, window)


def _options(args: argparse.Namespace) -> CollectOptions:
    from tailpipe_assets.pipeline import CollectOptions

    return CollectOptions(overwrite=args.overwrite, salvage=args.salvage, retry_quarantined=args.retry_quarantined)


def _collect(plans: list[Plan], window: Window, args: argparse.Namespace) -> tuple[CollectResult, ...]:
    with _undisturbed():
        from tailpipe_assets.definitions.runs import run_collect

    options = _options(args)
    with board(wanted=args.progress) as tell, stoppable() as stop:
        return stop.while_doing(
            lambda: run_collect(
                plans,
                window=window,
                options=options,
                on_event=tell,
                stopped=stop.asked,
                record=not args.no_record,
            )
        )


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Import without looking for garbage, of which modules make none: a tenth of the time of a small run."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _leave(code: int) -> None:
    """End the process here and now: Python would take half a second to clear away what Dagster left.

    Where someone else holds our output, we are a guest in their process and leave it to them.
    """
    if sys.__stdout__ is not None and sys.stdout is sys.__stdout__:
        sys.__stdout__.flush()
        sys.stderr.flush()
        os._exit(code)
