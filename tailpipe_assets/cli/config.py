"""Check the configuration: read every file, plan every collection, try every view, and say everything wrong at once.

Examples:
  tailpipe config check
  tailpipe --config-path ./hcl --var day=2024-02-07 config check --output json

json: {"files": [...], "collections": [...], "sources": [{"address", "place"}], "destinations": [{"name", "path",
"retention"}], "lookups": [{"name", "path", "found", "place"}], "holds": [{"name", "collections", "reason", "place"}],
"views": [{"name", "description", "accelerated", "place"}], "packs": [{"name", "rules", "run", "left_out", "skipped",
"place"}], "detections": {"match", "threshold", "scheduled", "disabled"}, "notifiers": [{"name", "place"}], "alerts":
[{"name", "min_severity", "notify", "detections", "place"}]}, with the collections that each hold covers, how many
detections each alert tells of, and collections as `tailpipe collection list` gives them.
Problems go to stderr, one a line; the exit code is then 2. Warnings go there too, and leave it 0: exceptions that have
expired, `alert` blocks that no detection meets, and filters and redactions that take away what a detection needs, by
its own tests.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.collection import row_of
from tailpipe_assets.cli.configured import read_config
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import print_json, print_rows
from tailpipe_resources.model.place import Problems

if TYPE_CHECKING:
    import argparse

    from tailpipe_assets.detections.rules import Bound, PackLoaded
    from tailpipe_resources.model.alerting import Route
    from tailpipe_resources.model.config import Config
    from tailpipe_resources.model.hold import Hold

_SECTIONS = {
    "collections": ("collection", "source", "destination", "enabled", "runs", "place"),
    "sources": ("address", "place"),
    "destinations": ("name", "path", "retention"),
    "lookups": ("name", "path", "found", "place"),
    "holds": ("name", "collections", "reason", "place"),
    "views": ("name", "description", "accelerated", "place"),
    "packs": ("name", "rules", "run", "left_out", "skipped", "place"),
    "notifiers": ("name", "place"),
    "alerts": ("name", "min_severity", "notify", "detections", "place"),
}
"""What is listed, where there is some of it, and which of its facts."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    parser.add_argument("verb", choices=("check",), help="read it all, run nothing")
    parser.add_argument(
        "--strict", action="store_true", help="end with 2 also when a rule of a detection pack does not run"
    )
    parser.add_argument("--output", choices=("pretty", "json"), default="pretty", help="how to write what was found")


def run(args: argparse.Namespace) -> int:
    """Check the configuration and list what it holds."""
    from tailpipe_assets.alerts.health import ADDRESSES
    from tailpipe_assets.detections.routed import unmatched
    from tailpipe_assets.pipeline.blindness import blind_spots
    from tailpipe_assets.pipeline.plan import planned
    from tailpipe_assets.views.checking import check_views

    problems = Problems()
    config = read_config(args, problems=problems)
    made = planned(config, problems=problems)
    plans, bound = made.plans, made.rules
    check_views(config, plans, problems)
    problems.raise_any()
    unheard = unmatched(config.alerting.routes, bound.rules, ADDRESSES)
    for warning in (*bound.warnings, *unheard, *blind_spots(bound, plans)):
        print(f"warning: {warning}", file=sys.stderr)
    for pack in bound.packs:
        for line in pack.skips:
            print(line, file=sys.stderr)
    found = _found(config, bound)
    if args.output == "json":
        print_json(found)
    else:
        _print_found(found)
    return Exit.USAGE if args.strict and any(pack.skipped for pack in bound.packs) else Exit.OK


def _found(config: Config, bound: Bound) -> dict[str, Any]:
    return {
        "files": list(config.files),
        "collections": [row_of(each) for each in config.collections],
        "sources": [{"address": each.address, "place": str(each.place)} for each in config.sources],
        "destinations": [
            {"name": each.name, "path": each.path, "retention": None if each.retention is None else str(each.retention)}
            for each in config.destinations
        ],
        "lookups": [
            {"name": each.name, "path": each.path, "found": each.how, "place": str(each.place)}
            for each in config.lookups
        ],
        "views": [
            {
                "name": each.name,
                "description": each.description,
                "accelerated": each.accelerated,
                "place": str(each.place),
            }
            for each in config.views
        ],
        "holds": [_hold(each, config) for each in config.holds],
        "packs": [_pack(each) for each in bound.packs],
        "detections": _counts(bound),
        "notifiers": [{"name": each.label, "place": str(each.place)} for each in config.alerting.notifiers],
        "alerts": [_alert(each, bound) for each in config.alerting.routes],
    }


def _counts(bound: Bound) -> dict[str, int]:
    """How many detections of each kind there are; those that are switched off apart."""
    on = [each.detection for each in bound.rules if each.detection.enabled]
    kinds = {kind: sum(each.kind == kind for each in on) for kind in ("match", "threshold", "scheduled")}
    return {**kinds, "disabled": len(bound.rules) - len(on)}


def _alert(route: Route, bound: Bound) -> dict[str, Any]:
    told = [each.detection for each in bound.rules if each.detection.enabled and each.detection.alert]
    return {
        "name": route.name,
        "min_severity": str(route.min_severity),
        "notify": [each.label for each in route.notify],
        "detections": sum(route.wants(each.address, each.severity) for each in told),
        "place": str(route.place),
    }


def _print_found(found: dict[str, Any]) -> None:
    print(f"files: {', '.join(found['files'])}\n")
    packs = [{**each, "skipped": len(each["skipped"])} for each in found["packs"]]
    for section, columns in _SECTIONS.items():
        rows = packs if section == "packs" else found[section]
        if rows:
            print_rows(rows, columns)
            print()
    kinds = ", ".join(f"{count} {kind}" for kind, count in found["detections"].items() if count)
    counted = {
        "hold": len(found["holds"]),
        "detection": sum(found["detections"].values()),
        "pack": len(found["packs"]),
        "notifier": len(found["notifiers"]),
        "alert": len(found["alerts"]),
    }
    texts = [f"{count} {name}{'' if count == 1 else 's'}" for name, count in counted.items() if count]
    texts = [f"{each} ({kinds})" if "detection" in each else each for each in texts]
    print(", ".join([*texts, "no problems"]))


def _pack(pack: PackLoaded) -> dict[str, Any]:
    return {
        "name": pack.address,
        "rules": pack.count,
        "run": pack.kept,
        "left_out": [f"{count} {choice}" for choice, count in sorted(pack.left_out.items())],
        "skipped": [f"{each.file}: {each.reason}" for each in pack.skipped],
        "place": str(pack.place),
    }


def _hold(hold: Hold, config: Config) -> dict[str, Any]:
    covered = [".".join(each.key) for each in config.collections if hold.covers(*each.key)]
    if not covered:
        print(f'hold "{hold.name}" ({hold.place}) covers no collection that is configured', file=sys.stderr)
    return {"name": hold.name, "collections": covered, "reason": hold.reason, "place": str(hold.place)}
