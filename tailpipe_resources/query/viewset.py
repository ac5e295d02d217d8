"""The view set on a connection: made, made anew when the lake moved on, and narrowed to what a question needs."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import duckdb

from tailpipe_resources.errors import QueryError
from tailpipe_resources.model.schema import Column
from tailpipe_resources.query.ask import Result, ask
from tailpipe_resources.query.engine import translate
from tailpipe_resources.query.layers import (
    MAIN,
    Layer,
    all_log,
    block_layers,
    collection_layers,
    create_schemas,
    in_own_schemas,
    index_layers,
    tables_by_index,
)
from tailpipe_resources.query.narrowing import Planner
from tailpipe_resources.query.statements import check
from tailpipe_resources.query.views import View, create_views

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tailpipe_resources.model.view import ViewBlock

FEW_INDEXES = 20
"""So many indexes have their schemas from the start; of more, those that a statement names."""

_NAME = re.compile(r'"((?:[^"]|"")*)"|\w+')


@dataclass(frozen=True, slots=True)
class Described:
    """What a view set is made from."""

    views: tuple[View, ...]
    collections: tuple[tuple[str, str], ...] = ()
    """Table and name of those that may have no rows yet."""

    blocks: tuple[ViewBlock, ...] = ()


class ViewSet:
    """Every view there is, on one connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, described: Described, *, time_zone: str = "UTC") -> None:
        self.connection = connection
        self.lost: dict[str, str] = {}
        """Schemas and views that could not be made, with the reason."""
        self._planner: Planner | None = Planner((), time_zone)
        self._layers: dict[tuple[str, str], Layer] = {}
        self._narrowed: set[str] = set()
        self.show(described)

    def show(self, described: Described) -> None:
        """Make the views anew over other files.

        Raises:
            QueryError: a table cannot be read.
        """
        self._views = {view.name: view for view in described.views}
        self._indexes = tables_by_index(described.views)
        self._narrowed.clear()
        create_views(self.connection, described.views)
        if self._planner is not None:
            for view in described.views:
                self._planner.declare(view)
        self._make_layers(described)

    @property
    def views(self) -> tuple[View, ...]:
        """The tables."""
        return tuple(self._views.values())

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Everything that was made besides, in the order of schemas and names."""
        return tuple(self._layers[key] for key in sorted(self._layers))

    @property
    def indexes(self) -> tuple[str, ...]:
        """The values of `tp_index`, each of which can be used as a schema."""
        return tuple(self._indexes)

    def ask(self, statement: str, parameters: Mapping[str, object] | None = None) -> Result:
        """Run one statement that `statements.check` let through, over the files that it can need.

        Raises:
            QueryError: DuckDB refuses it; also while the rows are read.
        """
        self.prepare(statement, parameters)
        return ask(self.connection, statement, parameters)

    def prepare(self, statement: str, parameters: Mapping[str, object] | None = None) -> None:
        """Make what a statement names, and have its tables read no more files than it can need."""
        self._make_named(statement)
        tests = {} if self._planner is None else self._planner.tests(statement, parameters)
        for table in {*self._narrowed, *tests}:
            view = self._views[table]
            test = tests.get(table)
            kept = view if test is None or not view.stored else view.over(filter(test, view.stored))
            if table in self._narrowed or len(kept.files) < len(view.files):
                create_views(self.connection, [kept])
        self._narrowed = {table for table in tests if self._views[table].stored}

    def change(self, statement: str, parameters: Mapping[str, object] | None = None) -> None:
        """Run a statement that changes what names mean, such as CREATE VIEW or SET search_path.

        Raises:
            QueryError: DuckDB refuses it.
        """
        self.prepare(statement, parameters)
        try:
            self.connection.execute(statement, parameters)
        except duckdb.Error as error:
            raise translate(error) from error
        if self._planner is not None:
            try:
                self._planner.run(statement, parameters)
            except duckdb.Error:
                # Names may now mean something else here than there: from now on every question reads all files.
                self._planner = None

    def _make_layers(self, described: Described) -> None:
        wanted = [layer for block in described.blocks for layer in block_layers(block, described.views)]
        wanted += collection_layers(described.views, described.collections)
        if len(self._indexes) <= FEW_INDEXES:
            wanted += (each for index, views in self._indexes.items() for each in index_layers(index, views))
        tables = {name.casefold() for name in self._views}
        queries = [layer for layer in wanted if layer.kind == "query"]
        kept, self.lost = self._named(layer for layer in wanted if layer.kind != "query")
        self._layers = {}
        for layer in (all_log(described.views), *kept):
            self._make([layer])
        for layer in queries:
            if layer.name.casefold() in tables:
                self.lost[layer.name] = f"the view {layer.name} is not there: a table has its name"
        self._make_queries([layer for layer in queries if layer.name not in self.lost])

    def _named(self, layers: Iterable[Layer]) -> tuple[tuple[Layer, ...], dict[str, str]]:
        kept, refused = in_own_schemas(layers)
        return kept, dict(refused)

    def _make_named(self, statement: str) -> None:
        """The schemas of the indexes that a statement names, when there are too many to make them all."""
        if len(self._indexes) <= FEW_INDEXES:
            return
        words = {
            (found[1].replace('""', '"') if found[1] is not None else found[0]) for found in _NAME.finditer(statement)
        }
        made = {layer.schema.casefold() for layer in self._layers.values()}
        for index in words & self._indexes.keys():
            if index.casefold() not in made:
                kept, _ = in_own_schemas(index_layers(index, self._indexes[index]))
                self._make(kept)

    def _make(self, layers: Iterable[Layer]) -> None:
        for layer in layers:
            try:
                self._create(layer)
            except QueryError as error:
                self.lost[layer.schema] = f"the view {layer.schema}.{layer.name} cannot be made: {_first_line(error)}"
            else:
                self._layers[layer.schema, layer.name] = layer

    def _create(self, layer: Layer) -> None:
        if layer.kind in {"period", "query"} and len(check(self.connection, layer.select)) != 1:
            raise QueryError("it is more than one statement")
        try:
            for statement in (*create_schemas([layer]), layer.create):
                self.connection.execute(statement)
                if self._planner is not None:
                    self._planner.run(statement)
        except duckdb.Error as error:
            raise translate(error) from error

    def _make_queries(self, layers: Sequence[Layer]) -> None:
        """Make users' own queries, which may speak of one another in any order."""
        waiting, reasons = list(layers), dict[str, str]()
        while waiting:
            left = []
            for layer in waiting:
                try:
                    self._create(layer)
                except QueryError as error:
                    left.append(layer)
                    reasons[layer.name] = _first_line(error)
                else:
                    self._layers[MAIN, layer.name] = replace(layer, columns=self._columns(layer))
            if len(left) == len(waiting):
                break
            waiting = left
        else:
            return
        self.lost.update({each.name: f"the view {each.name} cannot be made: {reasons[each.name]}" for each in waiting})

    def _columns(self, layer: Layer) -> tuple[Column, ...]:
        rows = self.connection.execute(f"DESCRIBE {layer.select}").fetchall()
        return tuple(Column(row[0], row[1]) for row in rows)


def _first_line(error: QueryError) -> str:
    return str(error).splitlines()[0]
