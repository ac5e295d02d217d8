"""Retention at the command line: what is past its time goes, what a hold keeps is named."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.collect_selection import pick
from tailpipe_assets.cli.configured import read_config_or_default
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import print_json
from tailpipe_assets.cli.removed import COLUMNS, figures_of, print_removed, row_of
from tailpipe_resources.errors import BusyError, UsageError
from tailpipe_resources.model.retention import parse_retention

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from tailpipe_assets.pipeline.expire import Expiry
    from tailpipe_assets.pipeline.stock import Stock
    from tailpipe_resources.model.config import Config
    from tailpipe_resources.model.retention import Retention

_SHOWN = (*COLUMNS[:2], "retention", *COLUMNS[2:], "held_days")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What retention did, or would do."""

    rows: tuple[dict[str, Any], ...]
    """One a collection that has days past their time, held ones included."""

    code: Exit


def add_expire_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `--older-than`; `selectors`, `--dry-run` and `--output` are the command's own."""
    parser.add_argument(
        "--older-than",
        metavar="AGE",
        help="delete days that are older, such as 90d, whatever retention says (units: Y m W d)",
    )


def run_expire(args: argparse.Namespace) -> int:
    """Let days go that are past their time, and say which went.

    It takes `older_than`, `selectors`, `dry_run` and `output`.
    """
    outcome = expired(args)
    if args.output == "json":
        print_json({"dry_run": args.dry_run, "expired": list(outcome.rows)})
    elif not outcome.rows:
        print("nothing is past its retention")
    else:
        print_expired(outcome.rows)
        if args.dry_run:
            print("nothing was deleted: --dry-run")
    return outcome.code


def print_expired(rows: Sequence[dict[str, Any]]) -> None:
    """What went, or would go, as a table."""
    print_removed(rows, _SHOWN)


def expired(args: argparse.Namespace) -> Outcome:
    """The same without its summary, for a command that has one of its own.

    Raises:
        UsageError: there is no such collection, or the age makes no sense.
    """
    from tailpipe_assets.pipeline.expire import expire, expiries

    older_than = _older_than(args.older_than)
    config = read_config_or_default(args)
    if older_than is None and not is_configured(config):
        return Outcome((), Exit.OK)
    rows, code = [], Exit.OK
    for each in expiries(_selected(config, args.selectors), config, datetime.now(UTC), older_than=older_than):
        row = _row(each)
        _tell(each, row, dry_run=args.dry_run)
        try:
            if not args.dry_run:
                row |= figures_of(expire(each))
        except BusyError as error:
            print(f"{each.stock.name}: {error}; its retention is left for next time", file=sys.stderr)
            code = Exit.BUSY
            continue
        rows.append(row)
    return Outcome(tuple(rows), code)


def is_configured(config: Config) -> bool:
    """Whether anything is to be kept for a limited time only."""
    limits = [limit for each in config.collections for limit in (each.retention, each.rejected_retention)]
    limits += [each.retention for each in config.destinations]
    return any(each is not None for each in limits)


def _selected(config: Config, selectors: list[str]) -> list[Stock]:
    from tailpipe_assets.pipeline.stock import stock

    stocks = stock(config)
    meant = {
        each for selector in selectors for each in pick([(at, one.names) for at, one in enumerate(stocks)], selector)
    }
    return [each for at, each in enumerate(stocks) if at in meant or not selectors]


def _older_than(text: str | None) -> Retention | None:
    try:
        return None if text is None else parse_retention(text)
    except UsageError as error:
        raise UsageError(f"--older-than: {error}") from error


def _row(expiry: Expiry) -> dict[str, Any]:
    return {
        **row_of(expiry.stock, expiry.days),
        **({"files": 0, "rows": 0, "bytes": 0} if expiry.rows_stay else {}),
        "retention": str(expiry.retention),
        "held_days": len(expiry.held),
        "holds": [each.name for each in expiry.holds],
    }


def _tell(expiry: Expiry, row: dict[str, Any], *, dry_run: bool) -> None:
    name = expiry.stock.name
    for hold in expiry.holds:
        days = sum(map(hold.keeps, expiry.held))
        what = "1 day that is past its retention stays" if days == 1 else f"{days} days that are past retention stay"
        print(f"{name}: {what}: {hold}", file=sys.stderr)
    if expiry.days and not dry_run:
        what = f"{row['rejected']:,} rejected records" if expiry.rows_stay else f"{row['rows']:,} rows"
        print(f"{name}: deleting {what} of {row['days']:,} days", file=sys.stderr)
