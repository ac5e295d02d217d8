"""Installed sources and formats, as their declarations describe them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.listing import print_json, print_rows
from tailpipe_assets.cli.options import options_of
from tailpipe_resources import plugins
from tailpipe_resources.errors import PluginError

if TYPE_CHECKING:
    from tailpipe_resources.plugins import Kind


def described(kind: Kind) -> list[dict[str, Any]]:
    """Every installed plugin with what it says it is. One that is broken says so in place of that."""
    return [{"type": name, "description": _description(kind, name)} for name in plugins.names(kind)]


def print_plugin(kind: Kind, name: str, *, output: str) -> None:
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
