"""`tailpipe detection run`: what rules find in rows that are in the lake."""

from __future__ import annotations

import sys
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.collect_window import window_of
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import print_json, print_rows
from tailpipe_assets.cli.stopping import stoppable
from tailpipe_resources.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from tailpipe_assets.detections.rules import Rule
    from tailpipe_assets.pipeline.back import LookedBack
    from tailpipe_assets.pipeline.plan import Plan

_SHOWN = ("first_seen", "detection", "row_count", "actor", "source_ip", "resource")
_EVERY = 2.0
"""Seconds between two lines about progress."""


def look_back(rules: Sequence[Rule], plans: Sequence[Plan], args: argparse.Namespace) -> int:
    """Ask rules of rows in the lake, and write what they found.

    Raises:
        UsageError: flags do not go together, or a rule cannot be asked so.
    """
    from tailpipe_assets.pipeline.back import Options
    from tailpipe_assets.pipeline.backtest import look_back as look
    from tailpipe_assets.scheduled.looking_back import look_back as look_by_schedule

    if args.notify and not args.save:
        raise UsageError("--notify goes with --save: what is not kept cannot become an alert")
    asked = [each for each in rules if args.names or each.detection.enabled]
    window = window_of(args.start, args.end, datetime.now(UTC))
    options, progress = Options(args.save, args.notify, str(uuid.uuid4())), _Progress()
    with stoppable() as stop:

        def looked(ready: Plan) -> LookedBack:
            found = look(ready, asked, window, options, on_day=progress.tell_days, stopped=stop.asked)
            if not any(each.detection.sql for each in asked) or stop.asked():
                return found
            by_schedule = look_by_schedule(
                ready, plans, asked, window, options, on_window=progress.tell_windows, stopped=stop.asked
            )
            return found.beside(by_schedule)

        found = stop.while_doing(lambda: [looked(each) for each in plans if not stop.asked()])
    if args.output == "json":
        print_json({"collections": [_row(each) for each in found if each.findings]})
    else:
        _print(found, counted="new" if args.save else "findings")
    if any(each.cancelled for each in found):
        return Exit.CANCELLED
    return Exit.FAILED if any(each.faults for each in found) else Exit.OK


class _Progress:
    """A line now and then on stderr."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def tell_days(self, collection: str, done: int, days: int) -> None:
        self._tell(f"{collection}: {done} of {days} days")

    def tell_windows(self, detection: str, done: int, until: datetime) -> None:
        self._tell(f"{detection}: {done:,} windows, up to {until:%Y-%m-%d %H:%M}")

    def _tell(self, text: str) -> None:
        if time.monotonic() - self._last >= _EVERY:
            self._last = time.monotonic()
            print(text, file=sys.stderr, flush=True)


def _row(found: LookedBack) -> dict[str, Any]:
    return {
        "collection": f"{found.table}.{found.collection}",
        "days": found.days,
        "rows": found.rows,
        "findings": dict(found.findings),
        "suppressed": dict(found.suppressed),
        "samples": {name: list(map(_plain, each)) for name, each in found.samples.items()},
        "faults": dict(found.faults),
        "saved": found.saved,
    }


def _plain(sample: Any) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in sample.items()}


def _print(found: Sequence[LookedBack], *, counted: str) -> None:
    for each in found:
        if not each.findings:
            continue
        print(f"{each.table}.{each.collection}: {each.rows:,} rows of {each.days} days")
        rows = [
            {"detection": name, counted: count, "suppressed": each.suppressed.get(name, 0)}
            for name, count in sorted(each.findings.items(), key=lambda pair: (-pair[1], pair[0]))
        ]
        print_rows(rows, ("detection", counted, "suppressed"))
        samples = [{"detection": name, **sample} for name, some in each.samples.items() for sample in some]
        if samples:
            print("\nThe first of each:")
            print_rows(
                list(map(_plain, samples)), ("first_seen", "detection", "row_count", "actor", "source_ip", "resource")
            )
        if each.saved:
            print(f"\nsaved: {each.saved} findings that are new or have changed")
        print()
        for name, why in each.faults.items():
            print(f"{name} fails on some rows: {why}", file=sys.stderr)
