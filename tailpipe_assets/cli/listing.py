"""What `list` and `show` commands have in common: their flags, and two ways to write what they found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tailpipe_resources.errors import UsageError
from tailpipe_resources.query.cells import columns_of, padded

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence


def add_list_and_show(parser: argparse.ArgumentParser, noun: str, others: tuple[str, ...] = ()) -> None:
    """Declare `list`, `show NAME` and `--output`, and verbs that come with them."""
    says = ", or ".join(["all of them, or everything about one", *(f"{verb} one" for verb in others)])
    parser.add_argument("verb", choices=("list", "show", *others), help=says)
    parser.add_argument("name", nargs="?", metavar="NAME", help=f"show: the {noun}")
    parser.add_argument("--output", choices=("pretty", "json"), default="pretty", help="how to write it")


def name_to_show(args: argparse.Namespace) -> str | None:
    """The name after `show`; None for `list`.

    Raises:
        UsageError: `show` has no name, or `list` has one.
    """
    if args.verb == "show" and args.name is None:
        raise UsageError("show needs a name; list shows which there are")
    if args.verb == "list" and args.name is not None:
        raise UsageError(f'list takes no name; did you mean "show {args.name}"?')
    name: str | None = args.name
    return name


def print_json(value: object) -> None:
    """A value as indented JSON."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Some keys of each row as aligned columns under their names."""
    texts = [list(columns), *([plain(row[column]) for column in columns] for row in rows)]
    widths = [max(columns_of(row[place]) for row in texts) for place in range(len(columns))]
    for row in texts:
        print("  ".join(padded(text, width, right=False) for text, width in zip(row, widths, strict=True)).rstrip())


def print_facts(facts: Mapping[str, Any]) -> None:
    """Names and values, one a line."""
    widest = max(map(len, facts))
    for name, value in facts.items():
        print(f"{name:<{widest}}  {plain(value)}".rstrip())


def plain(value: object) -> str:
    """A value as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
