"""What detections found, the newest first; suppressed findings only when asked for.

`show` takes an id, or how it begins. It gives the finding with the note of its detection, the rows it was found in, and
what the same actor and address did in all tables from 15 minutes before it to 15 minutes after.

Examples:
  tailpipe finding list
  tailpipe finding list --severity high --from T-1d
  tailpipe finding show 3f9a0c21b77e
  tailpipe finding list --detection "aws_cloudtrail_log.*" --suppressed --output json

json: [{"finding_id", "severity", "detection", "title", "first_seen", "last_seen", "rows", "actor", "resource",
"source_ip", "collection", "suppressed_by", "mitre", "backtest"}]. `show`: {"finding": {...}, "note", "references",
"pack", "written_at", "rows": [...], "around": {"from", "to", "counts": {table: count}, "events": [...]}, "query"}
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.configured import read_config
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import print_json, print_rows
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.finding import FINDING_TABLE, SHORT_ID, Severity

if TYPE_CHECKING:
    import argparse

_KEYS = (
    *("finding_id", "severity", "detection", "title", "first_seen", "last_seen", "rows", "actor", "resource"),
    *("source_ip", "collection", "suppressed_by", "mitre", "backtest"),
)
_SHOWN = ("severity", "first_seen", "detection", "rows", "actor", "source_ip", "finding_id")
_SELECT = (
    "SELECT finding_id, severity, detection, title, first_seen, last_seen, row_count, actor, resource, source_ip, "
    "finding_collection, suppressed_by, mitre, backtest "
    f"FROM {FINDING_TABLE} WHERE merged_into IS NULL AND ($since IS NULL OR last_seen >= $since) "
    "AND ($until IS NULL OR first_seen < $until) ORDER BY first_seen DESC, finding_id"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    parser.add_argument("verb", choices=("list", "show"), help="all of them, or one with all about it")
    parser.add_argument("id", nargs="?", metavar="ID", help="show: the finding's, or how it begins")
    levels = [str(each) for each in Severity]
    parser.add_argument("--severity", choices=levels, default="info", help="so severe at least")
    parser.add_argument("--detection", metavar="NAME", help="of these detections, with shell wildcards")
    parser.add_argument("--from", dest="start", metavar="TIME", help="that went on at this time or later, such as T-7d")
    parser.add_argument("--to", dest="end", metavar="TIME", help="that began before this time; a date is included")
    parser.add_argument("--suppressed", action="store_true", help="also those that an exception or suppression covers")
    parser.add_argument("--output", choices=("pretty", "json"), default="pretty", help="how to write them")


def run(args: argparse.Namespace) -> int:
    """List findings, or show one."""
    if args.verb == "show":
        from tailpipe_assets.cli.finding_show import show

        if args.id is None:
            raise UsageError("show needs the id of a finding; list shows which there are")
        return show(read_config(args), args.id, args.output)
    if args.id is not None:
        raise UsageError(f'list takes no id; did you mean "show {args.id}"?')
    from tailpipe_assets.views.opened import open_config
    from tailpipe_resources.model.window import parse_end, parse_time

    now = datetime.now(UTC)
    bounds = {
        "since": parse_time(args.start, now) if args.start else None,
        "until": parse_end(args.end, now) if args.end else None,
    }
    with open_config(read_config(args)) as opened:
        rows = [row for batch in opened.ask(_SELECT, bounds).batches for row in batch]
    found = [each for each in (dict(zip(_KEYS, row, strict=True)) for row in rows) if _is_wanted(each, args)]
    if args.output == "json":
        print_json([{key: _plain(value) for key, value in each.items()} for each in found])
    elif not found:
        print("no findings", file=sys.stderr)
    else:
        print_rows([{**each, "finding_id": each["finding_id"][:SHORT_ID]} for each in found], _SHOWN)
    return Exit.OK


def _is_wanted(found: dict[str, Any], args: argparse.Namespace) -> bool:
    is_severe = Severity[found["severity"].upper()] >= Severity[args.severity.upper()]
    is_named = args.detection is None or fnmatchcase(found["detection"], args.detection)
    return is_severe and is_named and (args.suppressed or not found["suppressed_by"])


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
