"""Harlequin over the lake: the same tables, statements and snapshots as in the console."""

from __future__ import annotations

from collections import deque
from contextlib import ExitStack
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from tailpipe_assets.console.allowed import is_change
from tailpipe_assets.console.lake import Configured, LakeTables
from tailpipe_resources.errors import PluginError, TailpipeError

if TYPE_CHECKING:
    from collections.abc import Sequence

KEPT_SNAPSHOTS = 16
"""Harlequin fetches rows a while after it asked for them: so many statements keep their snapshot."""


def open_ide(configured: Configured) -> None:
    """Open Harlequin, and come back when the user leaves it.

    Raises:
        PluginError: it is not installed.
        TailpipeError: the lake or its configuration cannot be read.
    """
    if find_spec("harlequin") is None:
        raise PluginError("--ide needs Harlequin, which is not installed; install it with: pip install 'tailpipe[ide]'")
    from harlequin import Harlequin

    Harlequin(adapter=adapter_over(LakeTables(configured))).run()


def adapter_over(tables: LakeTables) -> Any:
    """What connects Harlequin to the tables. Its classes are made here, because importing it takes a while."""
    from harlequin import HarlequinAdapter
    from harlequin.exception import HarlequinQueryError
    from harlequin_duckdb.adapter import DuckDbConnection

    class Connection(DuckDbConnection):  # type: ignore[misc]  # not installed everywhere
        def __init__(self) -> None:
            super().__init__(tables.connection, init_message="Each statement sees the newest snapshot of the lake.")
            self._kept: deque[ExitStack] = deque()

        def execute(self, query: str) -> Any:
            try:
                self._keep(_prepared(tables, query))
            except TailpipeError as error:
                raise HarlequinQueryError(msg=str(error), title="This statement was not run:") from error
            return super().execute(query)

        def close(self) -> None:
            while self._kept:
                self._kept.popleft().close()

        def _keep(self, until: ExitStack) -> None:
            self._kept.append(until)
            if len(self._kept) > KEPT_SNAPSHOTS:
                self._kept.popleft().close()

    class Adapter(HarlequinAdapter):  # type: ignore[misc]  # not installed everywhere
        ADAPTER_DETAILS = "The tables of a Tailpipe lake, for reading."
        IMPLEMENTS_CANCEL = True
        IMPLEMENTS_READ_ONLY = True
        connection_id = "tailpipe " + " ".join(tables.roots)

        def __init__(self, conn_str: Sequence[str] = (), **_options: Any) -> None:
            self.conn_str = tuple(conn_str)

        def connect(self) -> Connection:
            return Connection()

    return Adapter()


def _prepared(tables: LakeTables, statement: str) -> ExitStack:
    """The snapshot a statement sees, which stays until the stack is closed.

    Raises:
        QueryError: the statement does anything but read or make something in memory.
    """
    with ExitStack() as until:
        tables.refresh(until)
        is_change(tables.connection, statement, tables.taken())
        return until.pop_all()
