"""What can be asked with SQL: every table, and the views there are of them.

A view is written schema.name, or its name alone where it stands in main: http_log, production.http_log,
"123456789012".aws_cloudtrail_log. Of many values of tp_index only those that are named with show are listed.

refresh makes the copies of accelerated views anew where they are not current: of those that are named, by the labels
of their blocks, or of all. Queries go on meanwhile with the copy they have. Ctrl-C leaves the copies that are there.
Without a name it also removes copies that no accelerated view has any more.

Examples:
  tailpipe view list
  tailpipe view list --schema production
  tailpipe view show aws_cloudtrail_log
  tailpipe view show '123456789012.aws_cloudtrail_log' --output json
  tailpipe view refresh
  tailpipe view refresh datatank

json: list gives [{"schema", "name", "kind", "description", "tables", "files", "rows", "bytes"}], `kind` being table,
all, collection, index, period or query; show gives one of them with "sources" (the collections), "snapshot" (the
table's version), "first" and "last" (when its events happened), "copy" (of an accelerated view: {"state", "made",
"why"}, `state` being copy, joined with what came since, or live), "sql" and "columns": [{"name", "type",
"description"}]. Of the kinds period and query, list gives no files, rows and bytes: only asking tells them, as show
does. refresh gives {"views": [{"view", "result", "rows", "bytes", "seconds", "made", "parts": {view: rows},
"versions": [{"lake", "table", "version"}], "failure"}], "removed": [view]}, `result` being refreshed, current, failed
or cancelled, and `versions` those of the tables that the copy stands for.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.configured import read_config, read_outline
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import name_to_show, print_facts, print_json, print_rows
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.names import hint, quote

if TYPE_CHECKING:
    import argparse

    from tailpipe_assets.views.opened import OpenViews
    from tailpipe_resources.query.accelerating import Use
    from tailpipe_resources.query.layers import Layer

_LISTED = ("schema", "name", "kind", "description", "tables", "files", "rows", "bytes")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    import argparse

    parser.add_argument("verb", choices=("list", "show", "refresh"), help="all, everything about one, or copies anew")
    parser.add_argument("name", nargs="*", metavar="NAME", help="the view to show, or the view blocks to refresh")
    parser.add_argument("--output", choices=("pretty", "json"), default="pretty", help="how to write it")
    parser.add_argument("--schema", metavar="NAME", help="list only the views of this schema")
    parser.add_argument("--memory", metavar="SIZE", help="refresh with no more than this, such as 2GB")
    parser.add_argument(
        "--progress",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="of refresh: tell on stderr how far it is (on unless said)",
    )


def run(args: argparse.Namespace) -> int:
    """List the views, or show one."""
    from tailpipe_assets.views.opened import open_views
    from tailpipe_resources.config.outline import Outline

    _check(args)
    if args.verb == "refresh":
        from tailpipe_assets.cli.view_refresh import run_refresh

        args.progress = args.progress is not False
        return run_refresh(args)
    args.name = args.name[0] if args.name else None
    name = name_to_show(args)
    load = partial(read_config, args)
    with open_views(read_outline(args) or Outline.of(load()), load) as opened:
        if name is None:
            _list(opened, args)
        else:
            layer = _named(opened, name)
            page = {**_page(opened, layer), **_counted(opened, layer)}
            (print_json if args.output == "json" else _print_page)(page)
    return Exit.OK


def _check(args: argparse.Namespace) -> None:
    if args.verb != "refresh" and len(args.name) > 1:
        raise UsageError(f"{args.verb} takes one name")
    if args.verb != "list" and args.schema is not None:
        raise UsageError("--schema belongs to list")
    if args.verb != "refresh" and (args.memory is not None or args.progress is not None):
        raise UsageError("--memory and --progress belong to refresh")


def _list(opened: OpenViews, args: argparse.Namespace) -> None:
    from tailpipe_assets.cli.query_answers import say

    catalog = opened.catalog
    if args.schema is not None and args.schema not in catalog.schemas:
        raise UsageError(f'no schema is called "{args.schema}"{hint(args.schema, catalog.schemas)}')
    views = [each for each in catalog.views if args.schema in (None, each.schema)]
    rows = [{key: page[key] for key in _LISTED} for page in (_page(opened, each) for each in views)]
    if args.output == "json":
        print_json(rows)
    else:
        print_rows(rows, ("schema", "name", "kind", "rows", "files", "description"))
    for reason in catalog.lost:
        say(reason)
    listed = {each.schema for each in catalog.views}
    unlisted = sum(index not in listed for index in catalog.indexes)
    if unlisted and args.schema is None:
        say(f'and a schema for each of {unlisted:,} more values of tp_index, as in "{catalog.indexes[0]}"')


def _named(opened: OpenViews, name: str) -> Layer:
    plain = name.replace('"', "")
    opened.views.prepare(quote(plain.rpartition(".")[0]))
    catalog = opened.catalog
    found = catalog.find(plain)
    if found is None:
        names = [each.name if each.schema == "main" else f"{each.schema}.{each.name}" for each in catalog.views]
        raise UsageError(f'no view is called "{name}"{hint(name, names)}')
    return found


def _page(opened: OpenViews, layer: Layer) -> dict[str, Any]:
    stored = opened.stored(layer)
    tables = {view.name: view for view in opened.views.views}
    firsts = [each.first for each in stored or () if each.first is not None]
    lasts = [each.last for each in stored or () if each.last is not None]
    use = opened.views.use(layer)
    return {
        "schema": layer.schema,
        "name": layer.name,
        "kind": layer.kind,
        "description": layer.description,
        "tables": list(layer.tables),
        "sources": sorted({each.collection for each in stored or ()}),
        "snapshot": tables[layer.tables[0]].version if len(layer.tables) == 1 else None,
        "files": None if stored is None else len(stored),
        "rows": None if stored is None else sum(each.rows for each in stored),
        "bytes": None if stored is None else sum(each.bytes for each in stored),
        "first": min(firsts).isoformat() if firsts else None,
        "last": max(lasts).isoformat() if lasts else None,
        "copy": None if use is None else _copy(use),
        "sql": None if layer.kind == "table" else layer.select,
        "columns": [{"name": c.name, "type": c.type, "description": c.description} for c in layer.columns],
    }


def _copy(use: Use) -> dict[str, Any]:
    made = None if use.made is None else use.made.isoformat(timespec="seconds")
    return {"state": use.state, "made": made, "why": use.why}


def _counted(opened: OpenViews, layer: Layer) -> dict[str, Any]:
    """What only asking tells of a view whose rows are not those of whole files."""
    if opened.stored(layer) is not None:
        return {}
    times = any(column.name == "tp_timestamp" for column in layer.columns)
    bounds = ", min(tp_timestamp), max(tp_timestamp)" if times else ""
    name = f"{quote(layer.schema)}.{quote(layer.name)}"
    [[row]] = opened.ask(f"SELECT count(*){bounds} FROM {name}").batches
    return dict(zip(("rows", "first", "last"), row, strict=False))


def _print_page(page: dict[str, Any]) -> None:
    shown = {key: value for key, value in page.items() if key not in ("columns", "sql") and value not in (None, "", [])}
    if page["copy"] is not None:
        shown["copy"] = page["copy"]["why"]
    print_facts(shown)
    print()
    print_rows(page["columns"], ("name", "type", "description"))
