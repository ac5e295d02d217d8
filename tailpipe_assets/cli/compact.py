"""Compact the lake: make the many small files that collecting leaves into one a day and index value, sorted by time.

Rows stay what they are. Collecting and queries go on meanwhile; a query sees either the old files or the new. Without a
selector everything in the configuration's lakes is compacted, also collections that are no longer configured. A
selector is a collection, a table or table.collection; shell wildcards work in it.

--from and --to choose days by the time of the rows: 2024-02-07, or T-7d for seven days ago (units: Y m W d H M). What
is compact already is left alone, so it costs little to run this every night. Ctrl-C commits what is ready and leaves
the rest for next time.

Where the configuration says retention = "90d", of a collection or a destination, days that are older are deleted first,
for good, with their rejects; --older-than says it for all that is selected. A day goes once its last instant (UTC)
is old enough; what went counts as collected and does not come back. Days that a hold of the configuration keeps stay,
and are named. --from and --to do not narrow this. --dry-run shows what would be deleted, and does nothing at all.

--reindex does something else: after tp_index was changed in the configuration, rows that are stored already move to the
folders of the values they would have now. A value that cannot be a folder's name leaves its rows where they are.

Examples:
  tailpipe compact
  tailpipe compact --older-than 90d --dry-run
  tailpipe compact aws_cloudtrail_log.production --from T-7d
  tailpipe compact 'http_*' --output json

json: {"collections": [{"collection", "slots", "files_before", "files_after", "bytes_before", "bytes_after", "rows",
"conflicts", "days": [day], "seconds", "failure", "cancelled"}], "expired": [{"collection", "destination", "retention",
"first_day", "last_day", "days", "files", "rows", "rejected", "bytes", "held_days", "holds": [name]}]}. A slot is one
day of one index value. With --dry-run it is {"dry_run": true, "expired": [...]}, with --reindex {"reindexed":
[{"collection", "days", "files_before", "files_after", "moved", "stuck": {value: rows}}]}. The summary goes to stdout,
everything else to stderr.
"""

from __future__ import annotations

import re
import sys
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.collect_window import window_of
from tailpipe_assets.cli.configured import read_config
from tailpipe_assets.cli.exits import Exit, exit_of
from tailpipe_assets.cli.expire import add_expire_arguments, expired, print_expired, run_expire
from tailpipe_assets.cli.listing import print_json, print_rows
from tailpipe_assets.cli.reindex import run_reindex
from tailpipe_assets.cli.removed import tell_outdated
from tailpipe_assets.cli.stopping import stoppable
from tailpipe_assets.cli.stored import choose_stored
from tailpipe_resources.errors import UsageError
from tailpipe_resources.query.cells import harmless

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from tailpipe_resources.model.results import CompactResult

_SIZE = re.compile(r"(\d+)\s*(|[KMG]i?B?)", re.IGNORECASE)
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_FIGURES = ("files_before", "files_after", "bytes_before", "bytes_after", "rows", "slots", "conflicts")
EVERY = 2.0
"""Seconds between two lines of progress of one collection."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    import argparse

    parser.add_argument("selectors", nargs="*", metavar="SELECTOR", help="a collection, a table or table.collection")
    parser.add_argument("--from", dest="start", metavar="TIME", help="leave out days before this one")
    parser.add_argument("--to", dest="end", metavar="TIME", help="leave out days after this one")
    parser.add_argument(
        "--target-size", default="256MiB", metavar="SIZE", help="about how large a file gets at most (256MiB)"
    )
    add_expire_arguments(parser)
    parser.add_argument("--reindex", action="store_true", help="move rows to the index values tp_index asks for now")
    parser.add_argument("--dry-run", action="store_true", help="show what retention would delete, and do nothing")
    parser.add_argument("--output", choices=("pretty", "json"), default="pretty", help="how to write the summary")
    parser.add_argument(
        "--progress", action=argparse.BooleanOptionalAction, default=True, help="tell on stderr how far it is"
    )


def run(args: argparse.Namespace) -> int:
    """Let go what is past its retention, compact what is selected, and say what was done."""
    window, target = window_of(args.start, args.end, datetime.now(UTC)), size_of(args.target_size)
    if args.reindex:
        return _reindex(args)
    if args.dry_run:
        return run_expire(args)
    chosen = choose_stored(read_config(args), args.selectors)
    gone = expired(args)
    if gone.rows:
        tell_outdated(read_config(args))
    from tailpipe_assets.pipeline.compact import compact_collections

    teller = _Teller(wanted=args.progress)
    results: list[CompactResult] = []
    with stoppable() as stop:
        for lake, keys in chosen:
            work = partial(
                compact_collections,
                lake,
                keys,
                window,
                target_bytes=target,
                on_event=teller.tell,
                stopped=stop.asked,
            )
            results += stop.while_doing(work)
    sys.stderr.flush()
    _print_summary(results, gone.rows, output=args.output)
    return _exit_code(results) or gone.code


def _reindex(args: argparse.Namespace) -> int:
    if args.dry_run or args.older_than or args.start or args.end:
        raise UsageError("--reindex goes with selectors, --output and --progress only")
    return run_reindex(args)


def size_of(text: str) -> int:
    """A size as people type it, in bytes.

    Raises:
        UsageError: it is none, or too small to make sense.
    """
    found = _SIZE.fullmatch(text.strip())
    size = int(found[1]) * _UNITS[found[2][:1].upper()] if found else 0
    if size < 1 << 20:
        raise UsageError(f'--target-size "{text}": write a size of at least 1MiB, such as 256MiB')
    return size


class _Teller:
    """Plain lines of progress, now and then."""

    def __init__(self, *, wanted: bool) -> None:
        self._wanted = wanted
        self._told: dict[str, float] = {}

    def tell(self, result: CompactResult, slots: int) -> None:
        """Print a line if one is due."""
        name, now = _name(result), time.monotonic()
        if self._wanted and now - self._told.get(name, 0.0) >= EVERY:
            self._told[name] = now
            print(f"{name}: {result.slots:,} of {slots:,} slots compacted", file=sys.stderr, flush=True)


def _print_summary(results: Sequence[CompactResult], gone: Sequence[dict[str, Any]], *, output: str) -> None:
    if output == "json":
        print_json({"collections": [_as_json(each) for each in results], "expired": list(gone)})
        return
    if gone:
        print_expired(gone)
        print()
    done = [each for each in results if each.slots]
    if done:
        print_rows([_row(each) for each in done], ("collection", "slots", "files", "size", "rows", "seconds"))
    for each in results:
        if each.failure is not None:
            print(f"\n{_name(each)} stopped: {harmless(str(each.failure))}")
    if any(each.cancelled for each in results):
        print("\nstopped; the next run compacts the rest")
    elif not done and not any(each.failure for each in results):
        print("nothing to compact")


def _row(result: CompactResult) -> dict[str, Any]:
    return {
        "collection": _name(result),
        "slots": f"{result.slots:,}",
        "files": f"{result.files_before:,} -> {result.files_after:,}",
        "size": f"{_size(result.bytes_before)} -> {_size(result.bytes_after)}",
        "rows": f"{result.rows:,}",
        "seconds": f"{result.seconds:.1f}",
    }


def _size(count: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:,.0f} {unit}" if unit == "B" else f"{count:,.1f} {unit}"
        count /= 1024
    return f"{count:,.1f} GiB"


def _as_json(result: CompactResult) -> dict[str, Any]:
    return {
        "collection": _name(result),
        **{name: getattr(result, name) for name in _FIGURES},
        "days": sorted(day.isoformat() for day in result.days),
        "seconds": round(result.seconds, 3),
        "failure": None if result.failure is None else str(result.failure),
        "cancelled": result.cancelled,
    }


def _exit_code(results: Sequence[CompactResult]) -> Exit:
    if any(each.cancelled for each in results):
        return Exit.CANCELLED
    failed = [exit_of(each.failure) for each in results if each.failure is not None]
    return min(failed, default=Exit.OK, key=lambda code: code.value)


def _name(result: CompactResult) -> str:
    return f"{result.table}.{result.collection}"
