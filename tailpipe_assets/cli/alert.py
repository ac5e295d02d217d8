"""See to alerts: findings of a detection that belong together, and whether somebody was told of them.

list shows them, the newest first; show tells everything about one. ack says that somebody is at it: it is told again
only when it gets worse. close says what it was; nothing more is told of it, and what happens afterwards is another
alert. For what was no attack it prints the block that keeps it from coming again. Both are kept in the lake. An alert
is named by its id, or by how that begins.

deliver tells the notifiers what is due; `tailpipe server`, `collect` and `collect --follow` do that by themselves.
status tells what waits, what failed, and how Tailpipe itself is. Both leave with 1 while there are dead letters:
notifications that were given up after many attempts; deliver --retry-dead tries them once more.

Examples:
  tailpipe alert list --state open --severity high
  tailpipe alert show 3f9a
  tailpipe alert ack 3f9a
  tailpipe alert close 3f9a --as false_positive --reason "CI recreates test trails, SEC-142"
  tailpipe alert status --output json
  tailpipe alert deliver

json: list gives [{"alert", "state", "severity", "title", "detection", "key", "table", "collection", "actors",
"source_ips", "resources", "rows", "findings", "first_seen", "last_seen", "told", "waiting", "dead", "mitre", "authors",
"finding_ids", "query", "run_url", "events"}], show one of these; ack and close give {"alert", "state"}, close also
"exception"; status gives {"pending", "sent", "dead", "oldest_pending_seconds", "notifiers", "conditions",
"dead_letters"}; deliver gives {"new", "sent", "failed", "left", "dead", "troubles"}.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from tailpipe_assets.cli.lakes import flags_of, refuse_others
from tailpipe_resources.errors import UsageError

if TYPE_CHECKING:
    import argparse

_FLAGS = {
    "list": {"state", "severity", "detection", "since", "limit"},
    "show": set[str](),
    "ack": {"by"},
    "close": {"verdict", "reason", "by"},
    "status": set[str](),
    "deliver": {"retry_dead"},
}
"""The flags that not every verb takes."""

_NAMED = {"show", "ack", "close"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    parser.add_argument("verb", choices=tuple(_FLAGS), help="what to do")
    parser.add_argument("names", nargs="*", metavar="ID", help="show, ack, close: the alert")
    parser.add_argument("--state", choices=("open", "acknowledged", "closed"), help="list: only those")
    parser.add_argument(
        "--severity", choices=("info", "low", "medium", "high", "critical"), help="list: only those, and worse"
    )
    parser.add_argument("--detection", metavar="PATTERN", help="list: of detections that are called so")
    parser.add_argument("--since", metavar="TIME", help="list: found since then, such as T-7d")
    parser.add_argument("--limit", type=int, metavar="N", help="list: so many; 0 for all, 50 when not given")
    parser.add_argument(
        "--as",
        dest="verdict",
        choices=("true_positive", "false_positive", "benign"),
        help="close: what it was",
    )
    parser.add_argument("--reason", metavar="TEXT", help="close: why")
    parser.add_argument("--by", metavar="NAME", help="ack, close: who; the user of this session when not given")
    parser.add_argument("--retry-dead", action="store_true", help="deliver: also what was given up")
    parser.add_argument("--output", choices=("pretty", "json"), default="pretty", help="how to write it")


def run(args: argparse.Namespace) -> int:
    """Do what the verb says."""
    refuse_others(flags_of(args), _FLAGS, args.verb)
    if args.verb in _NAMED and not args.names:
        raise UsageError(f"{args.verb} needs an alert; write tailpipe alert {args.verb} ID")
    if args.verb not in _NAMED and args.names:
        raise UsageError(f'{args.verb} takes no id; did you mean "show {args.names[0]}"?')
    code: int = import_module(f"tailpipe_assets.cli.alert_{args.verb}").run(args)
    return code
