"""`alert list`: the alerts, and how they stand."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tailpipe_assets.cli.configured import read_config
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import print_json, print_rows
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.finding import Severity
from tailpipe_resources.model.window import parse_time

if TYPE_CHECKING:
    import argparse

    from tailpipe_assets.alerts.overview import Standing

_LIMIT = 50
_COLUMNS = ("alert", "state", "severity", "title", "who", "from", "rows", "last_seen", "told")


def run(args: argparse.Namespace) -> int:
    """Write the alerts, the newest first."""
    from tailpipe_assets.alerts.overview import standings

    limit = _LIMIT if args.limit is None else args.limit
    if limit < 0:
        raise UsageError(f"--limit {limit} is less than none; 0 shows all")
    since = None if args.since is None else parse_time(args.since, datetime.now(UTC))
    found = [each for each in standings(read_config(args), since) if _is_wanted(each, args)]
    shown = found[:limit] if limit else found
    if args.output == "json":
        print_json([each.to_json() for each in shown])
    elif shown:
        print_rows([_row(each) for each in shown], _COLUMNS)
    else:
        print("no alerts", file=sys.stderr)
    if len(shown) < len(found):
        print(f"the newest {limit} of {len(found)} alerts; --limit 0 shows all", file=sys.stderr)
    return Exit.OK


def _is_wanted(standing: Standing, args: argparse.Namespace) -> bool:
    least = Severity.INFO if args.severity is None else Severity[args.severity.upper()]
    return (
        args.state in (None, standing.state)
        and standing.alert.severity >= least
        and (args.detection is None or fnmatchcase(standing.alert.detection, args.detection))
    )


def _row(standing: Standing) -> dict[str, object]:
    facts = standing.to_json()
    told = [*facts["told"], *(f"{name} (waits)" for name in facts["waiting"]), *(f"{n} (dead)" for n in facts["dead"])]
    return {**facts, "who": facts["actors"], "from": facts["source_ips"], "told": told or "nobody"}
