"""Work on a connection that Ctrl-C stops, and a limit of time."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from math import inf
from typing import TYPE_CHECKING

from tailpipe_assets.cli.stopping import HEARD_WITHIN
from tailpipe_resources.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb


def interruptible(
    connection: duckdb.DuckDBPyConnection, work: Callable[[], None], *, seconds: float | None = None
) -> None:
    """Do work that asks this connection, let Ctrl-C stop it at once, and give it no more than some seconds.

    DuckDB looks for signals between its own steps only, which may be minutes; from another thread it can be told.

    Raises:
        QueryError: the time is over.
    """

    def stop(doing: Future[None]) -> None:
        while not doing.done():
            connection.interrupt()
            wait([doing], timeout=0.1)

    with ThreadPoolExecutor(max_workers=1) as pool:
        doing = pool.submit(work)
        try:
            until = inf if seconds is None else time.monotonic() + seconds
            while not doing.done() and time.monotonic() < until:
                wait([doing], timeout=min(HEARD_WITHIN, max(0.0, until - time.monotonic())))
            if not doing.done():
                stop(doing)
                raise QueryError(f"given up after {seconds:g} seconds, as --timeout says")
            doing.result()
        except KeyboardInterrupt:
            stop(doing)
            raise
