"""`tailpipe view refresh`."""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.configured import read_config, read_outline
from tailpipe_assets.cli.exits import Exit, exit_of
from tailpipe_assets.cli.listing import print_json, print_rows
from tailpipe_assets.cli.stopping import stoppable
from tailpipe_resources.query.cells import harmless

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from tailpipe_assets.views.refreshing import Refreshed

EVERY = 2.0
"""Seconds between two lines of progress."""

_ONCE = b"\nstopping: the copies that are there stay; press again to stop at once\n"


def run_refresh(args: argparse.Namespace) -> int:
    """Make the copies that are not current anew, and say what was done.

    Raises:
        UsageError: a name is none, or of a view that is not accelerated.
    """
    from tailpipe_assets.views.opened import Engine
    from tailpipe_assets.views.refreshing import Follower, refresh_views, remove_others
    from tailpipe_resources.config.outline import Outline
    from tailpipe_resources.lake import open_lake

    load = partial(read_config, args)
    outline = read_outline(args) or Outline.of(load())
    teller = _Teller(wanted=args.progress)
    with stoppable(_ONCE) as stop:
        follower = Follower(teller.tell, stop.asked)
        results = stop.while_doing(
            lambda: list(refresh_views(outline, load, args.name, follower=follower, engine=Engine(args.memory)))
        )
    removed = () if args.name or stop.asked() else remove_others(map(open_lake, outline.lakes), outline.views)
    sys.stderr.flush()
    if args.output == "json":
        print_json({"views": [_as_json(each) for each in results], "removed": list(removed)})
    else:
        _print(results, removed)
    return _exit_code(results)


class _Teller:
    """Plain lines of progress, now and then."""

    def __init__(self, *, wanted: bool) -> None:
        self._wanted = wanted
        self._told = time.monotonic()

    def tell(self, view: str, part: str, percent: float) -> None:
        """Print a line if one is due."""
        now = time.monotonic()
        if self._wanted and now - self._told >= EVERY:
            self._told = now
            known = f", {percent:.0f} %" if 0 <= percent <= 100 else ""
            shown = view if part == view else f"{view}.{part}"
            print(f"{shown}: copying{known}", file=sys.stderr, flush=True)


def _print(results: Sequence[Refreshed], removed: Sequence[str]) -> None:
    done = [each for each in results if each.result in {"refreshed", "current"}]
    if done:
        print_rows([_row(each) for each in done], ("view", "copy", "rows", "size", "seconds"))
    for each in results:
        if each.failure is not None:
            print(f"\n{each.view} failed: {harmless(str(each.failure))}")
    for name in removed:
        print(f"\nthe copy of {name} is removed: the configuration has no accelerated view of that name")
    stopped = [each.view for each in results if each.result == "cancelled"]
    if stopped:
        print(f"\nstopped; as it was: {', '.join(stopped)}")
    elif not results:
        print("no view is accelerated")
    elif all(each.result == "current" for each in results):
        print("\nnothing to do")


def _row(result: Refreshed) -> dict[str, Any]:
    from tailpipe_resources.lake.space import in_units

    return {
        "view": result.view,
        "copy": "made" if result.result == "refreshed" else "was current",
        "rows": f"{result.rows:,}",
        "size": in_units(result.bytes),
        "seconds": f"{result.seconds:.1f}",
    }


def _as_json(result: Refreshed) -> dict[str, Any]:
    return {
        "view": result.view,
        "result": result.result,
        "rows": result.rows,
        "bytes": result.bytes,
        "seconds": round(result.seconds, 3),
        "made": None if result.made is None else result.made.isoformat(timespec="seconds"),
        "parts": result.parts,
        "versions": [{"lake": v.lake, "table": v.table, "version": v.version} for v in result.versions],
        "failure": None if result.failure is None else str(result.failure),
    }


def _exit_code(results: Sequence[Refreshed]) -> Exit:
    if any(each.result == "cancelled" for each in results):
        return Exit.CANCELLED
    failed = [exit_of(each.failure) for each in results if each.failure is not None]
    return min(failed, default=Exit.OK, key=lambda code: code.value)
