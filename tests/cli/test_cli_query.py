"""Asking from the command line."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.cli.interrupting import interruptible
from tailpipe_resources.query.engine import connect

if TYPE_CHECKING:
    import duckdb

ENDLESS = "SELECT count(*) FROM range(1_000_000_000_000) WHERE hash(range) = 1"


def test_ctrl_c_stops_a_query_at_once() -> None:
    """A question that would take hours is given up within a second or two."""
    connection = connect(threads=1)
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()

    with pytest.raises(KeyboardInterrupt):
        interruptible(connection, lambda: _ask(connection))

    assert time.monotonic() - began < 10


def _ask(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(ENDLESS).fetchall()
