"""Look after a lake: what happened to it.

history tells who changed a table, what and when, newest first: every commit since the table was made.

Examples:
  tailpipe lake history aws_cloudtrail_log
  tailpipe lake history aws_cloudtrail_log --limit 0 --output json

json: history gives [{"destination", "version", "time", "operation", "collection", "rows_added", "rows_removed",
"files_added", "files_removed", "run", "config", "detail"}]; config is a digest of the configuration it ran with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_assets.cli.lakes import flags_of, refuse_others

if TYPE_CHECKING:
    import argparse

_LIMIT = 20
_FLAGS = {"history": {"limit"}}
"""The flags that not every verb takes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    parser.add_argument("verb", choices=tuple(_FLAGS), help="what to do")
    parser.add_argument("names", nargs="*", metavar="TABLE", help="the table")
    parser.add_argument("--destination", metavar="NAME", help="the lake of this destination alone")
    parser.add_argument("--limit", type=int, metavar="N", help=f"history: so many commits, 0 for all ({_LIMIT})")
    parser.add_argument("--output", choices=("table", "json"), default="table", help="how to write it")


def run(args: argparse.Namespace) -> int:
    """Do what the verb says."""
    refuse_others(flags_of(args), _FLAGS, args.verb)
    from tailpipe_assets.cli import lake_history

    return lake_history.run(args, _LIMIT if args.limit is None else args.limit)
