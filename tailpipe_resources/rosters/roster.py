"""What a lookup's file is once it was read: something that knows more about values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Finder = Callable[[pa.Array], pa.StructArray]
    """What is known of values, one struct a value; NULL where nothing is."""


class RosterError(Exception):
    """A lookup has nothing of what is asked of it; says why."""


class Roster(Protocol):
    """A lookup's file."""

    @property
    def name(self) -> str:
        """What the configuration calls it."""

    @property
    def digest(self) -> str:
        """The SHA-256 of the file."""

    @property
    def rows(self) -> int:
        """How many keys or networks it tells of."""

    def type_of(self, name: str) -> str:
        """The DuckDB type of what it holds under a name.

        Raises:
            RosterError: it holds nothing under that name, or nothing that can be a column.
        """

    def finder(self, names: Sequence[str]) -> Finder:
        """Finds values under these names, as fields of a struct called by their places: `0`, `1`, ..."""


def distinct(values: pa.Array | pa.ChunkedArray) -> tuple[list[str | None], pa.Array]:
    """The values of a column, each once, and which of them stands in each of its places."""
    flat = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    encoded: Any = flat.dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices
