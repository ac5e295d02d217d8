"""The lake as the console asks it: the only module here that knows how views are made."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import duckdb

from tailpipe_assets.views import NOW, Moment, Views, views_within
from tailpipe_resources import plugins
from tailpipe_resources.errors import QueryError
from tailpipe_resources.lake.census import StoredCollection, stored_collections
from tailpipe_resources.model.names import literal, quote
from tailpipe_resources.model.schema import (
    COMMON_COLUMNS,
    PATH_COLUMNS,
    REJECTED_COLUMNS,
    REJECTED_TABLE,
    VIEW_COLUMNS,
    Column,
)
from tailpipe_resources.model.window import Window
from tailpipe_resources.query.ask import Result, ask
from tailpipe_resources.query.engine import connect, restrict, spoken, translate
from tailpipe_resources.query.views import select_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack
    from pathlib import Path

    from tailpipe_resources.config.outline import Outline
    from tailpipe_resources.model.config import Config
    from tailpipe_resources.query.views import View

_NAMES = """
SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal
UNION SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class Configured:
    """What the command line says of the lake."""

    outline: Outline
    load: Callable[[], Config]
    """The whole configuration, which takes a while."""

    moment: Moment = NOW
    folders: tuple[Path, ...] = ()
    """Where configuration lies; saved queries may lie beside it."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """Which rows statements see."""

    window: Window = field(default_factory=Window)
    indexes: tuple[str, ...] = ()
    """Values of `tp_index`, with shell wildcards; all when empty."""

    @property
    def conditions(self) -> tuple[str, ...]:
        """The same as SQL."""
        start, end = self.window.start, self.window.end
        index = " OR ".join(f"tp_index GLOB {literal(each)}" for each in self.indexes)
        return (
            *([f"tp_timestamp >= TIMESTAMPTZ '{start.isoformat()}'"] if start else []),
            *([f"tp_timestamp < TIMESTAMPTZ '{end.isoformat()}'"] if end else []),
            *([f"({index})"] if index else []),
        )


class LakeTables:
    """A connection on which every table of the lake is a view."""

    def __init__(self, configured: Configured) -> None:
        self._configured = configured
        self._made: dict[str, str] = {}
        self.restriction = Restriction()
        self.changes = 0
        """How often a table was seen to have changed."""

        self.connection = connect()
        self.connection.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
        self._found = self._look(None)
        for lake in self._found.lakes:
            lake.store.attach(self.connection)
        self._show()
        restrict(self.connection, [folder for lake in self._found.lakes for folder in lake.reach])

    @property
    def views(self) -> tuple[View, ...]:
        """The tables, as the last statement saw them."""
        return self._found.views

    @property
    def lost(self) -> dict[str, str]:
        """Tables that cannot be shown as they were, with the reason."""
        return dict(self._found.lost)

    @property
    def roots(self) -> tuple[str, ...]:
        """Where the lakes lie."""
        return tuple(lake.root for lake in self._found.lakes)

    def names(self) -> list[str]:
        """What tables are called, those of this session among them."""
        rows = self.connection.cursor().execute(_NAMES).fetchall()
        return [f"{schema}.{name}" if schema != "main" else name for schema, name in rows]

    def taken(self) -> frozenset[str]:
        """The names of the lake's tables in lower case."""
        return frozenset(view.name.lower() for view in self._found.views)

    def described(self, view: View) -> tuple[Column, ...]:
        """A table's columns with what they mean, as far as that is known."""
        declared = {each.name: each.description for each in (*COMMON_COLUMNS, *PATH_COLUMNS, *VIEW_COLUMNS)}
        if view.name in plugins.names("table"):
            declared |= {each.name: each.description for each in plugins.load("table", view.name).stored_columns}
        elif view.name == REJECTED_TABLE:
            declared |= {each.name: each.description for each in REJECTED_COLUMNS}
        return tuple(
            replace(each, description=each.description or declared.get(each.name, "")) for each in view.all_columns
        )

    def refresh(self, until: ExitStack) -> None:
        """See the newest snapshot of each table, and keep its files until the stack is closed."""
        self._found = self._look(until)
        self._show()

    def restrict(self, to: Restriction) -> None:
        """Let statements see these rows only."""
        before, self.restriction = self.restriction, to
        try:
            self._show()
        except BaseException:
            self.restriction = before
            raise

    def ask(self, statement: str) -> Result:
        """Run one statement that reads.

        Raises:
            QueryError: DuckDB refuses it; also while the rows are read.
        """
        return ask(self.connection, statement)

    def change(self, statement: str) -> None:
        """Run a statement that changes what names mean.

        Raises:
            QueryError: DuckDB refuses it.
        """
        try:
            self.connection.execute(statement)
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            raise translate(error) from error

    def collections(self) -> tuple[StoredCollection, ...]:
        """What each collection has in the lakes."""
        return tuple(each for lake in self._found.lakes for each in stored_collections(lake))

    def _look(self, until: ExitStack | None) -> Views:
        return views_within(self._configured.outline, self._configured.load, until, self._configured.moment)

    def _show(self) -> None:
        """Make anew the views that are not as they should be."""
        conditions = self.restriction.conditions
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        for view in self._found.views:
            sql = f"SELECT * FROM ({select_of(view)}){where}" if where else select_of(view)
            if self._made.get(view.name) != sql:
                self._create(view, sql)
        gone = self._made.keys() - {view.name for view in self._found.views}
        for name in gone:
            self.connection.execute(f"DROP VIEW IF EXISTS main.{quote(name)}")
            del self._made[name]

    def _create(self, view: View, sql: str) -> None:
        try:
            self.connection.execute(f"CREATE OR REPLACE VIEW main.{quote(view.name)} AS {sql}")
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            reason = spoken(error).splitlines()[0].removeprefix("IO Error: ")
            raise QueryError(f"the table {view.name} cannot be read: {reason}") from error
        self._made[view.name] = sql
        self.changes += 1
