"""What is collected: each collection with its source and destination. And deleting what was collected.

delete takes whole days out of the lake, with their rejects, for good: they cannot be read as of an earlier time either.
It asks before it does. It also finds collections that are no longer configured. SELECTOR is a collection, a table or
table.collection, with shell wildcards if you like.

Without --from and --to everything goes, and what is known of its artifacts is forgotten: the next collect brings in
all that the source still has. With them, only UTC days that lie wholly in the window go, and their artifacts count as
collected: collect does not bring them back, unless an artifact changes or --overwrite asks for it. A hold in the
configuration that covers any of it stops delete before anything is touched.

Examples:
  tailpipe collection list
  tailpipe collection show aws_cloudtrail_log.production
  tailpipe collection delete http_log.old --dry-run
  tailpipe collection delete http_log.web --to 2023-12-31 --yes

json: list gives [{"collection", "source", "destination", "enabled", "runs", "filters", "place"}]; show gives one of
them with "prefix", "format", "start", "lookback", "tp_index", "enrich", "expect_every", "compact" and "retention"
besides.
Secrets are never shown. delete gives {"deleted", "collections": [{"collection", "destination", "first_day",
"last_day", "days", "files", "rows", "rejected", "bytes"}]}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.configured import read_config
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import name_to_show, print_facts, print_json, print_rows
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.names import hint
from tailpipe_resources.model.pace import interval_text
from tailpipe_resources.model.window import duration_text

if TYPE_CHECKING:
    import argparse

    from tailpipe_resources.model.config import Collection


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    parser.add_argument("verb", choices=("list", "show", "delete"), help="all, everything about one, or delete rows")
    parser.add_argument("name", nargs="?", metavar="NAME", help="the collection to show, or the SELECTOR to delete")
    parser.add_argument("--output", choices=("pretty", "json"), default="pretty", help="how to write it")
    deleting = parser.add_argument_group("delete")
    deleting.add_argument("--from", dest="start", metavar="TIME", help="leave days before this time alone")
    deleting.add_argument("--to", dest="end", metavar="TIME", help="leave days after this time alone")
    deleting.add_argument("--dry-run", action="store_true", help="show what would go, and delete nothing")
    deleting.add_argument("--yes", action="store_true", help="do not ask")


def run(args: argparse.Namespace) -> int:
    """List the collections, show one, or delete what was collected."""
    if args.verb == "delete":
        from tailpipe_assets.cli.collection_delete import run_delete

        return run_delete(args)
    if args.start or args.end or args.dry_run or args.yes:
        raise UsageError("--from, --to, --dry-run and --yes belong to delete")
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
        "runs": str(collection.pace),
        "filters": [each.where for each in collection.filters],
        "place": str(collection.place),
    }


def _page(collection: Collection) -> dict[str, Any]:
    form, pace = collection.format, collection.pace
    return {
        **row_of(collection),
        "prefix": collection.prefix,
        "format": form if isinstance(form, str) or form is None else f"format.{form.type}.{form.name}",
        "start": collection.start.isoformat() if collection.start else None,
        "lookback": duration_text(collection.lookback),
        "tp_index": collection.tp_index,
        "enrich": [
            f"{', '.join(each.columns)} by {', '.join(each.on)} from lookup.{each.lookup.name}"
            for each in collection.enrichments
        ],
        "expect_every": None if pace.expect_every is None else interval_text(pace.expect_every),
        "compact": pace.compact,
        "retention": _retention(collection),
    }


def _retention(collection: Collection) -> str | None:
    found = collection.retention or collection.destination.retention
    return None if found is None else str(found)


def _print_list(rows: list[dict[str, Any]], *, output: str) -> None:
    if output == "json":
        print_json(rows)
    else:
        print_rows(rows, ("collection", "source", "destination", "enabled", "runs", "place"))
