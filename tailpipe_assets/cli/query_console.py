"""`tailpipe query` without SQL on a terminal, and with `--ide`."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING

from tailpipe_assets.cli.configured import read_config, read_outline
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.query_moment import moment_of
from tailpipe_assets.cli.query_restriction import restriction_of, zone_of
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.names import hint
from tailpipe_resources.query.render import OUTPUTS

if TYPE_CHECKING:
    import argparse

    from tailpipe_assets.console.lake import Configured
    from tailpipe_resources.query.render import Output


def run_console(args: argparse.Namespace) -> int:
    """Open the interactive console, and leave when the user does."""
    from tailpipe_assets.console.entry import open_console
    from tailpipe_assets.console.settings import Settings

    open_console(_configured(args), Settings(_output(args.output), has_header=args.header))
    return Exit.OK


def run_ide(args: argparse.Namespace) -> int:
    """Open Harlequin, and leave when the user does.

    Raises:
        UsageError: there is SQL, or no terminal.
        PluginError: Harlequin is not installed.
    """
    from tailpipe_assets.console.ide import open_ide
    from tailpipe_assets.console.terminal import is_there

    if args.sql:
        raise UsageError("--ide takes no SQL; type it there")
    if not is_there():
        raise UsageError("--ide needs a terminal")
    open_ide(_configured(args))
    return Exit.OK


def _configured(args: argparse.Namespace) -> Configured:
    from tailpipe_assets.console.lake import Configured
    from tailpipe_assets.views.opened import Asked
    from tailpipe_resources.config import find_files
    from tailpipe_resources.config.outline import Outline

    if args.param or args.timeout is not None or args.unsafe or args.separator is not None:
        raise UsageError("--param, --timeout, --unsafe and --separator belong to SQL on the command line")
    now, zone = datetime.now(UTC), zone_of(args.tz)
    asked = Asked(restriction_of(args, now, zone), moment_of(args.as_of, now, zone), args.search_path)
    load = cache(partial(read_config, args))
    outline = read_outline(args) or Outline.of(load())
    folders = tuple(dict.fromkeys(path.parent for path in find_files(args.config_path)))
    return Configured(outline, load, asked, folders, args.memory, args.tz)


def _output(name: str) -> Output:
    for output in OUTPUTS:
        if output == name:
            return output
    raise UsageError(f'--output "{name}" is none for the console{hint(name, OUTPUTS)}')
