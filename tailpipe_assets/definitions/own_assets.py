"""For Dagster assets of your own: SQL over the lake, and a DuckDB file that keeps what you made of it.

::

    @dg.asset(deps=[["http_log", "web"]], partitions_def=days, io_manager_key="summaries")
    def requests_per_day(context: dg.AssetExecutionContext, lake: LakeViews) -> pa.Table:
        with lake.open() as views:
            return views.arrow("SELECT ... FROM http_log WHERE tp_date = $day", day=context.partition_key)
"""

# Dagster reads the annotations of resources while the classes are made, so they are not put off.
from collections.abc import Sequence
from typing import Any

import dagster as dg
import duckdb
import pyarrow as pa
from dagster._core.storage.db_io_manager import DbTypeHandler, TableSlice
from dagster_duckdb import DuckDBIOManager
from dagster_duckdb.io_manager import DuckDbClient
from pydantic import Field

from tailpipe_assets.views.notebook import NotebookLake, open_lake
from tailpipe_assets.views.opened import Engine
from tailpipe_resources.model.names import quote

_ARRIVING = "tailpipe_arriving"


class LakeViews(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Everything that can be asked with SQL, at one moment of the lake."""

    config_path: str | None = Field(default=None, description="Files and folders of HCL; the usual ones unless given.")
    search_path: str = Field(default="", description="Schemas where plain names are looked for before main.")
    memory_limit: str | None = Field(default=None, description="Such as 2GB; else four fifths of the machine's memory.")

    def open(self) -> NotebookLake:
        """The views, to be used as a context: what they show stays as it is until its end.

        Raises:
            ConfigError: something in the configuration is wrong.
            LakeError: a lake cannot be read.
        """
        return open_lake(self.config_path, search_path=self.search_path, engine=Engine(self.memory_limit))


class ArrowInDuckDB(DuckDBIOManager):
    """Keeps the Arrow tables that assets give in a DuckDB file, and gives them to the assets behind.

    A table is called like the last part of the asset's key, in a schema called like the part before it. Of an asset
    with partitions, `partition_expr` in its metadata is SQL for the time by which rows belong to them; materializing a
    partition again takes the place of its rows.
    """

    @staticmethod
    def type_handlers() -> Sequence[DbTypeHandler[Any]]:
        """For Arrow tables."""
        return [_ArrowTables()]

    @staticmethod
    def default_load_type() -> type | None:
        """What an input without an annotation is."""
        return pa.Table  # type: ignore[no-any-return]


class _ArrowTables(DbTypeHandler[pa.Table]):
    """Arrow tables in and out of DuckDB."""

    def handle_output(
        self, context: dg.OutputContext, table_slice: TableSlice, obj: pa.Table, connection: duckdb.DuckDBPyConnection
    ) -> None:
        """Add rows; those of the same partition are gone already."""
        table = f"{quote(table_slice.schema)}.{quote(table_slice.table)}"
        connection.register(_ARRIVING, obj)
        connection.execute(f"CREATE TABLE IF NOT EXISTS {table} AS FROM {_ARRIVING} LIMIT 0")
        connection.execute(f"INSERT INTO {table} BY NAME FROM {_ARRIVING}")
        connection.unregister(_ARRIVING)
        context.add_output_metadata({"rows": obj.num_rows, "dagster/table_name": table})

    def load_input(
        self, _context: dg.InputContext, table_slice: TableSlice, connection: duckdb.DuckDBPyConnection
    ) -> pa.Table:
        """The rows of the partitions that are asked for; all of an asset without any."""
        return connection.sql(DuckDbClient.get_select_statement(table_slice)).to_arrow_table()

    @property
    def supported_types(self) -> Sequence[type]:
        """Arrow tables."""
        return [pa.Table]
