"""Log out of Turbot Pipes: delete the token that tailpipe login saved.

The token itself stays valid until it is withdrawn at Pipes.

Examples:
  tailpipe logout
  tailpipe logout --host pipes.example.com
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tailpipe_assets.cli.exits import Exit

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    parser.add_argument("--host", metavar="HOST", help="where Pipes is (default: $PIPES_HOST, else pipes.turbot.com)")


def run(args: argparse.Namespace) -> int:
    """Delete the token."""
    from tailpipe_resources.sources.pipes_token import forget_token, pipes_host

    host = pipes_host(args.host)
    had = forget_token(host)
    print(f"logged out of {host}" if had else f"nobody was logged in to {host}", file=sys.stderr)
    if os.environ.get("PIPES_TOKEN"):
        print("PIPES_TOKEN is set and still lets you in.", file=sys.stderr)
    return Exit.OK
