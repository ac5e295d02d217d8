"""`lake check`: whether lakes are whole."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.lakes import Chosen, chosen_tables
from tailpipe_assets.cli.listing import print_json
from tailpipe_resources.query.cells import harmless

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from tailpipe_resources.lake.defects import Defect


def run(args: argparse.Namespace) -> int:
    """Check the tables, write what was found, and leave with 1 when something is an error."""
    chosen = chosen_tables(args)
    found = list(defects(chosen, quick=args.quick))
    if args.output == "json":
        print_json([as_json(each, root) for root, each in found])
    else:
        print_defects(found)
    return verdict([each for _, each in found], len(chosen))


def defects(chosen: Iterable[Chosen], *, quick: bool) -> Iterator[tuple[str, Defect]]:
    """What is wrong, with the lake it is in."""
    from tailpipe_resources.lake.check import check
    from tailpipe_resources.query.engine import connect, restrict

    for each in chosen:
        with connect() as connection:
            each.lake.store.attach(connection)
            restrict(connection, each.lake.reach)
            told = check(each.lake, each.table, None if quick else connection, wanted=each.wants)
        yield from ((each.lake.root, defect) for defect in told)


def as_json(defect: Defect, root: str) -> dict[str, Any]:
    """A defect under stable names."""
    return {"destination": root, **asdict(defect)}


def print_defects(found: Iterable[tuple[str, Defect]]) -> None:
    """A line each: how bad, where, what, and what to do."""
    for root, each in found:
        where = each.where if each.where.startswith("/") else f"{root}/{each.where}"
        print(f"{each.severity}: {harmless(where)}: {harmless(each.what)}; {each.advice}")


def verdict(found: Iterable[Defect], tables: int) -> Exit:
    """Say on stderr how it stands, and the code that says it."""
    severities = [each.severity for each in found]
    errors, warnings = severities.count("error"), severities.count("warning")
    checked = "1 table" if tables == 1 else f"{tables:,} tables"
    said = "sound" if not errors else f"{errors:,} errors" if errors > 1 else "1 error"
    said += f", {warnings:,} {'warning' if warnings == 1 else 'warnings'}" if warnings else ""
    print(f"{checked}: {said}", file=sys.stderr)
    return Exit.FAILED if errors else Exit.OK
