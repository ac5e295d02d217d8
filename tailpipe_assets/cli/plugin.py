"""Plugins: the sources, formats and tables that are installed, and the package each came with.

Ours and those of others come through the same door, entry points of Python packages. One that does not import is
named with the reason; it stops only what uses it. docs/plugins.md shows how to write one.

Examples:
  tailpipe plugin list
  tailpipe plugin show table.aws_cloudtrail_log
  tailpipe plugin list --output json

json: list gives [{"kind", "name", "package", "object", "works", "description"}], show one of them.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import add_list_and_show, name_to_show, print_facts, print_json, print_rows
from tailpipe_resources import plugins
from tailpipe_resources.errors import PluginError, UsageError
from tailpipe_resources.model.names import hint

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    add_list_and_show(parser, "plugin, as kind.name")


def run(args: argparse.Namespace) -> int:
    """List the plugins, or show one."""
    name = name_to_show(args)
    found = [_facts(each) for each in plugins.installed()]
    if name is None:
        return _list(found, args.output)
    chosen = [each for each in found if name in (each["name"], f"{each['kind']}.{each['name']}")]
    if not chosen:
        raise UsageError(f'no plugin is called "{name}"{hint(name, [str(each["name"]) for each in found])}')
    kinds = " or ".join(dict.fromkeys(f"{each['kind']}.{each['name']}" for each in chosen))
    if " or " in kinds:
        raise UsageError(f'"{name}" is the name of several: write {kinds}')
    if args.output == "json":
        print_json(chosen[0])
    else:
        print_facts(chosen[0])
    return Exit.OK if chosen[0]["works"] else Exit.USAGE


def _list(found: list[dict[str, Any]], output: str) -> int:
    if output == "json":
        print_json(found)
        return Exit.OK
    print_rows(found, ("kind", "name", "package", "description"))
    for fault in dict.fromkeys(each["description"] for each in found if not each["works"]):
        print(f"warning: {fault}", file=sys.stderr)
    return Exit.OK


def _facts(plugin: plugins.Plugin) -> dict[str, Any]:
    try:
        description, works = str(plugins.load(plugin.kind, plugin.name).description), True
    except PluginError as error:
        description, works = str(error), False
    return {**asdict(plugin), "works": works, "description": description}
