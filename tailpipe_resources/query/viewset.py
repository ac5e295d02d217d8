"""The view set on a connection: made as it is named, made anew when the lake moved on, narrowed to what is asked."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

import duckdb

from tailpipe_resources.errors import QueryError
from tailpipe_resources.model.names import folded
from tailpipe_resources.model.schema import Column
from tailpipe_resources.model.view import RESERVED
from tailpipe_resources.query.accelerating import Copies, Use
from tailpipe_resources.query.ask import Result, ask
from tailpipe_resources.query.basis import Basis, basis_of
from tailpipe_resources.query.described import layers_of
from tailpipe_resources.query.engine import translate
from tailpipe_resources.query.layers import MAIN, Layer, create_schemas, indexes_of
from tailpipe_resources.query.naming import is_named, words_of
from tailpipe_resources.query.statements import check
from tailpipe_resources.query.tables import Tables
from tailpipe_resources.query.views import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tailpipe_resources.query.described import Described, Key

FEW_INDEXES = 20
"""So many indexes are listed with their views; of more, only those that a statement named."""

_LOOKS_AROUND = re.compile(r"\bshow\b|\binformation_schema\b|\bpg_\w+|\bduckdb_\w+|\bpragma_\w+", re.IGNORECASE)
"""Statements that ask which views there are."""

_SEARCH_PATH = re.compile(r"\bsearch_path\b", re.IGNORECASE)


class ViewSet:
    """Every view there is, on one connection. The tables are made at once, what stands on them when it is named."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, described: Described, *, time_zone: str = "UTC") -> None:
        self.connection = connection
        self.lost: dict[str, str] = {}
        """Schemas and views that could not be made, with the reason."""
        self._tables = Tables(connection, time_zone)
        self._made: dict[Key, Layer] = {}
        self._uses: dict[Key, Use] = {}
        self._copies = Copies(connection, time_zone=time_zone)
        self._searched: set[str] = set()
        """The schemas of the search path, while one is set."""
        self.show(described)

    def show(self, described: Described) -> None:
        """Make the views anew over other files.

        Raises:
            QueryError: a table cannot be read.
        """
        self._tables.show(described.views)
        self._indexes = indexes_of(described.views)
        self._waiting, self.lost = layers_of(described)
        self._copies.show(described.copies)
        before = {folded(name) for key in self._made for name in key}
        self._made, self._uses = {}, {}
        self._make_named(before)

    @property
    def views(self) -> tuple[View, ...]:
        """The tables."""
        return tuple(self._tables.views.values())

    @property
    def indexes(self) -> tuple[str, ...]:
        """The values of `tp_index`, each of which can be used as a schema."""
        return tuple(value for index in self._indexes.values() for value in index.values)

    @property
    def names(self) -> frozenset[str]:
        """What tables and views are called, without their schemas."""
        return frozenset(self._tables.views) | {name for _, name in (*self._waiting, *self._made)}

    @property
    def schemas(self) -> frozenset[str]:
        """What schemas are called, beside those of indexes."""
        return frozenset(schema for schema, _ in (*self._waiting, *self._made))

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Everything besides the tables, made or not. A query of the user's own has its columns once it was made."""
        return (*self._waiting.values(), *self._made.values())

    @property
    def are_copies_replaced(self) -> bool:
        """Whether an accelerated view has another copy than the one that is read here."""
        return self._copies.are_replaced

    def uses(self, statement: str) -> tuple[Use, ...]:
        """How the accelerated views are read that a statement names, itself or through other views."""
        words: set[str] = set()
        more = words_of(statement)
        while more - words:
            words |= more
            behind = (layer for key, layer in self._made.items() if self._is_meant(key, words))
            more = {word for layer in behind for word in words_of(layer.select)}
        return tuple(use for key, use in self._uses.items() if self._is_meant(key, words))

    def use(self, layer: Layer) -> Use | None:
        """How a view that was made is read, if it is accelerated."""
        return self._uses.get((layer.schema, layer.name))

    def uses_of(self, block: str) -> tuple[Use, ...]:
        """How the views are read that an accelerated block makes."""
        self._make_named({folded(block)})
        return tuple(use for use in self._uses.values() if use.block == block)

    def make_all(self, named: Iterable[str] = ()) -> tuple[Layer, ...]:
        """Make everything besides the tables; it, in an order in which it can be made. Of many indexes those named."""
        for key in list(self._waiting):
            self._make(key)
        self._make_indexes(self._indexes if len(self._indexes) <= FEW_INDEXES else self._indexes.keys() & set(named))
        return tuple(self._made.values())

    def ask(self, statement: str, parameters: Mapping[str, object] | None = None) -> Result:
        """Run one statement that `statements.check` let through, over the files that it can need.

        Raises:
            QueryError: DuckDB refuses it; also while the rows are read.
        """
        self._make_meant(statement)
        planned, shape = self._tables.plan(statement, parameters), self._tables.shape(statement, parameters)
        direct = self._tables.direct(statement, planned)
        if direct is not None:
            return ask(self.connection, direct, parameters, shape, lines_before=1)
        self._tables.narrow(planned)
        return ask(self.connection, statement, parameters, shape)

    def prepare(self, statement: str, parameters: Mapping[str, object] | None = None) -> None:
        """Make what a statement names, and have its tables read no more files than it can need."""
        self._make_meant(statement)
        self._tables.narrow(self._tables.plan(statement, parameters))

    def widen(self) -> None:
        """Have every table read all of its files again."""
        self._tables.widen()

    def change(self, statement: str, parameters: Mapping[str, object] | None = None) -> None:
        """Run a statement that changes what names mean, such as CREATE VIEW or SET search_path.

        Raises:
            QueryError: DuckDB refuses it.
        """
        self.prepare(statement, parameters)
        try:
            self.connection.execute(statement, parameters)
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            raise translate(error) from error
        self._tables.follow_user(statement, parameters)
        if _SEARCH_PATH.search(statement):
            self._searched = words_of(statement)

    def _make_meant(self, statement: str) -> None:
        """Make what a statement names, or may look for."""
        if _LOOKS_AROUND.search(statement):
            self.make_all()
        self._make_named(words_of(statement))

    def _make_named(self, words: set[str]) -> None:
        for key in [key for key in self._waiting if is_named(key, words)]:
            self._make(key)
        self._make_indexes(words & self._indexes.keys())

    def _make_indexes(self, names: Iterable[str]) -> None:
        taken = {folded(schema): layer.kind for (schema, _), layer in {**self._waiting, **self._made}.items()}
        for name in names:
            kind = "SQL" if name in RESERVED else taken.get(name, "index")
            for layer in self._indexes[name].layers:
                if kind != "index":
                    self.lost[layer.schema] = f"the index {layer.schema} has no schema: the name is taken by {kind}"
                elif (layer.schema, layer.name) not in self._made:
                    self._waiting[layer.schema, layer.name] = layer
                    self._make((layer.schema, layer.name))

    def _make(self, key: Key) -> None:
        layer = self._waiting.pop(key, None)
        if layer is None:
            return
        if layer.kind == "query":
            self._make_named(words_of(layer.select))
        shown = layer.name if layer.kind == "query" else f"{layer.schema}.{layer.name}"
        try:
            self._made[key] = self._created(layer)
        except QueryError as error:
            reason = str(error).splitlines()[0]
            self.lost[layer.name if layer.schema == MAIN else layer.schema] = (
                f"the view {shown} cannot be made: {reason}"
            )

    def _created(self, layer: Layer) -> Layer:
        """Make a view; it with its columns."""
        if layer.kind in {"period", "query"} and len(check(self.connection, layer.select)) != 1:
            raise QueryError("it is more than one statement")
        use = self._use(layer) if self._copies.is_known(layer) else None
        try:
            for statement in create_schemas([layer]):
                self.connection.execute(statement)
                self._tables.follow(statement)
            # What is planned is the view itself: a copy holds no files that could be left out.
            self.connection.execute(layer.create if use is None else layer.create_as(use.select or layer.select))
            self._tables.follow(layer.create)
            if layer.columns:
                return layer
            rows = self.connection.execute(f"DESCRIBE {layer.select}").fetchall()
        except duckdb.Error as error:
            raise translate(error) from error
        return replace(layer, columns=tuple(Column(row[0], row[1]) for row in rows))

    def _use(self, layer: Layer) -> Use:
        """How an accelerated view is read."""
        basis: Basis | str
        try:
            basis = self.basis(layer)
        except QueryError as error:
            basis = str(error)
        self._uses[layer.schema, layer.name] = self._copies.use(layer, basis, self._tables.views)
        return self._uses[layer.schema, layer.name]

    def basis(self, layer: Layer) -> Basis:
        """What a view's rows rest on.

        Raises:
            QueryError: on more than the rows of tables.
        """
        return basis_of(self.connection, layer, self._find)

    def _find(self, schema: str | None, name: str) -> View | Layer | None:
        """What a name in SQL means while nothing is searched first."""
        wanted, within = folded(name), folded(schema or MAIN)
        tables = (each for each in self._tables.views.values() if within == MAIN and folded(each.name) == wanted)
        layers = {**self._waiting, **self._made}.values()
        found = (each for each in layers if (folded(each.schema), folded(each.name)) == (within, wanted))
        index = self._indexes.get(within)
        parts = () if index is None else (each for each in index.layers if folded(each.name) == wanted)
        return next(chain[View | Layer](tables, found, parts), None)

    def _is_meant(self, key: Key, words: set[str]) -> bool:
        """Whether words name a view with its schema, or alone where its schema is searched."""
        schema, name = folded(key[0]), folded(key[1])
        return name in words and (schema == MAIN or schema in words or schema in self._searched)
