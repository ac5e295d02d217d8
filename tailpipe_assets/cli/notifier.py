"""Who is told of alerts: the notifiers that are configured, and whether they work.

test sends a message that says it is a test, and leaves with 3 when it did not arrive.

Examples:
  tailpipe notifier list
  tailpipe notifier test slack.secops

json: list gives [{"notifier", "type", "alerts", "place"}], with the alert blocks that name it; test gives {"notifier",
"delivered", "error"}.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.configured import read_config
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import print_json, print_rows
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.names import hint

if TYPE_CHECKING:
    import argparse

    from tailpipe_resources.model.alerting import Alerting, Notifier


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    parser.add_argument("verb", choices=("list", "test"), help="all of them, or send one a test message")
    parser.add_argument("name", nargs="?", metavar="NAME", help="test: the notifier, such as slack.secops")
    parser.add_argument("--output", choices=("pretty", "json"), default="pretty", help="how to write it")


def run(args: argparse.Namespace) -> int:
    """List the notifiers, or try one."""
    alerting = read_config(args).alerting
    if args.verb == "list":
        if args.name is not None:
            raise UsageError(f'list takes no name; did you mean "test {args.name}"?')
        return _list(alerting, args.output)
    if args.name is None:
        raise UsageError("test needs a name; list shows which there are")
    found = alerting.notifier(args.name)
    if found is None:
        known = [each.label for each in alerting.notifiers]
        raise UsageError(f'no notifier is called "{args.name}"{hint(args.name, known)}')
    return _test(found, args.output)


def _list(alerting: Alerting, output: str) -> int:
    rows: list[dict[str, Any]] = [
        {
            "notifier": each.label,
            "type": each.type,
            "alerts": [route.name for route in alerting.routes if each in route.notify],
            "place": str(each.place),
        }
        for each in alerting.notifiers
    ]
    if output == "json":
        print_json(rows)
    elif rows:
        print_rows(rows, ("notifier", "type", "alerts", "place"))
    else:
        print("the configuration has no notifier block", file=sys.stderr)
    return Exit.OK


def _test(notifier: Notifier, output: str) -> int:
    from tailpipe_assets.alerts.sending import send
    from tailpipe_assets.alerts.trial import trial
    from tailpipe_assets.alerts.undelivered import Undelivered

    error = None
    try:
        send(notifier, trial(notifier))
    except Undelivered as undelivered:
        error = undelivered.reason
    if output == "json":
        print_json({"notifier": notifier.label, "delivered": error is None, "error": error})
    elif error is None:
        print(f"{notifier.label}: delivered", file=sys.stderr)
    if error is not None:
        print(f"tailpipe: {notifier.address} ({notifier.place}): {error}", file=sys.stderr)
    return Exit.OK if error is None else Exit.SOURCE
