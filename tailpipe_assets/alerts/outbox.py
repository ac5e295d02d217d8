"""The outbox: what is still to be delivered, kept so that a crash at any point loses nothing.

A row is a notification: one alert, one notifier, one number. It is put in before anything is sent and marked after; who
dies in between sends it again, with the same key. What was sent is also written down in the lake, so that the outbox
itself may be lost.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import RLock
from typing import TYPE_CHECKING, Any, Self

from tailpipe_assets.alerts.message import Message
from tailpipe_assets.alerts.outbox_schema import opened
from tailpipe_resources.errors import OutboxError
from tailpipe_resources.model.finding import Severity
from tailpipe_resources.model.home import outbox_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SENT_KEPT_SECONDS = 7 * 86400.0
"""For so long it is remembered here what was sent."""

_COLUMNS = (
    *("alert_id", "notifier", "number", "route", "detection", "dedupe_key", "alert_table", "collection", "severity"),
    *("lake", "message", "created", "due", "recorded"),
)
_INSERT = f"INSERT OR IGNORE INTO delivery ({', '.join(_COLUMNS)}) VALUES ({', '.join(['?'] * len(_COLUMNS))})"
_THIS = "WHERE alert_id = ? AND notifier = ? AND number = ?"
_WORST_FIRST = "ORDER BY severity DESC, created, alert_id"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notification in the outbox."""

    alert_id: str
    notifier: str
    number: int
    route: str
    detection: str
    dedupe_key: str
    table: str
    collection: str
    severity: Severity
    lake: str
    """Where it is written down that it was sent; nowhere when empty."""

    message: Message
    created: float
    state: str = "pending"
    attempts: int = 0
    due: float = 0.0
    error: str = ""
    digest: str = ""
    """The digest it is told in, in place of a message of its own."""

    done: float | None = None

    @property
    def identity(self) -> tuple[str, str, int]:
        """What tells it from others."""
        return self.alert_id, self.notifier, self.number


@dataclass(frozen=True, slots=True)
class Told:
    """That a notifier was, or is to be, told of an alert."""

    notifier: str
    number: int
    severity: Severity
    at: datetime


class Outbox:
    """The outbox of this home. To be used as a context, from any thread."""

    def __init__(self) -> None:
        self._connection = opened()
        self._lock = RLock()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing.

        Raises:
            OutboxError: the disk is full, or the file cannot be written.
        """
        with self._lock, _said():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def put(self, deliveries: Iterable[Delivery]) -> int:
        """Put in what is not there yet; how many that were. In a transaction."""
        before = self._connection.total_changes
        self._connection.executemany(_INSERT, map(_values, deliveries))
        return self._connection.total_changes - before

    def due(self, now: float) -> tuple[Delivery, ...]:
        """What is to be sent now, the worst first."""
        return self._deliveries(f"state = 'pending' AND due <= ? {_WORST_FIRST}", now)

    def unrecorded(self) -> tuple[Delivery, ...]:
        """What was sent and is not written down in its lake yet."""
        return self._deliveries("state = 'sent' AND NOT recorded AND lake <> '' ORDER BY done")

    def all(self, *states: str) -> tuple[Delivery, ...]:
        """Everything in some states."""
        marks = ", ".join("?" * len(states))
        return self._deliveries(f"state IN ({marks}) {_WORST_FIRST}", *states)

    def of_alert(self, ids: Iterable[str]) -> tuple[Delivery, ...]:
        """Everything about an alert, by the ids it has."""
        known = tuple(ids)
        return self._deliveries(f"alert_id IN ({', '.join('?' * len(known))}) ORDER BY number", *known)

    def told(self) -> dict[str, list[Told]]:
        """By alert, whom it was or will be told to; without the messages, which are most of what there is."""
        query = "SELECT alert_id, notifier, number, severity, coalesce(done, created) AS at FROM delivery"
        found: dict[str, list[Told]] = {}
        for row in self._rows(query):
            at = datetime.fromtimestamp(row["at"], UTC)
            one = Told(row["notifier"], row["number"], Severity(row["severity"]), at)
            found.setdefault(row["alert_id"], []).append(one)
        return found

    def sent(self, one: Delivery, now: float) -> None:
        """It was delivered, and with it all that it stands for."""
        with self.transaction():
            self._run(f"UPDATE delivery SET state = 'sent', done = ?, error = '' {_THIS}", now, *one.identity)
            self._run(
                "UPDATE delivery SET state = 'sent', done = ?, error = '' WHERE digest = ? AND state = 'folded'",
                now,
                one.alert_id,
            )

    def failed(self, one: Delivery, error: str, due: float | None) -> None:
        """It was not delivered; it is due again at that time, or dead when there is none."""
        state = "pending" if due is not None else "dead"
        with self.transaction():
            self._run(
                f"UPDATE delivery SET state = ?, attempts = attempts + 1, error = ?, due = ? {_THIS}",
                state,
                error,
                due or one.due,
                *one.identity,
            )

    def hold(self, notifier: str, until: float) -> None:
        """Nothing goes to a notifier before that time: it asked for it."""
        with self.transaction():
            self._run("UPDATE delivery SET due = max(due, ?) WHERE notifier = ? AND state = 'pending'", until, notifier)

    def fold(self, digest: Delivery, members: Iterable[Delivery]) -> None:
        """Tell some notifications together."""
        with self.transaction():
            self.put([digest])
            for each in members:
                self._run(
                    f"UPDATE delivery SET state = 'folded', digest = ? {_THIS} AND state = 'pending'",
                    digest.alert_id,
                    *each.identity,
                )

    def recorded(self, deliveries: Iterable[Delivery]) -> None:
        """It is written down in their lake that they were sent."""
        with self.transaction():
            for each in deliveries:
                self._run(f"UPDATE delivery SET recorded = 1 {_THIS}", *each.identity)

    def revive(self) -> int:
        """Try what was given up once more; how many there were."""
        with self.transaction():
            return self._run("UPDATE delivery SET state = 'pending', attempts = 0, due = 0 WHERE state = 'dead'")

    def drop(self, ids: Iterable[str]) -> None:
        """Send nothing more of an alert, by the ids it has."""
        with self.transaction():
            for each in ids:
                self._run("DELETE FROM delivery WHERE alert_id = ? AND state IN ('pending', 'dead')", each)

    def forget_old(self, now: float) -> None:
        """Remove what was sent long ago and is written down; of what is still wrong it is written down here alone."""
        with self.transaction():
            self._run(
                "DELETE FROM delivery WHERE state = 'sent' AND done < ? AND (recorded OR lake = '') "
                "AND detection || ' ' || dedupe_key NOT IN (SELECT 'tailpipe.' || name FROM condition)",
                now - SENT_KEPT_SECONDS,
            )

    def sent_since(self, route: str, notifier: str, moment: float) -> int:
        """How many were sent one by one."""
        found = self._rows(
            "SELECT count(*) AS n FROM delivery WHERE route = ? AND notifier = ? AND state = 'sent' AND done >= ? "
            "AND digest = '' AND alert_table <> ''",
            route,
            notifier,
            moment,
        )
        return int(found[0]["n"])

    def counts(self) -> Mapping[str, int]:
        """How many there are in each state."""
        rows = self._rows("SELECT state, count(*) AS n FROM delivery GROUP BY state")
        return {row["state"]: row["n"] for row in rows}

    def setting(self, name: str) -> str | None:
        """What was remembered under a name."""
        rows = self._rows("SELECT value FROM setting WHERE name = ?", name)
        return str(rows[0]["value"]) if rows else None

    def set(self, name: str, value: str) -> None:
        """Remember something. In a transaction."""
        self._run("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", name, value)

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """What a query gives."""
        return [dict(row) for row in self._rows(query, *values)]

    def wrong(self) -> list[dict[str, Any]]:
        """The conditions that are not well, the oldest first."""
        return self.rows("SELECT * FROM condition WHERE failures > 0 ORDER BY since")

    def run(self, statement: str, *values: object) -> int:
        """How many rows a statement changed. In a transaction."""
        return self._run(statement, *values)

    def _deliveries(self, condition: str, *values: object) -> tuple[Delivery, ...]:
        return tuple(_delivery(row) for row in self._rows(f"SELECT * FROM delivery WHERE {condition}", *values))

    def _rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        with self._lock, _said(), closing(self._connection.execute(query, values)) as cursor:
            found: list[sqlite3.Row] = cursor.fetchall()
            return found

    def _run(self, statement: str, *values: object) -> int:
        return self._connection.execute(statement, values).rowcount


@contextmanager
def _said() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise OutboxError(f"{outbox_file()} cannot be used: {error}; alerts wait until it can") from error


def _values(one: Delivery) -> tuple[object, ...]:
    return (
        *one.identity,
        one.route,
        one.detection,
        one.dedupe_key,
        one.table,
        one.collection,
        int(one.severity),
        one.lake,
        one.message.dumps(),
        one.created,
        one.due,
        0 if one.lake else 1,
    )


def _delivery(row: sqlite3.Row) -> Delivery:
    kept = {name: row[name] for name in ("alert_id", "notifier", "number", "route", "detection", "dedupe_key")}
    more = {name: row[name] for name in ("lake", "created", "state", "attempts", "due", "error", "digest", "done")}
    return Delivery(
        **kept,
        **more,
        table=row["alert_table"],
        collection=row["collection"],
        severity=Severity(row["severity"]),
        message=Message.loads(row["message"]),
    )
