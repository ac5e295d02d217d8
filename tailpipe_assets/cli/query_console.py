"""`tailpipe query` without SQL on a terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING

from tailpipe_assets.cli.configured import read_config, read_outline
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.query_moment import moment_of

if TYPE_CHECKING:
    import argparse


def run_console(args: argparse.Namespace) -> int:
    """Open the interactive console, and leave when the user does."""
    from tailpipe_assets.console.entry import open_console
    from tailpipe_assets.console.lake import Configured
    from tailpipe_assets.console.settings import Settings
    from tailpipe_resources.config import find_files
    from tailpipe_resources.config.outline import Outline

    moment = moment_of(args.as_of, datetime.now(UTC))
    load = cache(partial(read_config, args))
    outline = read_outline(args) or Outline.of(load())
    folders = tuple(dict.fromkeys(path.parent for path in find_files(args.config_path)))
    open_console(Configured(outline, load, moment, folders), Settings(args.output, has_header=args.header))
    return Exit.OK
