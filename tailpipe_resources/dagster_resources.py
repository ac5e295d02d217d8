"""What collecting reaches, as Dagster resources: DuckDB, lakes and sources. A test or a deployment swaps any of them.

Each only opens; none reaches anything before an op runs.
"""

# Dagster reads the annotations of resources while the classes are made, so they are not put off.
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import duckdb
from dagster_duckdb import DuckDBResource
from pydantic import Field

from tailpipe_resources.lake.storage import Lake, open_lake
from tailpipe_resources.model import config
from tailpipe_resources.query.engine import connect
from tailpipe_resources.sources import open_source
from tailpipe_resources.sources.base import Source


class DuckDBEngine(DuckDBResource):
    """DuckDB in memory, over Parquet files. There is no database file that two runs could fight over."""

    database: str = Field(default=":memory:", description="Always in memory; the lake is files.")
    memory_limit: str | None = Field(default=None, description="Such as 2GB; else four fifths of the machine's memory.")
    threads: int | None = Field(default=None, description="As many as there are cores when not given.")
    temp_directory: str | None = Field(default=None, description="Where it spills what does not fit in memory.")

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A new connection, to be closed by who asked for it."""
        connection = connect(memory_limit=self.memory_limit, threads=self.threads, temp_directory=self.temp_directory)
        for name, value in self.connection_config.items():
            connection.execute(f"SET {name} = ?", [value])
        return connection

    @contextmanager
    def get_connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that is closed at the end of the block, also when it is left by an error."""
        with self.connect() as connection:
            yield connection


class LakeStore(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The lake of each destination."""

    def open(self, destination: config.Destination) -> Lake:
        """The lake of a destination.

        Raises:
            LakeError: it is of a kind that cannot be written.
        """
        return open_lake(destination)


class SourceAccess(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The plugin behind each source, and how patient a run is with one that is down."""

    retries: int = Field(default=3, description="How often a run tries again after a failure that may pass.")
    pause: float = Field(default=5, description="Seconds before the first retry; each later one waits twice as long.")

    def open(self, source: config.Source) -> Source:
        """A source, ready to list.

        Raises:
            PluginError: its plugin is not installed.
        """
        return open_source(source)
