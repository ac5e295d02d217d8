"""Data-quality checks: which there are, and when each one warns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

REJECTED: Final = "rejected_share"
USUAL: Final = "row_count_as_usual"
SKEW: Final = "clock_skew"
SCHEMA: Final = "schema_unchanged"
SMALL: Final = "small_files"

CHECKS: Final = (REJECTED, USUAL, SKEW, SCHEMA, SMALL)
"""The checks every collection has, by name."""


@dataclass(frozen=True, slots=True)
class Checks:
    """`checks` in a collection: when its checks warn. The defaults are those of a collection that says nothing."""

    max_rejected: float = 0.01
    """The share of a run's records that may be rejected."""

    usual_rows: tuple[float, float] = (0.2, 5.0)
    """How few and how many rows a day may have, as multiples of what its weekday usually has."""

    max_clock_skew: timedelta = timedelta(minutes=5)
    """How far ahead of our clock an event's time may be."""

    max_small_files: int = 100
    """How many files that were never compacted a day may have under one index value, once it is over."""

    disabled: frozenset[str] = frozenset()
    """Checks that are left out."""

    @property
    def names(self) -> tuple[str, ...]:
        """The checks that are made."""
        return tuple(name for name in CHECKS if name not in self.disabled)
