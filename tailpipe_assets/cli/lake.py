"""Look after a lake: whether it is whole, putting right what is not, and what happened to it.

check reads every row and compares files, log and ledgers with each other; --quick leaves the rows unread. Collecting
and asking may go on meanwhile. It leaves with 0 when no error was found, else with 1; warnings are what the next run
tidies up, and change nothing that queries see.

repair does what is safe: it moves torn files of the log aside where they are not needed, finishes or discards what
runs left that are gone, and puts files away that no version shows. Nothing else is touched; what it cannot mend it
says, and docs/lake.md tells how to restore it.

history tells who changed a table, what and when, newest first: every commit since the table was made.

Examples:
  tailpipe lake check
  tailpipe lake check 'aws_*' http_log.web --quick
  tailpipe lake repair --dry-run
  tailpipe lake history aws_cloudtrail_log --limit 0 --output json

json: check gives [{"destination", "table", "severity", "what", "where", "advice", "repairable"}], with severity error
or warning; repair gives {"done": [sentence], "left": [as check]}; history gives [{"destination", "version", "time",
"operation", "collection", "rows_added", "rows_removed", "files_added", "files_removed", "run", "config", "detail"}],
with config a digest of the configuration it ran with.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from tailpipe_assets.cli.lakes import flags_of, refuse_others

if TYPE_CHECKING:
    import argparse

_FLAGS = {"check": {"quick"}, "repair": {"dry_run", "yes"}, "history": {"limit"}}
"""The flags that not every verb takes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    parser.add_argument("verb", choices=tuple(_FLAGS), help="what to do")
    parser.add_argument(
        "names", nargs="*", metavar="TABLE", help="tables, or table.collection for check; all when none is named"
    )
    parser.add_argument("--destination", metavar="NAME", help="the lake of this destination alone")
    parser.add_argument("--quick", action="store_true", help="check: read no rows")
    parser.add_argument("--dry-run", action="store_true", help="repair: say what would be done, and do nothing")
    parser.add_argument("--yes", action="store_true", help="repair: do not ask first")
    parser.add_argument("--limit", type=int, metavar="N", help="history: so many commits; 0 for all, 20 when not given")
    parser.add_argument("--output", choices=("table", "json"), default="table", help="how to write it")


def run(args: argparse.Namespace) -> int:
    """Do what the verb says."""
    refuse_others(flags_of(args), _FLAGS, args.verb)
    code: int = import_module(f"tailpipe_assets.cli.lake_{args.verb}").run(args)
    return code
