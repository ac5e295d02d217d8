"""The view set opened: a connection that only reads, over one moment of the lake, and what there is to ask.

This is what the command line, the console and notebooks stand on::

    with open_views(outline, load) as opened:
        for row in opened.ask("SELECT count(*) FROM aws_cloudtrail_log").batches:
            ...
        opened.refresh()
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Self

from tailpipe_assets.views.copies import accelerated, folder_of
from tailpipe_assets.views.found import NOW, views_within
from tailpipe_resources.config.outline import Outline
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.names import folded, hint, literal, quote
from tailpipe_resources.query.described import Described
from tailpipe_resources.query.engine import connect, restrict, unfinished
from tailpipe_resources.query.layers import MAIN
from tailpipe_resources.query.restriction import EVERYTHING, restricted
from tailpipe_resources.query.statements import check, gives_rows, split
from tailpipe_resources.query.viewset import ViewSet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    import duckdb

    from tailpipe_assets.views.catalog import Catalog
    from tailpipe_assets.views.found import Moment, Views
    from tailpipe_resources.model.config import Config
    from tailpipe_resources.model.stored_file import StoredFile
    from tailpipe_resources.query.ask import Result
    from tailpipe_resources.query.layers import Layer
    from tailpipe_resources.query.restriction import Restriction


@dataclass(frozen=True, slots=True)
class Engine:
    """How the database is set up."""

    memory_limit: str | None = None
    time_zone: str = "UTC"
    """In which times are typed and shown."""

    stores: tuple[Path, ...] = ()
    """Parquet files it may write."""

    is_safe: bool = True
    """Whether it reaches nothing but the lakes and those files, and runs only what reads."""

    uses_copies: bool = True
    """Whether copies of accelerated views are read where they hold."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What part of the lake is asked, and as of when."""

    restriction: Restriction = EVERYTHING
    moment: Moment = NOW
    search_path: str = ""
    """Schemas in which plain names are looked for first, with commas between them; `main` is searched last."""


def open_config(config: Config, asked: Asked | None = None, engine: Engine | None = None) -> OpenViews:
    """The view set of a configuration that was loaded."""
    return open_views(Outline.of(config), lambda: config, asked, engine)


def open_views(
    outline: Outline, load: Callable[[], Config], asked: Asked | None = None, engine: Engine | None = None
) -> OpenViews:
    """The view set of a configuration of which the outline is known.

    Args:
        outline: where the lakes are, what the tables, collections and views are called.
        load: the whole configuration, asked for only when a table of the user's own was never collected.
        asked: a part of the lake, or an earlier moment.
        engine: how the database is set up.

    Raises:
        LakeError: a lake cannot be read.
        QueryError: a table cannot be read.
        UsageError: a setting of the engine is none, or a version is asked of a table that no lake, or more than one,
            holds.
    """
    return OpenViews(partial(views_within, outline, load), asked or Asked(), engine or Engine(), load)


class OpenViews:
    """Everything that can be asked, at one moment. To be closed, or used as a context."""

    def __init__(
        self,
        find: Callable[[ExitStack, Moment, Views | None], Views],
        asked: Asked,
        engine: Engine,
        load: Callable[[], Config],
    ) -> None:
        self._find, self._asked, self._load = find, asked, load
        self.search_path = ""
        """Where plain names are looked for, as DuckDB writes it."""
        self._leases, self._is_safe, self._uses_copies = ExitStack(), engine.is_safe, engine.uses_copies
        try:
            self.found = find(self._leases, asked.moment, None)
            self.connection: duckdb.DuckDBPyConnection = connect(
                memory_limit=engine.memory_limit, time_zone=engine.time_zone
            )
            # Files never change: what was read of their ends holds for the next question too.
            self.connection.execute("SET parquet_metadata_cache = true")
            for lake in self.found.lakes:
                lake.store.attach(self.connection)
            self.views = ViewSet(self.connection, self._described(), time_zone=engine.time_zone)
            self._is_shown = True
            if engine.is_safe:
                folders = [folder for lake in self.found.lakes for folder in lake.reach]
                if any(block.accelerated for block in self.found.blocks):
                    folders.append(str(folder_of(self.found.lakes)))
                restrict(self.connection, folders, [unfinished(path) for path in engine.stores])
            if asked.search_path:
                self._search(asked.search_path)
        except BaseException:
            self._leases.close()
            raise

    @property
    def is_past(self) -> bool:
        """Whether an earlier moment is asked about than now."""
        return self._asked.moment != NOW

    @property
    def catalog(self) -> Catalog:
        """What there is: schemas, views, columns and what they mean."""
        from tailpipe_assets.views.catalog import catalog_of

        return catalog_of(self.views, self.found, self._load)

    def statements(self, sql: str) -> tuple[str, ...]:
        """The statements of an SQL text; of a safe engine, when all of them only read.

        Raises:
            QueryError: one does not parse, or does anything but read.
        """
        return check(self.connection, sql) if self._is_safe else split(sql)

    def ask(self, statement: str, parameters: Mapping[str, object] | None = None) -> Result:
        """Run one statement that reads, over the files that it can need.

        Its rows must be read before the next one is asked.

        Raises:
            QueryError: DuckDB refuses it; also while the rows are read.
        """
        return self.views.ask(statement, parameters)

    def run(self, statement: str, parameters: Mapping[str, object] | None = None) -> Result | None:
        """The same for a statement of any kind; None of one that has no rows, such as CREATE VIEW.

        Raises:
            QueryError: DuckDB refuses it; also while the rows are read.
        """
        if gives_rows(statement):
            return self.ask(statement, parameters)
        self.views.change(statement, parameters)
        return None

    def store(self, statement: str, path: Path, parameters: Mapping[str, object] | None = None) -> int:
        """Store the rows of one statement as a Parquet file that the engine may write; how many there are.

        Raises:
            QueryError: DuckDB refuses it, or the file cannot be written.
        """
        from tailpipe_resources.query.export import write_parquet

        self.views.prepare(statement, parameters)
        return write_parquet(self.connection, statement, path, parameters)

    def stored(self, layer: Layer) -> tuple[StoredFile, ...] | None:
        """The files that hold exactly a view's rows; None when only asking tells which of their rows it shows."""
        if layer.kind in {"query", "period"}:
            return None
        files = tuple(file for view in self.views.views if view.name in layer.tables for file in view.stored)
        if layer.kind == "collection":
            return tuple(each for each in files if each.collection == layer.schema)
        if layer.kind == "index":
            return tuple(each for each in files if folded(each.tp_index) == folded(layer.schema))
        return files

    def refresh(self) -> bool:
        """Go on to the lake's state of now; whether it was another. Not while rows are being read.

        Raises:
            LakeError: a lake cannot be read.
            QueryError: a table cannot be read.
        """
        arriving = ExitStack()
        try:
            found = self._find(arriving, self._asked.moment, self.found)
            is_another = found.views != self.found.views or found.lost != self.found.lost
            is_another = is_another or self.views.are_copies_replaced or not self._is_shown
            if is_another:
                self.found = found
                self._show()
        except BaseException:
            arriving.close()
            raise
        self._leases.close()
        self._leases = arriving
        return is_another

    def release(self) -> None:
        """Let go of the lake's files, which may then be put away, until the next `refresh`."""
        self._leases.close()

    def restrict_to(self, restriction: Restriction) -> None:
        """Ask another part of the lake from now on, at the same moment. Not after `release`.

        Raises:
            QueryError: a table cannot be read; then the part is what it was, from the next `refresh` on.
        """
        before = self._asked
        self._asked = replace(before, restriction=restriction)
        try:
            self._show()
        except BaseException:
            self._asked = before
            raise

    def _show(self) -> None:
        """Make the views anew. Where that fails some of them are, and the next refresh must do it again."""
        self._is_shown = False
        self.views.show(self._described())
        self._is_shown = True

    def close(self) -> None:
        """Let go of the files and the connection."""
        self.connection.close()
        self._leases.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def _search(self, path: str) -> None:
        schemas = [each.strip() for each in path.split(",") if each.strip()]
        known = {folded(each) for each in (*self.views.schemas, *self.views.indexes)}
        for schema in schemas:
            if folded(schema) not in known:
                near = hint(schema, self.views.schemas)
                raise UsageError(f'the search path names the schema "{schema}", which is not there{near}')
        quoted = ",".join(map(quote, [*(each for each in schemas if each != MAIN), MAIN]))
        self.views.change(f"SET search_path = {literal(quoted)}")
        self.search_path = quoted

    def _described(self) -> Described:
        views = tuple(restricted(view, self._asked.restriction) for view in self.found.views)
        copies = accelerated(self.found) if self._uses_copies else {}
        return Described(views, self.found.collections, self.found.blocks, copies)
