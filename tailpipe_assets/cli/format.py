"""How bytes become records: the formats installed, and the format blocks configured.

Examples:
  tailpipe format list
  tailpipe format show regex

json: list gives {"types": [{"type", "description"}], "configured": [{"type", "name", "place"}]};
show gives {"type", "description", "options": [{"name", "type", "required", "default", "description"}]}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.configured import read_config_if_any
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import add_list_and_show, name_to_show, print_json, print_rows
from tailpipe_assets.cli.plugin_pages import described, print_plugin

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    add_list_and_show(parser, "format")


def run(args: argparse.Namespace) -> int:
    """List the formats, or show one."""
    name = name_to_show(args)
    if name is not None:
        print_plugin("format", name, output=args.output)
        return Exit.OK
    types, configured = described("format"), _configured(args)
    if args.output == "json":
        print_json({"types": types, "configured": configured})
        return Exit.OK
    print_rows(types, ("type", "description"))
    if configured:
        print()
        print_rows(configured, ("type", "name", "place"))
    return Exit.OK


def _configured(args: argparse.Namespace) -> list[dict[str, Any]]:
    config = read_config_if_any(args)
    return [
        {"type": block.type, "name": block.name, "place": str(block.place)}
        for block in (config.formats if config else ())
    ]
