"""Log in to Turbot Pipes, so that the source pipes can read audit logs without a token in the configuration.

A page opens in the browser, where you confirm and are shown a code; type it here. Where there is no browser, open the
address on any other machine: --no-browser only shows it. The token is kept in a file below TAILPIPE_HOME that only you
can read, one for each host, and is never shown. tailpipe logout deletes it.

A token in the configuration, or in PIPES_TOKEN, goes before it: machines need no login. PIPES_HOST names another host
than pipes.turbot.com, and --host goes before that.

Examples:
  tailpipe login
  tailpipe login --no-browser
  tailpipe login --status

json: with --status {"host", "token": "environment" | "login" | null, "file", "handle", "display_name"}; handle and
display_name are null when there is no token.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tailpipe_assets.cli.exits import Exit
from tailpipe_resources.errors import UsageError

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    parser.add_argument("--host", metavar="HOST", help="where Pipes is (default: $PIPES_HOST, else pipes.turbot.com)")
    parser.add_argument("--no-browser", action="store_true", help="only show the address to be opened")
    parser.add_argument("--status", action="store_true", help="say who is logged in; exit code 1 when nobody is")
    parser.add_argument("--output", choices=("text", "json"), default="text", help="how --status writes it")


def run(args: argparse.Namespace) -> int:
    """Log in, or say who is."""
    from tailpipe_resources.sources.pipes_token import pipes_host

    host = pipes_host(args.host)
    if args.status:
        return _status(host, output=args.output)
    if args.output == "json":
        raise UsageError("--output json belongs to --status")
    return _log_in(host, browser=not args.no_browser)


def _log_in(host: str, *, browser: bool) -> int:
    from tailpipe_resources.sources.pipes_login import actor_of, begin, finish
    from tailpipe_resources.sources.pipes_token import save_token

    if not sys.stdin.isatty():
        raise UsageError(
            "logging in asks for a code, and there is no terminal to type it at. Set PIPES_TOKEN to a token made at "
            f"{host}, or run tailpipe login in a terminal"
        )
    login = begin(host)
    _say(f"Confirm this login at\n\n  {login.address}\n")
    if browser:
        _open(login.address)
    token = finish(login, _code())
    actor = actor_of(host, token)
    path = save_token(host, token)
    _say(f"Logged in to {host} as {actor}. The token is in {path}.")
    if os.environ.get("PIPES_TOKEN"):
        _say("PIPES_TOKEN is set and goes before it.")
    return Exit.OK


def _status(host: str, *, output: str) -> int:
    from tailpipe_assets.cli.listing import print_json
    from tailpipe_resources.sources.pipes_login import actor_of
    from tailpipe_resources.sources.pipes_token import saved_token, token_file

    given = os.environ.get("PIPES_TOKEN")
    token = given or saved_token(host)
    actor = None if token is None else actor_of(host, token)
    where = None if token is None else "environment" if given else "login"
    if output == "json":
        print_json(
            {
                "host": host,
                "token": where,
                "file": str(token_file(host)) if where == "login" else None,
                "handle": actor.handle if actor else None,
                "display_name": actor.display_name if actor else None,
            }
        )
    elif actor is None:
        print(f"nobody is logged in to {host}")
    else:
        print(f"logged in to {host} as {actor}, by {'PIPES_TOKEN' if given else token_file(host)}")
    return Exit.OK if actor is not None else Exit.FAILED


def _code() -> str:
    sys.stderr.write("Code: ")
    sys.stderr.flush()
    code = sys.stdin.readline().strip()
    if not code:
        raise UsageError("no code was typed; nobody was logged in")
    return code


def _open(address: str) -> None:
    import webbrowser

    try:
        webbrowser.open(address)
    except webbrowser.Error:
        _say("No browser could be opened; open it yourself.")


def _say(text: str) -> None:
    print(text, file=sys.stderr)
