"""What is collected: each collection with its source and destination.

Examples:
  tailpipe collection list
  tailpipe collection show aws_cloudtrail_log.production

json: list gives [{"collection", "source", "destination", "enabled", "filters", "place"}]; show gives one of them with
"prefix", "format", "start" and "tp_index" besides. Secrets are never shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.configured import read_config
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import add_list_and_show, name_to_show, print_facts, print_json, print_rows
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.names import hint
from tailpipe_resources.model.window import duration_text

if TYPE_CHECKING:
    import argparse

    from tailpipe_resources.model.config import Collection


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    add_list_and_show(parser, "collection, as table.name,")


def run(args: argparse.Namespace) -> int:
    """List the collections, or show one."""
    name = name_to_show(args)
    collections = {".".join(each.key): each for each in read_config(args).collections}
    if name is None:
        _print_list([row_of(each) for each in collections.values()], output=args.output)
        return Exit.OK
    if name not in collections:
        raise UsageError(f'no collection is called "{name}"{hint(name, collections)}')
    show = print_json if args.output == "json" else print_facts
    show(_page(collections[name]))
    return Exit.OK


def row_of(collection: Collection) -> dict[str, Any]:
    """What a list says of a collection."""
    return {
        "collection": ".".join(collection.key),
        "source": collection.source.address,
        "destination": collection.destination.path,
        "enabled": collection.enabled,
        "filters": [each.where for each in collection.filters],
        "place": str(collection.place),
    }


def _page(collection: Collection) -> dict[str, Any]:
    form = collection.format
    return {
        **row_of(collection),
        "prefix": collection.prefix,
        "format": form if isinstance(form, str) or form is None else f"format.{form.type}.{form.name}",
        "start": collection.start.isoformat() if collection.start else None,
        "lookback": duration_text(collection.lookback),
        "tp_index": collection.tp_index,
    }


def _print_list(rows: list[dict[str, Any]], *, output: str) -> None:
    if output == "json":
        print_json(rows)
    else:
        print_rows(rows, ("collection", "source", "destination", "enabled", "place"))
