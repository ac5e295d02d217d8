"""`lake repair`: what is safe to put right."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tailpipe_assets.cli.lake_check import as_json, defects, print_defects, verdict
from tailpipe_assets.cli.lakes import chosen_tables
from tailpipe_assets.cli.listing import print_json
from tailpipe_resources.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from tailpipe_assets.cli.exits import Exit
    from tailpipe_assets.cli.lakes import Chosen
    from tailpipe_resources.lake.defects import Defect


def run(args: argparse.Namespace) -> int:
    """Show what is wrong, put right what can be, and say what is left."""
    if any("." in name for name in args.names):
        raise UsageError("repair is about whole tables; name them without a collection")
    chosen = chosen_tables(args)
    before = list(defects(chosen, quick=True))
    mendable = [(root, each) for root, each in before if each.repairable]
    if args.dry_run or not mendable:
        return _end([], before, chosen, args)
    if not args.yes:
        print_defects(mendable)
        _ask()
    done = list(_repair(chosen))
    return _end(done, list(defects(chosen, quick=True)), chosen, args)


def _repair(chosen: Sequence[Chosen]) -> Iterator[str]:
    from tailpipe_resources.lake.repair import repair
    from tailpipe_resources.query.engine import connect, restrict

    for root in dict.fromkeys(each.lake.root for each in chosen):
        here = [each for each in chosen if each.lake.root == root]
        with connect() as connection:
            here[0].lake.store.attach(connection)
            restrict(connection, here[0].lake.reach)
            yield from repair(connection, here[0].lake, [each.table for each in here])


def _end(done: list[str], left: list[tuple[str, Defect]], chosen: Sequence[Chosen], args: argparse.Namespace) -> Exit:
    if args.output == "json":
        print_json({"done": done, "left": [as_json(each, root) for root, each in left]})
    else:
        for sentence in done:
            print(f"done: {sentence}")
        print_defects(left)
    code = verdict([each for _, each in left], len(chosen))
    if not done:
        count = sum(each.repairable for _, each in left)
        print(f"{count:,} of them would be put right" if count else "nothing to repair", file=sys.stderr)
    return code


def _ask() -> None:
    if not sys.stdin.isatty():
        raise UsageError("repair changes the lake: add --yes, or --dry-run to see what it would do")
    print("put this right? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise UsageError("nothing was changed")
