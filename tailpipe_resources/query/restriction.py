"""What part of the tables is asked: a window of time, some collections, some indexes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tailpipe_resources.model.own_tables import OWN_TABLES
from tailpipe_resources.model.selector import Selector, names_of
from tailpipe_resources.model.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tailpipe_resources.model.stored_file import StoredFile
    from tailpipe_resources.query.views import View


@dataclass(frozen=True, slots=True)
class Restriction:
    """Rows outside it are not there for any question."""

    window: Window = field(default_factory=Window)
    """When they happened: from its start up to but not including its end."""

    collections: tuple[str, ...] = ()
    """Collections, tables or table.collection, with shell wildcards; all when none is given."""

    indexes: tuple[str, ...] = ()
    """Values of `tp_index`, with shell wildcards; all when none is given."""


EVERYTHING = Restriction()


def restricted(view: View, to: Restriction) -> View:
    """A view that shows only what a restriction leaves, and opens only the files that may hold some of it."""
    if to == EVERYTHING:
        return view
    kept = view.over(held(view, to))
    return replace(kept, conditions=(*kept.conditions, *conditions_of(to.window)))


def held(view: View, to: Restriction) -> Iterator[StoredFile]:
    """The files of a view on which its rows within a restriction rest."""
    # A newer version of a row may lie at another time.
    asked = to if view.newest is None else replace(to, window=Window())
    return (each for each in view.stored if may_hold(each, view.name, asked))


def conditions_of(window: Window) -> tuple[str, ...]:
    """SQL for a window of `tp_timestamp`."""
    start, end = window.start, window.end
    return (
        *([f"tp_timestamp >= {instant(start)}"] if start is not None else []),
        *([f"tp_timestamp < {instant(end)}"] if end is not None else []),
    )


def instant(time: datetime) -> str:
    """A time as an SQL literal."""
    return f"TIMESTAMPTZ '{time.isoformat()}'"


def may_hold(file: StoredFile, table: str, to: Restriction) -> bool:
    """Whether a file of a table may hold rows that a restriction leaves."""
    start, end = to.window.start, to.window.end
    return (
        (not to.indexes or any(fnmatchcase(file.tp_index, pattern) for pattern in to.indexes))
        and (not to.collections or _is_of(file, table, to.collections))
        and (start is None or file.may_reach(start))
        and (end is None or file.may_begin(end))
    )


def _is_of(file: StoredFile, table: str, collections: tuple[str, ...]) -> bool:
    # Rejected records, findings and alerts lie under the index of the table they are about.
    names = names_of(file.collection, file.tp_index.partition(".")[0] if table in OWN_TABLES else table)
    return any(Selector(each).fits(names) for each in collections)
