"""`tailpipe collection delete`: what goes, whether that is meant, and what went."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.collect_selection import names_in_configuration, pick
from tailpipe_assets.cli.collect_window import window_of
from tailpipe_assets.cli.configured import read_config_or_default
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import print_json
from tailpipe_assets.cli.removed import figures_of, print_removed, row_of, tell_outdated
from tailpipe_resources.errors import BusyError, UsageError
from tailpipe_resources.model.hold import refuse_deletion

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from datetime import date

    from tailpipe_assets.pipeline.stock import Stock


@dataclass(frozen=True, slots=True)
class _Target:
    """A collection of a lake, and what of it is to go."""

    stock: Stock
    days: tuple[date, ...] | None
    """None for everything, with what is known of its artifacts."""


def run_delete(args: argparse.Namespace) -> int:
    """Delete what is selected, once it is certain that it is meant."""
    if args.name is None:
        raise UsageError("delete needs a selector: a collection, a table or table.collection")
    targets = _targets(args)
    rows = [row_of(each.stock, each.days) for each in targets]
    if args.dry_run or not targets:
        _print(rows, args, deleted=False)
        return Exit.OK
    if not args.yes:
        with contextlib.redirect_stdout(sys.stderr):
            print_removed(rows)
        _confirm(targets)
    done = [row for each in targets if (row := _deleted(each, _detail(args))) is not None]
    if done:
        tell_outdated(read_config_or_default(args))
    if done or args.output == "json":
        _print(done, args, deleted=bool(done))
    return Exit.OK if len(done) == len(targets) else Exit.BUSY


def _deleted(target: _Target, detail: str) -> dict[str, Any] | None:
    """Delete one, and say what went; None when it is being collected."""
    from tailpipe_assets.pipeline.stock import take_out

    row = row_of(target.stock, target.days)
    print(f"{target.stock.name}: deleting {row['rows']:,} rows of {row['days']:,} days", file=sys.stderr, flush=True)
    try:
        return row | figures_of(take_out(target.stock, target.days, "delete", detail))
    except BusyError as error:
        print(f"tailpipe: nothing of {target.stock.name} was deleted: {error}", file=sys.stderr)
        return None


def _targets(args: argparse.Namespace) -> list[_Target]:
    """What the selector and the window mean.

    Raises:
        HeldError: a hold keeps some of it.
        UsageError: there is no such collection.
    """
    from tailpipe_assets.pipeline.stock import stock

    window = window_of(args.start, args.end, datetime.now(UTC))
    config = read_config_or_default(args)
    held = [(each, each.names) for each in stock(config)]
    empty = [(None, names_in_configuration(each)) for each in config.collections]
    found = [each for each in pick([*held, *empty], args.name) if each is not None]
    if args.start is None and args.end is None:
        targets = [_Target(each, None) for each in found]
    else:
        chosen = [(each, tuple(day for day in sorted(each.holding.days) if window.has_whole(day))) for each in found]
        targets = [_Target(each, days) for each, days in chosen if days]
    for each in targets:
        refuse_deletion(config.holds, *each.stock.key, each.days)
    return targets


def _confirm(targets: Sequence[_Target]) -> None:
    """Have it typed what is to go.

    Raises:
        UsageError: there is no one to ask, or something else was typed.
    """
    if not sys.stdin.isatty():
        raise UsageError("deleting cannot be undone, and there is no terminal to ask at; say --yes to delete")
    wanted = targets[0].stock.name if len(targets) == 1 else f"{len(targets)} collections"
    print(f'This cannot be undone. Type "{wanted}" to delete: ', end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() != wanted:
        raise UsageError(f'that is not "{wanted}"; nothing was deleted')


def _print(rows: list[dict[str, Any]], args: argparse.Namespace, *, deleted: bool) -> None:
    if args.output == "json":
        print_json({"deleted": deleted, "collections": rows})
        return
    if not rows:
        windowed = args.start is not None or args.end is not None
        print(f"nothing to delete: {'no whole day of the window has rows' if windowed else 'there are no rows'}")
        return
    print_removed(rows)
    print("deleted" if deleted else "nothing was deleted: --dry-run")


def _detail(args: argparse.Namespace) -> str:
    given = (("--from", args.start), ("--to", args.end))
    return " ".join(f"{flag} {value}" for flag, value in given if value is not None) or "everything"
