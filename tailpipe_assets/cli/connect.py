"""Let another program ask the collected logs: write a script that makes every view, and print its path.

Any program that runs DuckDB 1.4 or later can run it. It needs no extension for a lake on a disk; for one in a bucket it
loads httpfs and aws, and finds keys the way AWS's own programs do: none is written into the script.

Examples:
  duckdb --init "$(tailpipe connect)"
  tailpipe connect --from T-7d --collection production
  tailpipe connect --output json

The views show this moment: what is collected later is seen by connecting again. Their files stay for as long as --keep
says, even if they are compacted or replaced meanwhile; in a bucket they stay for a day. Until then programs that read
the folders by a pattern see compacted rows twice, so keep it short where there are some.

json: {"init_script_path": "..."}, and {"error": "..."} when it fails, as Turbot's Tailpipe writes it, so that
Powerpipe's tailpipe connection works unchanged. Scripts of earlier calls are removed after a day.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tailpipe_assets.cli.exits import Exit, exit_of
from tailpipe_assets.cli.listing import print_json
from tailpipe_assets.cli.query import add_view_filters
from tailpipe_resources.errors import TailpipeError

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    add_view_filters(parser)
    parser.add_argument(
        "--keep", default="1h", metavar="SPAN", help="how long the files stay: 30M, 1h, 1d at most (default: 1h)"
    )
    parser.add_argument("--output", choices=("text", "json"), default="text", help="how to write it (default: text)")


def run(args: argparse.Namespace) -> int:
    """Write the script."""
    from tailpipe_assets.cli.connect_script import connect_script

    try:
        path, told = connect_script(args)
    except TailpipeError as error:
        if args.output == "text":
            raise
        print_json({"error": str(error)})
        return exit_of(error)
    if args.output == "json":
        print_json({"init_script_path": path})
    else:
        print(path)
        print(told, file=sys.stderr)
    return Exit.OK
