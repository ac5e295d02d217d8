"""The lake as the console asks it: the only module here that knows how views are made."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tailpipe_assets.views.opened import Asked, Engine, open_views
from tailpipe_resources.lake.census import StoredCollection, stored_collections
from tailpipe_resources.query.naming import words_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    from tailpipe_assets.views.opened import OpenViews
    from tailpipe_resources.config.outline import Outline
    from tailpipe_resources.model.config import Config
    from tailpipe_resources.model.schema import Column
    from tailpipe_resources.query.ask import Result
    from tailpipe_resources.query.layers import Layer
    from tailpipe_resources.query.restriction import Restriction
    from tailpipe_resources.query.views import View

_NAMES = """
SELECT schema_name, view_name FROM duckdb_views() WHERE database_name IN ('memory', 'temp') AND NOT internal
UNION SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name IN ('memory', 'temp') AND NOT internal
"""


@dataclass(frozen=True, slots=True)
class Configured:
    """What the command line says of the lake."""

    outline: Outline
    load: Callable[[], Config]
    """The whole configuration, which takes a while."""

    asked: Asked | None = None
    folders: tuple[Path, ...] = ()
    """Where configuration lies; saved queries may lie beside it."""

    memory_limit: str | None = None
    time_zone: str = "UTC"


class LakeTables:
    """A connection on which everything in the lake is a view."""

    def __init__(self, configured: Configured) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="tailpipe-export-", ignore_cleanup_errors=True)
        self._export = Path(self._scratch.name).resolve() / "rows.parquet"
        engine = Engine(configured.memory_limit, configured.time_zone, (self._export,))
        asked = configured.asked or Asked()
        self.opened: OpenViews = open_views(configured.outline, configured.load, asked, engine)
        self.opened.release()
        self.restriction = asked.restriction
        self.zone: tzinfo = UTC if configured.time_zone == "UTC" else ZoneInfo(configured.time_zone)
        """In which times are typed."""

        self.changes = 0
        """How often the lake was seen to have changed."""

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """Where statements are run."""
        return self.opened.connection

    @property
    def views(self) -> tuple[View, ...]:
        """The tables, as the last statement saw them."""
        return self.opened.found.views

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Every view besides the tables."""
        return self.opened.views.layers

    @property
    def roots(self) -> tuple[str, ...]:
        """Where the lakes lie."""
        return tuple(lake.root for lake in self.opened.found.lakes)

    def names(self) -> list[str]:
        """What can be asked, those of this session included."""
        rows = self.connection.cursor().execute(_NAMES).fetchall()
        known = {*rows, *((layer.schema, layer.name) for layer in self.layers)}
        return sorted(f"{schema}.{name}" if schema != "main" else name for schema, name in known)

    def taken(self) -> frozenset[str]:
        """The names in `main` that are the lake's own, in lower case."""
        layers = (layer.name for layer in self.layers if layer.schema == "main")
        return frozenset(name.lower() for name in (*(view.name for view in self.views), *layers))

    def described(self, name: str) -> tuple[Column, ...] | None:
        """The columns of a table or view of the lake with what they mean; None when it is none of them."""
        layer = self.opened.catalog.find(name.removeprefix("main."))
        return None if layer is None else layer.columns

    def make_all(self, statement: str = "") -> None:
        """Make every view there is, so that DuckDB's catalog lists it; of many indexes those that a statement names."""
        self.opened.views.make_all(words_of(statement))

    def look(self) -> None:
        """See the newest snapshot of each table, and keep its files until the next look or `let_go`."""
        self.changes += self.opened.refresh()

    def let_go(self) -> None:
        """Let the files of the snapshot be put away."""
        self.opened.release()

    def refresh(self, until: ExitStack) -> None:
        """See the newest snapshot of each table, and keep its files until the stack is closed."""
        self.look()
        until.callback(self.let_go)

    def restrict(self, to: Restriction) -> None:
        """Let statements see these rows only.

        Raises:
            LakeError: a lake cannot be read; what is seen stays as it was.
            QueryError: the same of a table.
        """
        with ExitStack() as until:
            self.refresh(until)
            self.opened.restrict_to(to)
        self.restriction = to

    def ask(self, statement: str) -> Result:
        """Run one statement that reads.

        Raises:
            QueryError: DuckDB refuses it; also while the rows are read.
        """
        return self.opened.ask(statement)

    def change(self, statement: str) -> None:
        """Run a statement that changes what names mean.

        Raises:
            QueryError: DuckDB refuses it.
        """
        self.opened.views.change(statement)

    def store(self, statement: str, path: Path) -> int:
        """Store the rows of one statement as a Parquet file; how many there are.

        Raises:
            QueryError: DuckDB refuses it, or the file cannot be written.
        """
        try:
            rows = self.opened.store(statement, self._export)
            shutil.copyfile(self._export, path)
        finally:
            self._export.unlink(missing_ok=True)
        return rows

    def collections(self) -> tuple[StoredCollection, ...]:
        """What each collection has in the lakes."""
        return tuple(each for lake in self.opened.found.lakes for each in stored_collections(lake))
