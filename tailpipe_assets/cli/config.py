"""Check the configuration: read every file, plan every collection, and say everything that is wrong at once.

Examples:
  tailpipe config check
  tailpipe --config-path ./hcl --var day=2024-02-07 config check --output json

json: {"files": [...], "collections": [...], "sources": [{"address", "place"}], "destinations": [{"name", "path"}]},
collections as `tailpipe collection list` gives them. Problems go to stderr, one a line; the exit code is then 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.collection import row_of
from tailpipe_assets.cli.configured import read_config
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import print_json, print_rows
from tailpipe_resources.model.place import Problems

if TYPE_CHECKING:
    import argparse

    from tailpipe_resources.model.config import Config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    parser.add_argument("verb", choices=("check",), help="read it all, run nothing")
    parser.add_argument("--output", choices=("pretty", "json"), default="pretty", help="how to write what was found")


def run(args: argparse.Namespace) -> int:
    """Check the configuration and list what it holds."""
    from tailpipe_assets.pipeline.plan import plan

    problems = Problems()
    config = read_config(args, problems=problems)
    plan(config, problems=problems)
    problems.raise_any()
    found = _found(config)
    if args.output == "json":
        print_json(found)
    else:
        _print_found(found)
    return Exit.OK


def _found(config: Config) -> dict[str, list[Any]]:
    return {
        "files": list(config.files),
        "collections": [row_of(each) for each in config.collections],
        "sources": [{"address": each.address, "place": str(each.place)} for each in config.sources],
        "destinations": [{"name": each.name, "path": each.path} for each in config.destinations],
    }


def _print_found(found: dict[str, list[Any]]) -> None:
    print(f"files: {', '.join(found['files'])}\n")
    print_rows(found["collections"], ("collection", "source", "destination", "enabled", "place"))
    print()
    print_rows(found["sources"], ("address", "place"))
    print()
    print_rows(found["destinations"], ("name", "path"))
    print("\nno problems")
