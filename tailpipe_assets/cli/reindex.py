"""`tailpipe compact --reindex`: rows move to the index values that the configuration asks for now."""

from __future__ import annotations

import sys
import uuid
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.collect_selection import choose
from tailpipe_assets.cli.configured import read_config
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import print_json, print_rows
from tailpipe_assets.cli.stopping import stoppable
from tailpipe_resources.model.place import Problems
from tailpipe_resources.query.cells import harmless

if TYPE_CHECKING:
    import argparse
    from datetime import date

    from tailpipe_assets.pipeline import Plan
    from tailpipe_resources.lake.reindex import Reindexed

_SHOWN = ("collection", "days", "files", "moved", "stuck")


def run_reindex(args: argparse.Namespace) -> int:
    """Reindex the configured collections that are selected, and say what moved.

    It takes `selectors`, `progress` and `output`.
    """
    from tailpipe_assets.pipeline.reindex import index_column, reindex

    rows: list[dict[str, Any]] = []
    run = str(uuid.uuid4())
    with stoppable() as stop:
        for plan in _plans(args):
            name = ".".join(plan.collection.key)
            if index_column(plan) is None and not args.selectors:
                print(f"{name} is left alone: its index value is in no stored column", file=sys.stderr)
                continue

            def tell(day: date, done: Reindexed, name: str = name) -> None:
                if args.progress and done.moved:
                    print(f"{name}: {done.moved:,} rows moved, up to {day}", file=sys.stderr, flush=True)

            def work(plan: Plan = plan) -> Reindexed:
                return reindex(plan, on_day=tell, stopped=stop.asked, run=run)

            rows.append(_row(name, stop.while_doing(work)))
            if stop.asked():
                break
    _print(rows, output=args.output)
    return Exit.CANCELLED if stop.asked() else Exit.OK


def _plans(args: argparse.Namespace) -> list[Plan]:
    from tailpipe_assets.pipeline import plan

    problems = Problems()
    config = read_config(args, problems=problems)
    plans = plan(config, problems=problems)
    problems.raise_any()
    chosen = choose(config.collections, args.selectors)
    keys = {each.key for each in (*chosen.enabled, *chosen.disabled)}
    return [each for each in plans if each.collection.key in keys]


def _row(name: str, done: Reindexed) -> dict[str, Any]:
    return {
        "collection": name,
        "days": done.days,
        "files_before": done.files_before,
        "files_after": done.files_after,
        "moved": done.moved,
        "stuck": dict(done.stuck),
    }


def _print(rows: list[dict[str, Any]], *, output: str) -> None:
    if output == "json":
        print_json({"reindexed": rows})
        return
    moved = [each for each in rows if each["days"] or each["stuck"]]
    if not moved:
        print("nothing to reindex: every row lies where it belongs")
        return
    print_rows(
        [
            {
                **each,
                "files": f"{each['files_before']:,} -> {each['files_after']:,}",
                "moved": f"{each['moved']:,}",
                "stuck": f"{sum(each['stuck'].values()):,}",
            }
            for each in moved
        ],
        _SHOWN,
    )
    for each in moved:
        for value, count in each["stuck"].items():
            what = f'{count:,} rows stay: "{harmless(value[:60])}" cannot be a folder\'s name'
            print(f"{each['collection']}: {what}", file=sys.stderr)
