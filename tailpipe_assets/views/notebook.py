"""The lake for notebooks and scripts: relations and Arrow tables over every view.

::

    from tailpipe_assets.views.notebook import open_lake

    with open_lake(start="2024-02-01") as lake:
        lake.sql("SELECT event_name, count(*) FROM aws_cloudtrail_log GROUP BY ALL").show()
        table = lake.arrow("FROM http_log WHERE status >= $least", least=500)
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

import duckdb

from tailpipe_assets.views.opened import Asked, Engine, OpenViews, open_config
from tailpipe_resources.config import find_files, load
from tailpipe_resources.errors import QueryError
from tailpipe_resources.model.window import Window, parse_end, parse_time, zone_named
from tailpipe_resources.query.engine import translate
from tailpipe_resources.query.restriction import Restriction

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import tzinfo
    from types import TracebackType

    import pyarrow as pa

    from tailpipe_assets.views.catalog import Catalog


def open_lake(
    config_path: str | None = None,
    *,
    start: str | None = None,
    end: str | None = None,
    collections: Iterable[str] = (),
    indexes: Iterable[str] = (),
    search_path: str = "",
    variables: Mapping[str, str] | None = None,
    engine: Engine | None = None,
) -> NotebookLake:
    """Everything that a configuration's lakes hold, as of now.

    Args:
        config_path: files and folders of configuration, as `--config-path`; the usual places when not given.
        start: rows from this time on, such as `2024-02-07` or `T-7d`, in the engine's time zone.
        end: rows before this time; a date alone includes that day.
        collections: of which, as `--collection`; all when none is given.
        indexes: of which values of `tp_index`, with shell wildcards; all when none is given.
        search_path: schemas in which plain names are looked for before `main`, with commas between them.
        variables: values of the configuration's variables.
        engine: memory and time zone.

    Raises:
        ConfigError: something in the configuration is wrong.
        LakeError: a lake cannot be read.
        UsageError: there is no configuration, or a time cannot be read.
    """
    config = load(find_files(config_path), variables=variables or {})
    engine = engine or Engine()
    now, zone = datetime.now(UTC), _zone(engine.time_zone)
    window = Window(
        None if start is None else parse_time(start, now, zone), None if end is None else parse_end(end, now, zone)
    )
    asked = Asked(Restriction(window, tuple(collections), tuple(indexes)), search_path=search_path)
    return NotebookLake(open_config(config, asked, engine))


def _zone(name: str) -> tzinfo:
    zone = zone_named(name)
    if zone is None:
        raise QueryError(f'"{name}" is no time zone; write one like Europe/Berlin')
    return zone


class NotebookLake:
    """Views over one moment of the lake. Its files stay until it is closed."""

    def __init__(self, opened: OpenViews) -> None:
        self._opened = opened
        opened.views.make_all()

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """DuckDB itself, for everything else. It reaches nothing but the lakes."""
        self._opened.views.widen()
        return self._opened.connection

    @property
    def catalog(self) -> Catalog:
        """What there is to ask."""
        return self._opened.catalog

    def sql(self, query: str, **parameters: object) -> duckdb.DuckDBPyRelation:
        """A query as a relation, which DuckDB runs when its rows are wanted; `.df()`, `.pl()` and `.arrow()` give them.

        Args:
            query: one that reads.
            parameters: the values of `$name` in it.

        Raises:
            QueryError: it does anything but read, or DuckDB refuses it.
        """
        statement = self._one(query)
        self._opened.views.prepare(statement, parameters or None)
        try:
            # Over all files: a relation is planned anew whenever its rows are wanted.
            return self.connection.sql(statement, params=parameters or None)
        except duckdb.Error as error:
            raise translate(error) from error

    def arrow(self, query: str, **parameters: object) -> pa.Table:
        """A query's rows as an Arrow table, from no more files than it can need.

        Raises:
            QueryError: it does anything but read, or DuckDB refuses it.
        """
        statement = self._one(query)
        self._opened.views.prepare(statement, parameters or None)
        try:
            found: pa.Table = self._opened.connection.sql(statement, params=parameters or None).to_arrow_table()
        except duckdb.Error as error:
            raise translate(error) from error
        finally:
            self._opened.views.widen()
        return found

    def _one(self, query: str) -> str:
        statements = self._opened.statements(query)
        if len(statements) != 1:
            raise QueryError(f"one statement is asked at a time; there are {len(statements)}")
        return statements[0]

    def refresh(self) -> bool:
        """Go on to the lake's state of now; whether it was another."""
        return self._opened.refresh()

    def close(self) -> None:
        """Let go of the files."""
        self._opened.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()
