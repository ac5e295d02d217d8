"""Where logs can come from: the types of sources installed, and the sources configured.

test tries one that is configured: as whom it reads, whether it can list and read an artifact, and where it may not,
the smallest permission that would let it. Nothing is collected.

Examples:
  tailpipe source list
  tailpipe source test logs
  tailpipe source show aws_s3
  tailpipe source list --output json

json: list gives {"types": [{"type", "description"}], "configured": [{"address", "type", "name", "place"}]};
show gives {"type", "description", "options": [{"name", "type", "required", "default", "description"}]};
test gives [{"step", "ok", "said", "permission"}].
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
    add_list_and_show(parser, "type of source; test: the source that is configured", others=("test",))


def run(args: argparse.Namespace) -> int:
    """List the sources, show one type of them, or try one."""
    if args.verb == "test":
        from tailpipe_assets.cli.source_test import run as test

        return test(args)
    return list_or_show(args, "source", partial(_configured, args), ("address", "place"))


def _configured(args: argparse.Namespace) -> list[dict[str, Any]]:
    config = read_config_if_any(args)
    return [
        {"address": source.address, "type": source.type, "name": source.name, "place": str(source.place)}
        for source in (config.sources if config else ())
    ]
