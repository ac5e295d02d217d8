"""Enrichment: columns that a collection adds to its rows, out of the files of lookups.

It looks at a row as it is stored: what is redacted is looked up as what stands in its place, so nothing that was taken
out of a row comes back by way of a file.
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import duckdb
from duckdb.func import FunctionNullHandling, PythonUDFType

from tailpipe_assets.tables.declaration import Field, LookedUp
from tailpipe_resources.model.lookup import GEOIP
from tailpipe_resources.model.names import hint, literal, quote
from tailpipe_resources.model.schema import COMMON_COLUMNS, PATH_COLUMNS, VIEW_COLUMNS, Column
from tailpipe_resources.rosters import RosterError, load_rosters
from tailpipe_resources.rosters.table_roster import joined_sql

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailpipe_assets.tables.declaration import Table
    from tailpipe_resources.model.config import Collection, Config
    from tailpipe_resources.model.lookup import EnrichBlock
    from tailpipe_resources.model.place import Place, Problems
    from tailpipe_resources.rosters import Roster

_TAKEN = frozenset({*(each.name for each in (*COMMON_COLUMNS, *PATH_COLUMNS, *VIEW_COLUMNS)), "filename"})
_OF_MANY = ("STRUCT", "MAP", "[]", "JSON")
_SHOWN = 16
"""So much of a digest tells one version of a file from another."""


class _OnError(Exception):
    """What a row is looked up by cannot be; says why."""


@dataclass(frozen=True, slots=True)
class _Added:
    """A column that some collection adds to a table."""

    column: Column
    place: Place


class Enrichments:
    """What the collections of a configuration add to their rows."""

    def __init__(self, config: Config, connection: duckdb.DuckDBPyConnection, problems: Problems) -> None:
        self._connection = connection
        self._problems = problems
        self._rosters = load_rosters(config.lookups, problems)
        self._added: dict[str, dict[str, _Added]] = {}
        """By table and by name in small letters: files of one table have the same columns, whoever fills them."""
        for collection in (*config.collections, *config.drafts):
            for block in collection.enrichments:
                self._declare(collection, block)

    def enriched(self, table: Table, collection: Collection) -> Table:
        """The table with what its collections add; this one's is looked up, what others add is NULL."""
        added = self._added.get(table.name)
        if not added:
            return table
        known = {each.name: each.type for each in (*COMMON_COLUMNS, *table.columns)}
        names: dict[str, str] = {}
        made = []
        for block in collection.enrichments:
            self._check_names(table, block, names)
            found = self._looked_up(table, collection, block, known)
            made += [found] if found is not None else []
            known |= {name: self._type(block, theirs, None) for name, theirs in block.columns.items()}
        return replace(table, looked_up=tuple(made), added=tuple(each.column for each in added.values()))

    def _declare(self, collection: Collection, block: EnrichBlock) -> None:
        added = self._added.setdefault(collection.table_stored, {})
        for name, theirs in block.columns.items():
            kind = self._type(block, theirs, self._problems)
            told = f'`{theirs}` of the lookup "{block.lookup.name}".'
            first = added.setdefault(name.lower(), _Added(Column(name, kind, told), block.at("columns")))
            if (first.column.name, first.column.type) != (name, kind):
                other = f'at {first.place} "{first.column.name}" is {first.column.type}'
                message = f'enrich: "{name}" is {kind} here, and {other}; a table has one of them'
                self._problems.add(block.at("columns"), message)

    def _type(self, block: EnrichBlock, theirs: str, problems: Problems | None) -> str:
        """What a column is stored as; text where the lookup itself is broken, of which a problem was noted."""
        roster = self._rosters.get(block.lookup.name)
        try:
            return "VARCHAR" if roster is None else roster.type_of(theirs)
        except RosterError as error:
            if problems is not None:
                problems.add(block.at("columns"), f"enrich: {error}")
            return "VARCHAR"

    def _check_names(self, table: Table, block: EnrichBlock, names: dict[str, str]) -> None:
        own = {each.name.lower() for each in table.columns}
        for name in block.columns:
            wrong = None
            if name.lower() in own:
                wrong = f"{table.name} has a column of this name"
            elif name.lower() in _TAKEN or name.lower().startswith("tp_"):
                wrong = "Tailpipe keeps this name for itself"
            elif names.setdefault(name.lower(), str(block.place)) != str(block.place):
                wrong = f"it is added at {names[name.lower()]} already"
            if wrong:
                self._problems.add(block.at("columns"), f'enrich: "{name}": {wrong}; choose another')

    def _looked_up(
        self, table: Table, collection: Collection, block: EnrichBlock, known: dict[str, str]
    ) -> LookedUp | None:
        """What one block adds; None after noting why nothing can be."""
        roster, before = self._rosters.get(block.lookup.name), len(self._problems)
        wanted = 1 if block.lookup.network or block.lookup.suffix == GEOIP else len(block.lookup.key)
        if len(block.on) != wanted:
            what = f'"on" names {len(block.on)} columns; the lookup "{block.lookup.name}" is found by {wanted}'
            self._problems.add(block.at("on"), f"enrich: {what}")
        arguments = [self._argument(table, collection, block, each, known) for each in block.on]
        if roster is None or len(self._problems) > before or not self._is_whole(roster, block):
            return None
        return _bound(roster, block, joined_sql([each for each in arguments if each is not None]))

    def _is_whole(self, roster: Roster, block: EnrichBlock) -> bool:
        try:
            return all(roster.type_of(theirs) for theirs in block.columns.values())
        except RosterError:
            return False

    def _argument(
        self, table: Table, collection: Collection, block: EnrichBlock, on: str, known: dict[str, str]
    ) -> str | None:
        try:
            _check_redacted(table, collection, on)
            return self._value(on, known)
        except _OnError as error:
            self._problems.add(block.at("on"), f"enrich: {error}")
            return None

    def _value(self, on: str, known: dict[str, str]) -> str:
        """SQL for a column, a field of a struct or a key of JSON, which is a single value.

        Raises:
            _OnError: it is not there, or no single value.
        """
        first, *path = on.split(".")
        name = next((each for each in known if each.lower() == first.lower()), None)
        if name is None:
            raise _OnError(f'there is no column "{first}"{hint(first, known)}')
        if path and known[name] == "JSON":
            return f"({quote(name)} ->> {literal('$' + ''.join(f'.{json.dumps(each)}' for each in path))})"
        value = ".".join(map(quote, [name, *path]))
        try:
            row = f"(SELECT CAST(NULL AS {known[name]}) AS {quote(name)})"
            kind = str(self._connection.sql(f"SELECT {value} AS x FROM {row}").types[0])
        except duckdb.Error:
            raise _OnError(f'"{on}": {name} is {known[name]}, which has no such field') from None
        if any(mark in kind for mark in _OF_MANY):
            raise _OnError(f'"{on}" is {kind}; a single value can be looked up')
        return value


def give_lookups(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Let a connection look up what a table's collection adds."""
    for each in table.looked_up:
        kind = connection.sql(f"SELECT CAST(NULL AS {each.type}) AS x").types[0]
        # A function's name tells what it finds: one that is there finds the same.
        with suppress(duckdb.NotImplementedException):
            connection.create_function(
                each.function,
                each.finder,
                ["VARCHAR"],
                kind,
                type=PythonUDFType.ARROW,
                null_handling=FunctionNullHandling.SPECIAL,
            )


def lookups_told(table: Table) -> str:
    """Which lookups make its rows, with the beginnings of their files' SHA-256; nothing without any."""
    told = dict.fromkeys(f"{each.lookup} {each.digest[:_SHOWN]}" for each in table.looked_up)
    return f"lookups: {', '.join(told)}" if told else ""


def _bound(roster: Roster, block: EnrichBlock, argument: str) -> LookedUp:
    theirs = tuple(block.columns.values())
    told = json.dumps([block.lookup.path, roster.digest, block.lookup.key, block.lookup.network, theirs])
    types = [roster.type_of(each) for each in theirs]
    fields = tuple(Field(name, kind, quote(str(n)), "") for n, (name, kind) in enumerate(zip(block.columns, types)))  # noqa: B905 - of one length
    return LookedUp(
        lookup=roster.name,
        digest=roster.digest,
        function=f"tailpipe_lookup_{hashlib.sha256(told.encode()).hexdigest()[:16]}",
        argument=argument,
        type=f"STRUCT({', '.join(f'{quote(str(number))} {kind}' for number, kind in enumerate(types))})",
        fields=fields,
        finder=roster.finder(theirs),
    )


def _check_redacted(table: Table, collection: Collection, on: str) -> None:
    """What is looked up must still be there.

    Raises:
        _OnError: it is redacted, or made of what is: nothing would ever be found.
    """
    wanted = on.lower().split(".")
    made_of = _words(table.enrichment.get(on.lower(), ""))
    for each in collection.redactions:
        path = [part.lower() for part in each.path]
        if path == wanted[: len(path)]:
            raise _OnError(f'"{on}" is redacted at {each.place}; nothing would be found')
        if len(path) == 1 and path[0] in made_of:
            raise _OnError(f'"{on}" is made of "{each.column}", redacted at {each.place}')


def _words(sql: str) -> frozenset[str]:
    names: Iterable[str] = re.findall(r"\w+", re.sub(r"'(?:[^']|'')*'", "", sql.lower()))
    return frozenset(names)
