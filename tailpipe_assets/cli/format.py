"""How bytes become records: the formats installed, and the format blocks configured.

Examples:
  tailpipe format list
  tailpipe format show regex

json: list gives {"types": [{"type", "description"}], "configured": [{"type", "name", "place"}]};
show gives {"type", "description", "options": [{"name", "type", "required", "default", "description"}]}.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.configured import read_config_if_any
from tailpipe_assets.cli.listing import add_list_and_show
from tailpipe_assets.cli.plugin_pages import list_or_show

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    add_list_and_show(parser, "format")


def run(args: argparse.Namespace) -> int:
    """List the formats, or show one."""
    return list_or_show(args, "format", partial(_configured, args), ("type", "name", "place"))


def _configured(args: argparse.Namespace) -> list[dict[str, Any]]:
    config = read_config_if_any(args)
    return [
        {"type": block.type, "name": block.name, "place": str(block.place)}
        for block in (config.formats if config else ())
    ]
