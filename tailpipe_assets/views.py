"""Asking: every table of every lake the configuration names, as views over one moment of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tailpipe_resources import plugins
from tailpipe_resources.config.outline import Outline
from tailpipe_resources.lake import Lake, open_lake, snapshot, tables
from tailpipe_resources.model.place import Problems
from tailpipe_resources.model.schema import COMMON_COLUMNS, REJECTED_COLUMNS, REJECTED_TABLE, Column
from tailpipe_resources.query.views import View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import ExitStack

    from tailpipe_resources.model.config import Config


@dataclass(frozen=True, slots=True)
class Views:
    """What can be asked."""

    views: tuple[View, ...]
    """One a table, by name; those that were never collected are empty."""

    lakes: tuple[Lake, ...]
    """Where their files lie."""


def views_of(config: Config, until: ExitStack | None = None) -> Views:
    """All tables: those in the lakes, and those the configuration would collect."""
    return views_within(Outline.of(config), lambda: config, until)


def views_within(outline: Outline, load: Callable[[], Config], until: ExitStack | None = None) -> Views:
    """The same, for a configuration of which the outline is known.

    Args:
        outline: where the lakes are and what the tables are called.
        load: the whole configuration, asked for only when a table of the user's own was never collected.
        until: keeps the files of the views readable until it is closed.
    """
    lakes = tuple(open_lake(each) for each in outline.lakes)
    found: dict[str, View] = {}
    for lake in lakes:
        for view in _stored(lake, until):
            found[view.name] = _joined(found.get(view.name), view)
    for view in _declared():
        found.setdefault(view.name, view)
    if set(outline.tables) - set(found):
        for view in _planned(load()):
            found.setdefault(view.name, view)
    return Views(tuple(found[name] for name in sorted(found)), lakes)


def _stored(lake: Lake, until: ExitStack | None) -> Iterator[View]:
    for name in tables(lake):
        found = snapshot(lake, name, until)
        if found is not None:
            yield View(name, found.columns, found.files)


def _joined(one: View | None, other: View) -> View:
    """A table that lies in two lakes."""
    if one is None:
        return other
    names = {column.name for column in one.columns}
    added = tuple(column for column in other.columns if column.name not in names)
    return replace(one, columns=(*one.columns, *added), files=(*one.files, *other.files))


def _declared() -> Iterator[View]:
    yield View(REJECTED_TABLE, (*COMMON_COLUMNS, *REJECTED_COLUMNS), ())
    for name in plugins.names("table"):
        columns: tuple[Column, ...] = plugins.load("table", name).stored_columns
        if len(columns) > len(COMMON_COLUMNS):
            yield View(name, columns, ())


def _planned(config: Config) -> Iterator[View]:
    """Custom tables, whose columns only a plan knows. Importing it is slow, and needed only before the first run."""
    from tailpipe_assets.pipeline.plan import plan

    for each in plan(config, problems=Problems()):
        yield View(each.table.name, each.table.stored_columns, ())
