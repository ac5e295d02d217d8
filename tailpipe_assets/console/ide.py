"""Harlequin over the lake: the same tables, statements and snapshots as in the console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tailpipe_assets.console.allowed import is_change
from tailpipe_assets.console.lake import Configured, LakeTables
from tailpipe_resources.errors import PluginError, TailpipeError

if TYPE_CHECKING:
    from collections.abc import Sequence


def open_ide(configured: Configured) -> None:
    """Open Harlequin, and come back when the user leaves it.

    Raises:
        PluginError: it is not installed.
        TailpipeError: the lake or its configuration cannot be read.
    """
    try:
        from harlequin import Harlequin
    except ModuleNotFoundError as error:
        raise PluginError(
            f"--ide needs Harlequin, and {error.name} is not installed; install it with: pip install 'tailpipe[ide]'"
        ) from None

    Harlequin(adapter=adapter_over(LakeTables(configured))).run()


def adapter_over(tables: LakeTables) -> Any:
    """What connects Harlequin to the tables. Its classes are made here, because importing it takes a while."""
    from harlequin import HarlequinAdapter
    from harlequin.exception import HarlequinQueryError
    from harlequin_duckdb.adapter import DuckDbConnection

    class Connection(DuckDbConnection):
        def __init__(self) -> None:
            super().__init__(tables.connection, init_message="Each statement sees the newest snapshot of the lake.")
            tables.make_all()

        def execute(self, query: str) -> Any:
            try:
                # Rows are fetched a while after they were asked for: views stay as they are until the next statement.
                tables.look()
                tables.make_all(query)
                is_change(tables.connection, query, tables.taken())
            except TailpipeError as error:
                raise HarlequinQueryError(msg=str(error), title="This statement was not run:") from error
            return super().execute(query)

        def close(self) -> None:
            tables.let_go()

    class Adapter(HarlequinAdapter):
        ADAPTER_DETAILS = "The tables of a Tailpipe lake, for reading."
        IMPLEMENTS_CANCEL = True
        IMPLEMENTS_READ_ONLY = True
        connection_id = "tailpipe " + " ".join(tables.roots)

        def __init__(self, conn_str: Sequence[str] = (), **_options: Any) -> None:
            self.conn_str = tuple(conn_str)

        def connect(self) -> Connection:
            return Connection()

    return Adapter()
