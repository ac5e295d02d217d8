"""Holds: rows that must stay, whatever retention says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tailpipe_resources.errors import HeldError
from tailpipe_resources.model.selector import Selector, names_of
from tailpipe_resources.model.window import Window, end_of, midnight

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from tailpipe_resources.model.place import Place

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Hold:
    """`hold "<name>"`: no row of some collections' days is deleted or replaced on purpose."""

    name: str
    place: Place
    selector: Selector
    reason: str
    window: Window = field(default_factory=Window)

    def covers(self, table: str, collection: str) -> bool:
        """Whether it is about a collection, under the name of the table its rows are stored in."""
        return self.selector.fits(names_of(collection, table))

    def keeps(self, day: date) -> bool:
        """Whether any instant of a day is held."""
        return self.window.overlaps(midnight(day), end_of(day))

    def __str__(self) -> str:
        return f'hold "{self.name}" ({self.place}): {self.reason}'


def holds_on(holds: Iterable[Hold], table: str, collection: str) -> tuple[Hold, ...]:
    """Those that are about a collection."""
    return tuple(each for each in holds if each.covers(table, collection))


def refuse_overwrite(holds: Iterable[Hold], table: str, collection: str, window: Window) -> None:
    """Stop an overwrite of held days before it reads anything. Artifacts may have rows beside their window, too.

    Raises:
        HeldError: naming every hold in the way.
    """
    start, end = window.start or _FIRST, window.end or _LAST
    _refuse(
        f"{table}.{collection} cannot be overwritten",
        (each for each in holds if each.covers(table, collection) and each.window.overlaps(start, end)),
    )


def refuse_replacing(holds: Iterable[Hold], table: str, collection: str, days: Iterable[date]) -> None:
    """Stop an overwrite whose artifacts have rows on held days, whatever its window.

    Raises:
        HeldError: naming every hold in the way.
    """
    wanted = list(days)
    _refuse(
        f"rows of {table}.{collection} cannot be overwritten",
        (each for each in holds if each.covers(table, collection) and any(map(each.keeps, wanted))),
    )


def refuse_deletion(holds: Iterable[Hold], table: str, collection: str, days: Iterable[date] | None) -> None:
    """Stop a deletion of held days; of everything, when no days are given.

    Raises:
        HeldError: naming every hold in the way.
    """
    wanted = None if days is None else list(days)
    _refuse(
        f"{table}.{collection} cannot be deleted",
        (each for each in holds if each.covers(table, collection) and (wanted is None or any(map(each.keeps, wanted)))),
    )


def _refuse(what: str, holds: Iterable[Hold]) -> None:
    reasons = "; ".join(map(str, holds))
    if reasons:
        raise HeldError(f"{what}: {reasons}. Nothing was touched; a hold ends when its block is removed")
