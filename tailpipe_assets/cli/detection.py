"""The rules that are looked for as rows come in, or asked by a schedule.

Examples:
  tailpipe detection list
  tailpipe detection show aws_cloudtrail_log.trail_stopped
  tailpipe detection list --output json

json: [{"detection", "severity", "kind", "title", "enabled", "mitre", "tests", "place"}]; `show` adds "description",
"where", "sql", "references", "authors" and "exceptions". Rules of packs that do not run are named on stderr.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.configured import read_config
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import print_facts, print_json, print_rows
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.names import hint

if TYPE_CHECKING:
    import argparse

    from tailpipe_resources.model.detection import Detection


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    parser.add_argument("verb", choices=("list", "show"), help="all of them, or one with everything it says")
    parser.add_argument("name", nargs="?", help="which one to show")
    parser.add_argument("--output", choices=("pretty", "json"), default="pretty", help="how to write them")


def run(args: argparse.Namespace) -> int:
    """List the rules, or show one."""
    from tailpipe_assets.pipeline.plan import plan
    from tailpipe_assets.pipeline.rules import rules_of
    from tailpipe_resources.model.place import Problems

    config = read_config(args)
    bound = rules_of(config, [each.table for each in plan(config)], Problems())
    known = {each.detection.address: each.detection for each in bound.rules}
    if args.verb == "show":
        if args.name not in known:
            raise UsageError(f'no detection is called "{args.name}"{hint(str(args.name), known)}')
        page = _page(known[args.name])
        (print_json if args.output == "json" else print_facts)(page)
        return Exit.OK
    for line in (line for pack in bound.packs for line in pack.skips):
        print(line, file=sys.stderr)
    rows = [_row(each) for each in known.values()]
    if args.output == "json":
        print_json(rows)
    else:
        print_rows(rows, ("detection", "severity", "kind", "enabled", "title", "place"))
    return Exit.OK


def _row(detection: Detection) -> dict[str, Any]:
    return {
        "detection": detection.address,
        "severity": str(detection.severity),
        "kind": detection.kind,
        "title": detection.title,
        "enabled": detection.enabled,
        "mitre": list(detection.mitre),
        "tests": len(detection.tests),
        "place": str(detection.place),
    }


def _page(detection: Detection) -> dict[str, Any]:
    return {
        **_row(detection),
        "description": detection.description,
        "where": detection.where,
        "sql": detection.sql,
        "references": list(detection.references),
        "authors": list(detection.authors),
        "exceptions": [each.shown for each in detection.exceptions],
    }
