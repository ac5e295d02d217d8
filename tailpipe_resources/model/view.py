"""Views that users declare."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailpipe_resources.model.window import Window

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_resources.model.place import Place


RESERVED = frozenset({"main", "information_schema", "memory", "pg_catalog", "temp", "system"})
"""Schemas and databases that DuckDB has itself."""


@dataclass(frozen=True, slots=True)
class ViewBlock:
    """`view "<name>"`: a part of the tables as a schema of its own, or one view by the user's own SQL."""

    name: str
    place: Place
    sql: str | None = None
    """A query; then the rest is empty."""

    window: Window = field(default_factory=Window)
    tables: tuple[str, ...] = ()
    """Names, with shell wildcards; all when none is given. The same goes for collections and indexes."""

    collections: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    where: str | None = None
    accelerated: bool = False
    """Whether a copy of its rows is kept, for quicker answers."""

    description: str = ""
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)
    """Where its attributes are written, by their names."""

    def at(self, *names: str) -> Place:
        """Where the first of some attributes that is written is; else where the block is."""
        return next((self.places[name] for name in names if name in self.places), self.place)
