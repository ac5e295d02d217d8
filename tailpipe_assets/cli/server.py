"""Run Dagster with your configuration: its web UI, its schedules and its queue of runs, until Ctrl-C.

Runs of `tailpipe collect` in a shell are shown there too. A changed configuration is taken over within seconds; one
with problems is not, and the last good one stays in use.

Examples:
  tailpipe server
  tailpipe server --port 3001 --read-only
  tailpipe server status
  tailpipe server status --output json

The web UI has no login of its own. For one, set TAILPIPE_SERVER_TOKEN=<at least 16 characters>, or
TAILPIPE_SERVER_LOGIN=user:password. They are never flags, because `ps` shows those to everyone.

The address goes to stdout once it answers, everything else to stderr; what children write is in
$TAILPIPE_HOME/server/logs. `status` ends with 0 when all is well, and with 1 when it is not or no server runs.

json of status: {"running", "healthy", "pid", "address", "started", "read_only", "problems": [...], "children":
[{"name", "pid", "since", "restarts", "last_exit", "memory"}], "code_location", "daemons": {name: is well},
"schedules_running", "runs": {"queued", "under_way", "last_failed": {"run", "at"}}}.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tailpipe_assets.cli.exits import Exit
from tailpipe_resources.errors import UsageError

if TYPE_CHECKING:
    import argparse

_LARGEST_PORT = 65535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    parser.add_argument("verb", nargs="?", choices=("status",), help="ask how the running server is doing")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at (default: this machine only)")
    parser.add_argument("--port", type=int, default=3000, help="the port to listen at (default: 3000)")
    parser.add_argument("--i-know", action="store_true", help="listen beyond this machine without a login")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name that browsers reach it by, such as a proxy's; may be repeated",
    )
    parser.add_argument("--read-only", action="store_true", help="show everything, let the web UI change nothing")
    parser.add_argument(
        "--keep-runs",
        default=os.environ.get("TAILPIPE_RUNS_KEPT_DAYS", "30d"),
        metavar="SPAN",
        help="how long Dagster remembers runs, such as 30d or 8W; what each day last showed stays (default: 30d)",
    )
    parser.add_argument(
        "--postgres",
        default="",
        metavar="URL",
        help="keep runs in this PostgreSQL database; a URL with a password goes into TAILPIPE_DAGSTER_POSTGRES",
    )
    parser.add_argument("--no-open", action="store_true", help="do not open a browser")
    parser.add_argument("--verbose", action="store_true", help="show all that the children write")
    parser.add_argument("--output", choices=("pretty", "json"), default="pretty", help="how status writes it")


def run(args: argparse.Namespace) -> int:
    """Run the server, or ask how it is doing."""
    if args.verb == "status":
        from tailpipe_assets.cli.server_status import show_status

        return show_status(args.output)
    return _serve(args)


def _serve(args: argparse.Namespace) -> int:
    from tailpipe_assets.cli.configured import variables_of
    from tailpipe_assets.server.login import Login
    from tailpipe_assets.server.serving import serve
    from tailpipe_assets.server.settings import Settings

    if not 0 < args.port <= _LARGEST_PORT:
        raise UsageError(f"--port {args.port}: ports are numbers from 1 to {_LARGEST_PORT}")
    settings = Settings(
        host=args.host.strip("[]"),
        port=args.port,
        names=tuple(name.lower() for name in args.allow_host),
        read_only=args.read_only,
        postgres=_without_password(args.postgres),
        keep_runs=_days(args.keep_runs),
        verbose=args.verbose,
        config_path=args.config_path,
        variables=variables_of(args.var),
    )
    settings.check_reach(has_login=Login.of(os.environ) is not None, knows=args.i_know)

    def ready() -> None:
        print(settings.address, flush=True)
        if not args.no_open and sys.stdout.isatty():
            _open(settings.address)

    serve(settings, ready)
    return Exit.OK


def _days(text: str) -> int:
    from tailpipe_resources.model.window import parse_duration

    try:
        days = parse_duration(f"{text}d" if text.isdigit() else text).days
    except ValueError as error:
        raise UsageError(f"--keep-runs {text}: {error}") from None
    if days < 1:
        raise UsageError(f"--keep-runs {text}: runs are kept for one day at least")
    return days


def _without_password(url: str) -> str:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        secret = parts.password is not None or "password" in parts.query
    except ValueError:
        raise UsageError("--postgres: write postgresql://user@host:5432/database") from None
    if url and not parts.scheme.startswith("postgres"):
        raise UsageError("--postgres: write postgresql://user@host:5432/database")
    if secret:
        raise UsageError(
            "--postgres: everyone on this machine can read a password on a command line; set "
            "TAILPIPE_DAGSTER_POSTGRES to the URL instead, or keep the password in ~/.pgpass"
        )
    return url


def _open(address: str) -> None:
    import webbrowser

    webbrowser.open(address)
