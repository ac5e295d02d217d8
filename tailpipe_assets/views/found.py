"""Asking: every table of every lake the configuration names, as views over one moment of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from tailpipe_resources import plugins
from tailpipe_resources.config.outline import Outline
from tailpipe_resources.errors import PastError, PluginError, UsageError
from tailpipe_resources.lake import Lake, open_lake, snapshot, tables
from tailpipe_resources.model.alert import ALERT_COLUMNS, ALERT_TABLE
from tailpipe_resources.model.finding import FINDING_COLUMNS, FINDING_TABLE, NEWEST_FINDING
from tailpipe_resources.model.names import hint
from tailpipe_resources.model.place import Problems
from tailpipe_resources.model.schema import COMMON_COLUMNS, REJECTED_COLUMNS, REJECTED_TABLE, Column
from tailpipe_resources.query.engine import connect
from tailpipe_resources.query.views import View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import ExitStack
    from datetime import datetime

    from tailpipe_resources.lake import Snapshot
    from tailpipe_resources.model.config import Config
    from tailpipe_resources.model.view import ViewBlock


@dataclass(frozen=True, slots=True)
class Views:
    """What can be asked."""

    views: tuple[View, ...]
    """One a table, by name; those that were never collected are empty."""

    lakes: tuple[Lake, ...]
    """Where their files lie."""

    lost: Mapping[str, str] = field(default_factory=dict)
    """Tables that cannot be shown as they were, with the reason."""

    collections: tuple[tuple[str, str], ...] = ()
    """Table and name of those that are configured."""

    blocks: tuple[ViewBlock, ...] = ()
    """The views that the configuration declares."""

    snapshots: tuple[tuple[Lake, Snapshot], ...] = ()
    """Everything that is shown, by the lake where it lies."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Which state of the tables is asked for."""

    time: datetime | None = None
    """Of all tables; now when None."""

    versions: Mapping[str, int] = field(default_factory=dict)
    """Of single tables; they win over the time."""

    def of(self, table: str) -> datetime | int | None:
        """What is asked of one table."""
        return self.versions.get(table, self.time)


NOW = Moment()


def views_of(config: Config, until: ExitStack | None = None, moment: Moment = NOW) -> Views:
    """All tables: those in the lakes, and those the configuration would collect."""
    return views_within(Outline.of(config), lambda: config, until, moment)


def views_within(
    outline: Outline,
    load: Callable[[], Config],
    until: ExitStack | None = None,
    moment: Moment = NOW,
    known: Views | None = None,
) -> Views:
    """The same, for a configuration of which the outline is known.

    Args:
        outline: where the lakes are and what the tables are called.
        load: the whole configuration, asked for only when a table whose columns a plan knows was never collected.
        until: keeps the files of the views readable until it is closed.
        moment: which state of the tables.
        known: what was found before; tables to which nothing was committed since are not read again.

    Raises:
        UsageError: a version is asked of a table that no lake, or more than one, holds.
    """
    lakes = tuple(open_lake(each) for each in outline.lakes)
    inside = [(lake, name) for lake in lakes for name in tables(lake)]
    _check_versions(moment, [name for _, name in inside])
    found: dict[str, View] = {}
    lost: dict[str, str] = {}
    snapshots = []
    before = {(lake.root, each.table): each for lake, each in known.snapshots} if known is not None else {}
    for lake, name in inside:
        try:
            stored = snapshot(lake, name, until, as_of=moment.of(name), known=before.get((lake.root, name)))
        except PastError as error:
            lost[name] = str(error)
        else:
            if stored is not None:
                found[name] = _joined(found.get(name), view_of(stored))
                snapshots.append((lake, stored))
    built = declared()
    unknown = set(outline.tables) - set(found) - set(lost)
    if unknown - set(built) or unknown & outline.enriched:
        for view in _planned(load()):
            found.setdefault(view.name, view)
    found = {**built, **found}
    views = tuple(found[name] for name in sorted(found) if name not in lost)
    return Views(views, lakes, lost, outline.collections, outline.views, tuple(snapshots))


def _check_versions(moment: Moment, names: Sequence[str]) -> None:
    for name in moment.versions:
        if name not in names:
            raise UsageError(f'no lake holds a table called "{name}"{hint(name, names)}')
        if names.count(name) > 1:
            raise UsageError(f"{name} lies in more than one lake, each with versions of its own; ask as of a time")


def _joined(one: View | None, other: View) -> View:
    """A table that lies in two lakes."""
    if one is None:
        return other
    theirs = {column.name: column for column in other.columns}
    shared = tuple(_widest(column, theirs.pop(column.name, column)) for column in one.columns)
    return replace(
        one,
        columns=(*shared, *theirs.values()),
        files=(*one.files, *other.files),
        stored=(*one.stored, *other.stored),
        version=None,
    )


def _widest(one: Column, other: Column) -> Column:
    """A column as the lake has it where its type was widened already."""
    return one if one.type == other.type else replace(one, type=_wider(one.type, other.type))


@cache
def _wider(one: str, other: str) -> str:
    """The type that DuckDB finds for values of both."""
    with connect(threads=1) as connection:
        union = f"SELECT NULL::{one} AS value UNION ALL SELECT NULL::{other}"
        [(kind,), _] = connection.execute(f"SELECT typeof(value) FROM ({union})").fetchall()
    return str(kind)


def view_of(found: Snapshot) -> View:
    """A table as SQL sees it."""
    newest = NEWEST_FINDING if found.table == FINDING_TABLE else None
    return View(found.table, found.columns, found.files, found.stored, version=found.version, newest=newest)


@cache
def declared() -> Mapping[str, View]:
    """The tables that are there without any configuration, with no rows, by name."""
    own = (
        View(REJECTED_TABLE, (*COMMON_COLUMNS, *REJECTED_COLUMNS), ()),
        View(FINDING_TABLE, (*COMMON_COLUMNS, *FINDING_COLUMNS), (), newest=NEWEST_FINDING),
        View(ALERT_TABLE, (*COMMON_COLUMNS, *ALERT_COLUMNS), ()),
    )
    return MappingProxyType({view.name: view for view in (*own, *_installed())})


def _installed() -> Iterator[View]:
    for name in plugins.names("table"):
        # One that does not import is told where it is used; a query of others goes on.
        with suppress(PluginError):
            columns = plugins.load("table", name).stored_columns
            if len(columns) > len(COMMON_COLUMNS):
                yield View(name, columns, ())


def _planned(config: Config) -> Iterator[View]:
    """Tables whose columns only a plan knows. Importing it is slow, and needed only before the first run."""
    from tailpipe_assets.pipeline.plan import plan

    for each in plan(config, problems=Problems()):
        yield View(each.table.name, each.table.stored_columns, ())
