"""`lake history`: the commits of a table."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.lakes import lakes_of
from tailpipe_assets.cli.listing import print_json, print_rows
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.names import hint

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from tailpipe_resources.lake import Lake

_LIMIT = 20
_COLUMNS = (
    "version",
    "time",
    "operation",
    "collection",
    "rows_added",
    "rows_removed",
    "files_added",
    "files_removed",
    "config",
    "run",
    "detail",
)


def run(args: argparse.Namespace) -> int:
    """Write the commits of one table, newest first."""
    limit = _LIMIT if args.limit is None else args.limit
    if len(args.names) != 1:
        raise UsageError("history needs one table; write tailpipe lake history TABLE")
    if limit < 0:
        raise UsageError(f"--limit {limit} is less than none; 0 shows all")
    lakes = lakes_of(args)
    (table,) = args.names
    holding = _holding(lakes, table)
    rows = _rows(holding, table, limit + 1 if limit else None)
    shown = rows[:limit] if limit else rows
    if args.output == "json":
        print_json(shown)
    else:
        print_rows(shown, (*(["destination"] if len(holding) > 1 else []), *_COLUMNS))
    if len(shown) < len(rows):
        print(f"the newest {limit} commits; --limit 0 shows all", file=sys.stderr)
    return Exit.OK


def _holding(lakes: Mapping[str, Lake], table: str) -> dict[str, Lake]:
    from tailpipe_resources.lake import tables

    found = {path: tables(lake) for path, lake in lakes.items()}
    known = {name for names in found.values() for name in names}
    if table not in known:
        raise UsageError(f'no lake holds a table called "{table}"{hint(table, known)}')
    return {path: lakes[path] for path, names in found.items() if table in names}


def _rows(lakes: Mapping[str, Lake], table: str, limit: int | None) -> list[dict[str, Any]]:
    from tailpipe_resources.lake.history import history

    rows: list[dict[str, Any]] = []
    for path, lake in lakes.items():
        rows += ({"destination": path, **event.to_json()} for event in history(lake, table, limit))
    return sorted(rows, key=lambda row: str(row["time"]), reverse=True)[:limit]
