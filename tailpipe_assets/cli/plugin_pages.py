"""Installed sources and formats, as their declarations describe them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import name_to_show, print_json, print_rows
from tailpipe_assets.cli.options import options_of
from tailpipe_resources import plugins
from tailpipe_resources.errors import PluginError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from tailpipe_resources.plugins import Kind


def list_or_show(
    args: argparse.Namespace, kind: Kind, configured: Callable[[], list[dict[str, Any]]], columns: Sequence[str]
) -> int:
    """Print all plugins of a kind and the blocks configured of it, or the one plugin that is named.

    Args:
        args: the command's flags.
        kind: which plugins.
        configured: gives the blocks, each with its `type`, `name` and `place` at least.
        columns: what of a block the table shows.
    """
    name = name_to_show(args)
    if name is not None:
        _print_plugin(kind, name, output=args.output)
        return Exit.OK
    types, blocks = _described(kind), configured()
    if args.output == "json":
        print_json({"types": types, "configured": blocks})
        return Exit.OK
    print_rows(types, ("type", "description"))
    if blocks:
        print()
        print_rows(blocks, columns)
    return Exit.OK


def _described(kind: Kind) -> list[dict[str, Any]]:
    """Every installed plugin with what it says it is. One that is broken says so in place of that."""
    return [{"type": name, "description": _description(kind, name)} for name in plugins.names(kind)]


def _print_plugin(kind: Kind, name: str, *, output: str) -> None:
    """One plugin with its options.

    Raises:
        PluginError: there is none of that name.
    """
    plugin = plugins.load(kind, name)
    options = options_of(plugin.options)
    if output == "json":
        print_json({"type": name, "description": plugin.description, "options": options})
        return
    print(f"{name}: {plugin.description}")
    if options:
        print()
        print_rows(options, ("name", "type", "required", "default", "description"))


def _description(kind: Kind, name: str) -> str:
    try:
        return str(plugins.load(kind, name).description)
    except PluginError as error:
        return str(error)
