"""The tables of a view set on a connection, each over all of its files or over those that a question can need."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb

from tailpipe_resources.model.names import folded
from tailpipe_resources.query.naming import words_of
from tailpipe_resources.query.views import View, create_listed, list_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tailpipe_resources.query.ask import Shape
    from tailpipe_resources.query.narrowing import Planned, Planner

    Parameters = Mapping[str, object] | None

FEW_FILES = 8
"""Finding out which of so many files a question needs takes longer than opening them."""

_CREATES = re.compile(r"\s*create\b", re.IGNORECASE)


class Tables:
    """One view a table, in `main`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, time_zone: str) -> None:
        self._connection, self._time_zone = connection, time_zone
        self._views: dict[str, View] = {}
        self._planner: Planner | None = None
        self._can_plan = True
        self._run: list[tuple[str, Parameters]] = []
        """What was run beside the tables, for a planner that comes later."""
        self._changed: set[str] = set()
        """The words of what users made: a name among them may mean something else than a table."""
        self._is_main_meant = True
        """Whether other plain names mean the tables; not after SET search_path, USE and the like."""
        self._narrowed: set[str] = set()
        self._empty: set[str] = set()  # tables that read no file now, because none was needed

    def show(self, views: Iterable[View]) -> None:
        """Make them anew over other files.

        Raises:
            QueryError: a table cannot be read.
        """
        self._views = {view.name: view for view in views}
        self._narrowed, self._empty = set(), set()
        create_listed(self._connection, self._views.values())
        if self._planner is not None:
            for view in self._views.values():
                self._planner.declare(view)

    @property
    def views(self) -> Mapping[str, View]:
        """They, by name."""
        return self._views

    def shape(self, statement: str, parameters: Parameters) -> Shape | None:
        """The columns that a SELECT gives; None when only asking can tell."""
        planner = self._planning()
        return None if planner is None else planner.shape(statement, parameters)

    def plan(self, statement: str, parameters: Parameters) -> Planned | None:
        """What a statement reads; None when nothing is known of it."""
        planner = self._planning()
        return None if planner is None else planner.plan(statement, parameters)

    def direct(self, statement: str, planned: Planned | None) -> str | None:
        """The same question of nothing but the files and columns it needs; None when it is not that simple."""
        if planned is None or not self._is_main_meant:
            return None
        from tailpipe_resources.query.direct import direct, table_of

        name = table_of(statement)
        if name is None or name in self._changed:
            return None
        view = next((each for each in self._views.values() if folded(each.name) == name), None)
        return None if view is None else direct(statement, self._kept(view, planned), planned)

    def narrow(self, planned: Planned | None) -> None:
        """Have the tables read no more files than a statement can need."""
        tests = {} if planned is None else planned.tests
        for table in {*self._narrowed, *tests}:
            view = self._views[table]
            kept = view if planned is None else self._kept(view, planned)
            if view.files and (table in self._narrowed or len(kept.files) < len(view.files)):
                self._read(view, kept)
        self._narrowed = {table for table in tests if self._views[table].stored}

    def widen(self) -> None:
        """Have every table read all of its files again."""
        for view in (self._views[table] for table in self._narrowed):
            self._read(view, view)
        self._narrowed = set()

    def follow(self, statement: str, parameters: Parameters = None) -> None:
        """Note what was run on the connection and changes what names mean."""
        self._run.append((statement, parameters))
        self._plan(statement, parameters)

    def follow_user(self, statement: str, parameters: Parameters) -> None:
        """Note the same of a statement that somebody typed."""
        self._changed |= words_of(statement)
        self._is_main_meant = self._is_main_meant and _CREATES.match(statement) is not None
        self.follow(statement, parameters)

    def _kept(self, view: View, planned: Planned) -> View:
        """A table over the files that are needed of it."""
        test = planned.tests.get(view.name)
        if test is None or not view.stored or view.newest is not None:
            return view
        return view.over(filter(test, view.stored))

    def _read(self, view: View, kept: View) -> None:
        """Have a table read some of its files."""
        if kept.files and view.name not in self._empty:
            list_files(self._connection, view, kept.files)
        else:
            create_listed(self._connection, [kept])
            self._empty = self._empty - {view.name} if kept.files else self._empty | {view.name}

    def _planning(self) -> Planner | None:
        """What plans questions, once there are files enough to leave some out."""
        if self._planner is None and self._can_plan and self._has_many_files():
            from tailpipe_resources.query.narrowing import Planner

            self._planner = Planner(self._views.values(), self._time_zone)
            for statement, parameters in self._run:
                self._plan(statement, parameters)
        return self._planner

    def _has_many_files(self) -> bool:
        return sum(len(view.files) for view in self._views.values()) > FEW_FILES

    def _plan(self, statement: str, parameters: Parameters) -> None:
        if self._planner is None:
            return
        try:
            self._planner.run(statement, parameters)
        except duckdb.Error:
            # Names may now mean something else there than here: from now on every question reads all files.
            self._planner, self._can_plan = None, False
