"""Dagster's event log in SQLite, written by one process at a fraction of the cost.

Dagster's own opens a database anew for each of the two places an event goes to, waits for the disk both times, and does
so for every day of a run. Here a process keeps the databases of its run open, and what Dagster hands over together goes
in together. The files and their tables are Dagster's: everything else reads and writes them at the same time as ever.
A run's own database has small pages, because most of its 25 tables and indexes stay empty, and each takes a page.

After a power cut the last events may be missing, and the file is whole: `synchronous = NORMAL`. Rows do not depend on
what is told of them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import yaml
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy import create_engine, event
from sqlalchemy.pool import StaticPool

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from dagster import EventLogEntry
    from dagster._serdes import ConfigurableClassData
    from sqlalchemy import Connection, Engine

OPEN = 3
"""So many databases stay open: the index of all runs, and the run that is under way."""

BATCH_SIZE = 500
"""So many events Dagster gathers before it hands them over, where it knows that they belong together."""

PAGE = 1024
"""Bytes of a page of a run's own database; SQLite's usual is 4096."""


class EventLog(SqliteEventLogStorage):
    """The event log of a process that writes many events."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._batch: dict[str, Connection] = {}
        """The transactions that are open while a batch is stored, by whoever stores it."""

        self._storing: int | None = None
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> EventLog:
        """As Dagster makes it."""
        return cls(inst_data=inst_data, **config_value)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events together: all of them or none."""
        with self._db_lock:
            self._storing = threading.get_ident()
            try:
                with self._together():
                    for each in events:
                        self.store_event(each)
            finally:
                self._storing = None

    def dispose(self) -> None:
        """Close what is open."""
        while self._engines:
            self._engines.popitem()[1].dispose()
        super().dispose()

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        if self._storing == threading.get_ident():
            yield self._begun(shard)
            return
        with self._db_lock, self._engine(shard).begin() as connection:
            yield connection

    @contextmanager
    def _together(self) -> Iterator[None]:
        """One transaction a database, committed at the end."""
        try:
            yield
            for connection in self._batch.values():
                connection.commit()
        finally:
            for connection in self._batch.values():
                connection.close()
            self._batch.clear()

    def _begun(self, shard: str) -> Connection:
        if shard not in self._batch:
            self._batch[shard] = self._engine(shard).connect()
        return self._batch[shard]

    def _engine(self, shard: str) -> Engine:
        if shard not in self._engines:
            engine = create_engine(
                self.conn_string_for_shard(shard),
                poolclass=StaticPool,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
            event.listen(engine, "connect", _without_waiting)
            if shard != INDEX_SHARD_NAME:
                event.listen(engine, "connect", _with_small_pages)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            self._engines[shard] = engine
        self._engines.move_to_end(shard)
        while len(self._engines) > OPEN and not self._batch:
            self._engines.popitem(last=False)[1].dispose()
        return self._engines[shard]


def _without_waiting(connection: Any, _: object) -> None:
    connection.execute("PRAGMA synchronous = NORMAL")


def _with_small_pages(connection: Any, _: object) -> None:
    # Heeded by a database that is yet to be made.
    connection.execute(f"PRAGMA page_size = {PAGE}")


def instance_ref(folder: Path) -> InstanceRef:
    """What Dagster's home says, with this event log where that is to be one of Dagster's own SQLite."""
    usual = InstanceRef.from_dir(str(folder))
    if usual.storage_data is None or usual.storage_data.class_name != "DagsterSqliteStorage":
        return usual
    kept = usual.event_storage_data
    config = {} if kept is None else yaml.safe_load(kept.config_yaml)
    ours = {"module": __name__, "class": EventLog.__name__, "config": config}
    return InstanceRef.from_dir(str(folder), overrides={"event_log_storage": ours})
