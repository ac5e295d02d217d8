"""Accelerated views: their copies are read where they show exactly what the views would, and passed over elsewhere.

What a copy was made from are files of the lake, which never change. So as long as a table has these files and no
others, and the definition is the same, the copy is the view. Where a view chooses rows one by one, files that came
since are read beside it. Anything else, such as a compaction, a deletion, or another time zone, and the view itself is
asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from tailpipe_resources.model.names import literal, quote
from tailpipe_resources.query.copies import ROWS, read_about
from tailpipe_resources.query.layers import MAIN
from tailpipe_resources.query.restriction import EVERYTHING, Restriction, held
from tailpipe_resources.query.views import select_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Literal

    from tailpipe_resources.model.view import ViewBlock
    from tailpipe_resources.query.basis import Basis
    from tailpipe_resources.query.copies import About
    from tailpipe_resources.query.layers import Layer
    from tailpipe_resources.query.views import View

    State = Literal["copy", "joined", "live"]
    """The copy is read; the copy and what came since; the view itself."""


@dataclass(frozen=True, slots=True)
class Accelerated:
    """Where a copy of a view may be."""

    path: str
    """Its file, whether or not it is there."""

    places: Mapping[str, str]
    """What files' addresses begin with, and where that is, in words that another process would use."""

    part: Restriction = EVERYTHING
    """Files that hold nothing of this are of no concern to it."""

    def files_of(self, view: View) -> dict[str, str]:
        """The addresses of the files of a table that it rests on, by where they lie."""
        if self.part == EVERYTHING:
            return {self._path(address): address for address in view.files}
        return {self._path(each.address): each.address for each in held(view, self.part)}

    def _path(self, address: str) -> str:
        start = next((each for each in self.places if address.startswith(each)), "")
        return self.places.get(start, "") + address.removeprefix(start)


@dataclass(frozen=True, slots=True)
class Use:
    """What is read when an accelerated view is asked."""

    block: str
    """The name of the block that declares it."""

    view: str
    """As it is written in SQL."""

    state: State
    why: str
    """For people."""

    select: str = ""
    """SQL that reads it; empty for the view itself."""

    made: datetime | None = None
    """When the copy was made; None where there is none."""

    can_be_made: bool = True
    """Whether a newer copy would be read."""

    def __str__(self) -> str:
        """For people."""
        return f"{self.view}: {self.why}"


class Copies:
    """The copies of accelerated views on one connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, *, time_zone: str) -> None:
        self._connection = connection
        self._zone = time_zone
        self._known: Mapping[str, Accelerated] = {}
        self._read: dict[str, About | str] = {}
        """What each copy says of itself that was looked for; else why it cannot be read."""
        self._attached: dict[str, _Stamp] = {}
        self._seen: dict[str, _Stamp | None] = {}
        """What was there when it was looked last."""

    def show(self, known: Mapping[str, Accelerated]) -> None:
        """Have these copies, by the names of their blocks; those that have been replaced are let go."""
        for name, stamp in list(self._attached.items()):
            if name not in known or _stamp(known[name].path) != stamp:
                self._connection.execute(f"DETACH {quote(_database(name))}")
                del self._attached[name]
        self._known, self._read = known, {}
        self._seen = {name: _stamp(each.path) for name, each in known.items()}

    def is_known(self, layer: Layer) -> bool:
        """Whether a view is accelerated."""
        return layer.kind in {"period", "query"} and block_of(layer) in self._known

    @property
    def are_replaced(self) -> bool:
        """Whether another copy is there than when `show` was called."""
        return any(_stamp(each.path) != self._seen[name] for name, each in self._known.items())

    def use(self, layer: Layer, basis: Basis | str, views: Mapping[str, View]) -> Use:
        """How a view's rows are read.

        Args:
            layer: an accelerated view.
            basis: what its rows rest on; else why it cannot be accelerated.
            views: the tables, as they are asked.
        """
        name = block_of(layer)
        shown = layer.name if layer.schema == MAIN else f"{layer.schema}.{layer.name}"
        if isinstance(basis, str):
            why = f"cannot be accelerated: {basis}; the view itself is asked"
            return Use(name, shown, "live", why, can_be_made=False)
        about = self._about(name)
        if isinstance(about, str):
            return Use(name, shown, "live", f"{about}; tailpipe view refresh {name} makes one")
        made = f"its copy of {about.made:%Y-%m-%dT%H:%M:%SZ}"
        said = partial(Use, name, shown, made=about.made)
        other = self._otherwise(basis, views)
        if other is not None:
            return said("live", f"the view itself is asked, not {made}: {other}", can_be_made=False)
        new = {table: self._new(name, views[table], about) for table in basis.tables}
        wrong = self._wrong(about, layer, basis, views)
        if wrong is None and any(new.values()) and not basis.is_rowwise:
            wrong = "its tables have new rows since"
        if wrong is not None:
            again = f"tailpipe view refresh {name} makes a newer one"
            return said("live", f"the view itself is asked, not {made}: {wrong}; {again}")
        rows = f"SELECT * FROM {quote(_database(name))}.{ROWS}.{quote(layer.name)}"
        if not any(new.values()):
            return said("copy", f"{made}, which is current", rows)
        ((table, came),) = new.items()
        since = views[table].over(each for each in views[table].stored if each.address in came)
        added = layer.select.replace(f"FROM {MAIN}.{quote(table)}", f"FROM ({select_of(since)}) AS {quote(table)}", 1)
        files = "1 file that came" if len(came) == 1 else f"{len(came):,} files that came"
        return said("joined", f"{made}, and {files} since", f"{rows}\nUNION ALL\n{added}")

    def about(self, name: str) -> About | None:
        """What a copy says of itself, by the name of its block; None where there is none that can be read."""
        found = self._about(name)
        return None if isinstance(found, str) else found

    def _otherwise(self, basis: Basis, views: Mapping[str, View]) -> str | None:
        """Why no copy at all would answer what is asked; None when one may."""
        if self._zone != "UTC":
            return f"in the time zone {self._zone} it may show something else"
        return "a part of the time is asked" if any(views[table].conditions for table in basis.tables) else None

    def _wrong(self, about: About, layer: Layer, basis: Basis, views: Mapping[str, View]) -> str | None:
        """Why a copy does not show what the view would; None when it does, but for files that came since."""
        part = about.parts.get(layer.name)
        if part is None or part.definition != basis.definition:
            return "it was made by another definition"
        for table in basis.tables:
            there = self._paths(block_of(layer), views[table]).keys()
            if not about.files.get(table, frozenset()) <= there:
                return f"files of {table} were compacted, replaced or deleted since, or are not asked for"
        return None

    def _new(self, name: str, view: View, about: About) -> frozenset[str]:
        """The addresses of a table's files that a copy does not know."""
        known = about.files.get(view.name, frozenset())
        return frozenset(address for path, address in self._paths(name, view).items() if path not in known)

    def _paths(self, name: str, view: View) -> dict[str, str]:
        """The addresses of a table's files by where they lie."""
        return self._known[name].files_of(view)

    def _about(self, name: str) -> About | str:
        if name not in self._read:
            self._read[name] = self._opened(name)
        return self._read[name]

    def _opened(self, name: str) -> About | str:
        path, database = self._known[name].path, _database(name)
        stamp = _stamp(path)
        if stamp is None:
            return "there is no copy of it yet, so the view itself is asked"
        try:
            if name not in self._attached:
                self._connection.execute(f"ATTACH {literal(path)} AS {quote(database)} (READ_ONLY)")
                self._attached[name] = stamp
            return read_about(self._connection, database)
        except (duckdb.Error, ValueError, KeyError, TypeError) as error:
            if isinstance(error, duckdb.InterruptException):
                raise
            reason = str(error).splitlines()[0]
            return f"its copy cannot be read, so the view itself is asked ({reason})"


def part_of(block: ViewBlock) -> Restriction:
    """What files a `view` block can need; where SQL may take a pattern otherwise than we do, all of them."""
    if block.sql is not None:
        return EVERYTHING
    plain = not any(mark in pattern for pattern in (*block.collections, *block.indexes) for mark in "[\\")
    return Restriction(block.window, block.collections, block.indexes) if plain else Restriction(block.window)


def block_of(layer: Layer) -> str:
    """The name of the block a view is declared by."""
    return layer.name if layer.kind == "query" else layer.schema


_Stamp = tuple[int, int, int]


def _stamp(path: str) -> _Stamp | None:
    """What tells a file from the one that takes its name; None when there is none."""
    try:
        told = Path(path).stat()
    except OSError:
        return None
    return told.st_ino, told.st_mtime_ns, told.st_size


def _database(name: str) -> str:
    return f"copy of {name}"
