"""How the outbox lies on the disk: an SQLite database below `TAILPIPE_HOME`."""

from __future__ import annotations

import os
import sqlite3
import time
from typing import TYPE_CHECKING

from tailpipe_resources.errors import OutboxError
from tailpipe_resources.model.home import alerts_folder, outbox_file

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 1
PATIENCE_SECONDS = 20.0

_TABLES = """
CREATE TABLE IF NOT EXISTS delivery (
    alert_id TEXT NOT NULL,
    notifier TEXT NOT NULL,
    number INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'folded', 'sent', 'dead')),
    route TEXT NOT NULL,
    detection TEXT NOT NULL,
    dedupe_key TEXT NOT NULL,
    alert_table TEXT NOT NULL,
    collection TEXT NOT NULL,
    severity INTEGER NOT NULL,
    lake TEXT NOT NULL,
    message TEXT NOT NULL,
    created REAL NOT NULL,
    due REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    digest TEXT NOT NULL DEFAULT '',
    done REAL,
    recorded INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (alert_id, notifier, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS delivery_by_state ON delivery (state, due);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS condition (
    name TEXT PRIMARY KEY,
    since REAL NOT NULL,
    failures INTEGER NOT NULL,
    text TEXT NOT NULL,
    attempt TEXT NOT NULL,
    is_certain INTEGER NOT NULL
) WITHOUT ROWID;
"""


def opened() -> sqlite3.Connection:
    """A connection to the outbox, made when it is not there, durable at every commit.

    Raises:
        OutboxError: it cannot be used.
    """
    path = outbox_file()
    try:
        return _opened(path)
    except sqlite3.OperationalError as error:
        raise OutboxError(f"{path} cannot be used: {error}; alerts wait until it can") from error
    except sqlite3.DatabaseError:
        # What it held is made again from the lake.
        path.replace(path.with_name(f"outbox.broken-{time.time_ns()}.db"))
        return _opened(path)


def _opened(path: Path) -> sqlite3.Connection:
    try:
        alerts_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(path, timeout=PATIENCE_SECONDS, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        _prepare(connection, path)
    except OSError as error:
        raise OutboxError(f"{path} cannot be used: {error.strerror}; alerts wait until it can") from error
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise OutboxError(f"{path} was written by a later version of Tailpipe; install that one again")
    if version < VERSION:
        connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
