"""The rules that are looked for as rows come in, or asked by a schedule.

Examples:
  tailpipe detection list
  tailpipe detection show aws_cloudtrail_log.trail_stopped
  tailpipe detection list --output json
  tailpipe detection test
  tailpipe detection run trail_stopped --from T-30d
  tailpipe detection run --from 2026-01-01 --to 2026-03-31 --save
  tailpipe detection test "aws_cloudtrail_log.*" --require-both

`test` runs the tests that are written in the blocks through the evaluation that rows go through when they come in, with
exceptions and suppressions; of one that fails it shows the event and which part of the condition it did not meet. The
exit code is then 1. Names may have shell wildcards, and may leave the table out.

`run` asks rules of rows that are in the lake, disabled ones too when they are named, and writes what they find: how
many, and the first of each. With --save, what was not found before becomes findings, marked as found by looking back;
nobody is alerted of those. With --notify as well they are findings like all others.

json: [{"detection", "severity", "kind", "title", "enabled", "mitre", "tests", "place"}]; `show` adds "description",
"where", "sql", "references", "authors" and "exceptions". `test`: {"tests": [{"detection", "test", "place", "passed",
"expected", "findings", "suppressed_by", "problem", "events", "branches": [{"condition", "true", "false", "null"}]}],
"missing": [{"detection", "expect", "place"}]}, with the events and branches of those that failed. `run`:
{"collections": [{"collection", "days", "rows", "findings": {detection: count}, "suppressed": {detection: count},
"samples": {detection: [...]}, "faults": {detection: reason}, "saved"}]}.

Rules of packs that do not run are named on stderr by `list`.
"""

from __future__ import annotations

import sys
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.configured import read_config
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import print_facts, print_json, print_rows
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.names import hint

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from tailpipe_assets.detections.rules import Rule
    from tailpipe_resources.model.detection import Detection


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    verbs = "all of them, one with everything it says, try their tests, or look back with them"
    parser.add_argument("verb", choices=("list", "show", "test", "run"), help=verbs)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which; all of them unless said")
    parser.add_argument(
        "--require-both",
        action="store_true",
        help="for test: fail unless each has a test that expects a finding and one that expects none",
    )
    back = parser.add_argument_group("looking back, with run")
    back.add_argument("--from", dest="start", metavar="TIME", help="rows from this time on, such as T-30d")
    back.add_argument("--to", dest="end", metavar="TIME", help="rows from before this time; a date is included")
    back.add_argument("--save", action="store_true", help="keep what is found as findings, marked as backtest")
    back.add_argument("--notify", action="store_true", help="do not mark them, so that they become alerts")
    parser.add_argument("--output", choices=("pretty", "json"), default="pretty", help="how to write them")


def run(args: argparse.Namespace) -> int:
    """List the rules, show one, test them, or look back with them."""
    from tailpipe_assets.pipeline.plan import planned

    made = planned(read_config(args))
    plans, bound = made.plans, made.rules
    rules = _meant(bound.rules, args.names)
    if args.verb == "test":
        from tailpipe_assets.cli.detection_test import run_tests

        return run_tests(rules, plans, require_both=args.require_both, output=args.output)
    if args.verb == "run":
        from tailpipe_assets.cli.detection_run import look_back

        return look_back(rules, plans, args)
    if args.verb == "show":
        if not args.names or len(rules) != 1:
            raise UsageError("show needs the name of one detection; list shows which there are")
        (print_json if args.output == "json" else print_facts)(_page(rules[0].detection))
        return Exit.OK
    for line in (line for pack in bound.packs for line in pack.skips):
        print(line, file=sys.stderr)
    rows = [_row(each.detection) for each in rules]
    if args.output == "json":
        print_json(rows)
    elif not rows:
        print("the configuration has no detection", file=sys.stderr)
    else:
        print_rows(rows, ("detection", "severity", "kind", "enabled", "title", "place"))
    return Exit.OK


def _meant(rules: Sequence[Rule], names: Sequence[str]) -> list[Rule]:
    """The rules that names mean, in the order written; all when there is no name.

    Raises:
        UsageError: a name means none.
    """
    meant: set[str] = set()
    for name in names:
        found = {
            each.detection.address
            for each in rules
            if fnmatchcase(each.detection.address, name) or fnmatchcase(each.detection.name, name)
        }
        if not found:
            near = hint(name, [each.detection.address for each in rules])
            raise UsageError(f'no detection is called "{name}"{near}')
        meant |= found
    return [each for each in rules if not names or each.detection.address in meant]


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
