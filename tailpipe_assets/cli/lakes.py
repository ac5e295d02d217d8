"""The lakes a command is about, and the flags of commands with several verbs."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.names import hint

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection, Iterable, Mapping

    from tailpipe_resources.lake import Lake

_EVERYWHERE = {"verb", "names", "destination", "output", "command", "rest", "config_path", "var"}


def lakes_of(args: argparse.Namespace) -> dict[str, Lake]:
    """The lakes of the configuration, or of the destination that was named, by where they are.

    Raises:
        UsageError: no destination has that name.
    """
    from tailpipe_assets.cli.configured import read_config
    from tailpipe_resources.lake import open_lake

    destinations = read_config(args).destinations
    names = [each.name for each in destinations]
    if args.destination is not None and args.destination not in names:
        raise UsageError(f'no destination is called "{args.destination}"{hint(args.destination, names)}')
    chosen = [each for each in destinations if args.destination in (None, each.name)]
    return {each.path: open_lake(each) for each in chosen}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A table of a lake, and which of its collections."""

    lake: Lake
    table: str
    patterns: tuple[str, ...]
    """Shell patterns of `table` or `table.collection`; none for all."""

    def wants(self, collection: str) -> bool:
        """Whether a collection of the table is meant."""
        names = (self.table, f"{self.table}.{collection}")
        return not self.patterns or any(fnmatchcase(name, each) for name in names for each in self.patterns)


def chosen_tables(args: argparse.Namespace) -> list[Chosen]:
    """The tables that were named, in all lakes meant; every table when none was named.

    Raises:
        UsageError: no table has one of the names.
    """
    from tailpipe_resources.lake import tables

    patterns = tuple(args.names)
    found = [(lake, table) for lake in lakes_of(args).values() for table in tables(lake)]
    for pattern in patterns:
        if not any(_is_meant(table, pattern) for _, table in found):
            known = {table for _, table in found}
            raise UsageError(f'no lake holds a table called "{pattern}"{hint(pattern, known)}')
    meant = [(lake, table) for lake, table in found if not patterns or any(_is_meant(table, each) for each in patterns)]
    return [Chosen(lake, table, patterns) for lake, table in meant]


def _is_meant(table: str, pattern: str) -> bool:
    return fnmatchcase(table, pattern.partition(".")[0])


def flags_of(args: argparse.Namespace) -> list[str]:
    """The flags that were typed, without those every verb takes."""
    return [name for name, value in vars(args).items() if name not in _EVERYWHERE and value not in (None, False)]


def refuse_others(flags: Iterable[str], verbs: Mapping[str, Collection[str]], verb: str) -> None:
    """Refuse flags that a verb does not take.

    Raises:
        UsageError: the first of them, with the verbs that take it.
    """
    for flag in flags:
        if flag not in verbs[verb]:
            takers = " and ".join(name for name, taken in verbs.items() if flag in taken)
            raise UsageError(f"{verb} takes no --{flag.replace('_', '-')}; that is for {takers}")
