"""Lookups: files that tell more about values in rows, and what a collection takes from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_resources.model.place import Place

GEOIP: Final = ".mmdb"
"""What the name of a database in MaxMind's format ends in."""

SUFFIXES: Final = (".csv", ".tsv", ".parquet", GEOIP)
"""What a lookup's file may be, told by the end of its name."""


@dataclass(frozen=True, slots=True)
class LookupBlock:
    """`lookup "<name>"`: a file that tells more about values."""

    name: str
    place: Place
    path: str
    """An absolute path."""

    key: tuple[str, ...] = ()
    """The columns of the file that together are equal to what is looked up."""

    network: str | None = None
    """The column that holds networks, in place of a key. A `.mmdb` file needs neither."""

    places: Mapping[str, Place] = field(default_factory=dict, compare=False)
    """Where its attributes are written, by their names."""

    @property
    def suffix(self) -> str:
        """What its file is: one of `SUFFIXES`, or something else."""
        return PurePosixPath(self.path).suffix.lower()

    @property
    def how(self) -> str:
        """How values are found in it, for people."""
        if self.suffix == GEOIP:
            return "by address"
        return f"by network {self.network}" if self.network else f"by {', '.join(self.key)}"

    def at(self, name: str) -> Place:
        """Where an attribute is written; where the block is when it is not."""
        return self.places.get(name, self.place)


@dataclass(frozen=True, slots=True)
class EnrichBlock:
    """`enrich` in a collection: columns that are added to its rows."""

    lookup: LookupBlock
    on: tuple[str, ...]
    """The columns of the row that are looked up."""

    columns: Mapping[str, str]
    """The columns that are added, and what of the lookup each holds."""

    place: Place
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)

    def at(self, name: str) -> Place:
        """Where an attribute is written; where the block is when it is not."""
        return self.places.get(name, self.place)
