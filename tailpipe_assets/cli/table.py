"""The log types Tailpipe knows, and their columns.

Examples:
  tailpipe table list
  tailpipe table show aws_cloudtrail_log

json: list gives [{"name", "description", "columns", "place"}], `place` being null for an installed table and
`columns` their number; show gives {"name", "description", "place", "formats", "references", "columns": [{"name",
"type", "description"}]}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.configured import read_config_if_any
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import add_list_and_show, name_to_show, print_facts, print_json, print_rows
from tailpipe_assets.tables.declaration import Table
from tailpipe_resources import plugins
from tailpipe_resources.errors import PluginError, UsageError
from tailpipe_resources.model.finding import FINDING_COLUMNS, FINDING_TABLE
from tailpipe_resources.model.names import hint
from tailpipe_resources.model.schema import (
    COMMON_COLUMNS,
    PATH_COLUMNS,
    REJECTED_COLUMNS,
    REJECTED_TABLE,
    VIEW_COLUMNS,
    Column,
)

if TYPE_CHECKING:
    import argparse

    from tailpipe_resources.model.config import TableBlock

Page = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    add_list_and_show(parser, "table")


def run(args: argparse.Namespace) -> int:
    """List the tables, or show one."""
    name = name_to_show(args)
    pages = {page["name"]: page for page in _pages(args)}
    if name is None:
        _print_list(list(pages.values()), output=args.output)
    elif name in pages:
        if name in plugins.names("table"):
            plugins.load("table", name)
        _print_page(pages[name], output=args.output)
    else:
        raise UsageError(f'no table is called "{name}"{hint(name, pages)}')
    return Exit.OK


def _pages(args: argparse.Namespace) -> list[Page]:
    config = read_config_if_any(args)
    installed = [_installed(name) for name in plugins.names("table")]
    rejected = _page(REJECTED_TABLE, "Records that did not fit and artifacts that broke.", columns=REJECTED_COLUMNS)
    found = _page(FINDING_TABLE, "What detections found, in its newest version.", columns=FINDING_COLUMNS)
    return [*installed, rejected, found, *map(_written, config.tables if config else ())]


def _installed(name: str) -> Page:
    try:
        declared = plugins.load("table", name)
    except PluginError as error:
        return _page(name, str(error))
    if not isinstance(declared, Table):
        return _page(name, str(getattr(declared, "description", "Columns as the collection's format names them.")))
    return {
        **_page(name, declared.description, columns=declared.columns),
        "formats": list(declared.formats),
        "references": list(declared.references),
    }


def _written(block: TableBlock) -> Page:
    columns = tuple(Column(each.name, each.type or "VARCHAR", each.description) for each in block.columns)
    return _page(block.name, block.description, columns=columns, place=str(block.place))


def _page(name: str, description: str, *, columns: tuple[Column, ...] = (), place: str | None = None) -> Page:
    everything = (*columns, *COMMON_COLUMNS, *PATH_COLUMNS, *VIEW_COLUMNS)
    described = [{"name": each.name, "type": each.type, "description": each.description} for each in everything]
    return {
        "name": name,
        "description": description,
        "place": place,
        "formats": [],
        "references": [],
        "columns": described,
    }


def _print_list(pages: list[Page], *, output: str) -> None:
    keys = ("name", "description", "columns", "place")
    rows = [{**{key: page[key] for key in keys}, "columns": len(page["columns"])} for page in pages]
    if output == "json":
        print_json(rows)
    else:
        print_rows(rows, ("name", "columns", "description"))


def _print_page(page: Page, *, output: str) -> None:
    if output == "json":
        print_json(page)
        return
    print_facts({key: value for key, value in page.items() if key != "columns" and value})
    print()
    print_rows(page["columns"], ("name", "type", "description"))
