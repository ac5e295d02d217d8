"""Where logs can come from: the types of sources installed, and the sources configured.

Examples:
  tailpipe source list
  tailpipe source show aws_s3
  tailpipe source list --output json

json: list gives {"types": [{"type", "description"}], "configured": [{"address", "type", "name", "place"}]};
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
    add_list_and_show(parser, "type of source")


def run(args: argparse.Namespace) -> int:
    """List the sources, or show one type of them."""
    return list_or_show(args, "source", partial(_configured, args), ("address", "place"))


def _configured(args: argparse.Namespace) -> list[dict[str, Any]]:
    config = read_config_if_any(args)
    return [
        {"address": source.address, "type": source.type, "name": source.name, "place": str(source.place)}
        for source in (config.sources if config else ())
    ]
