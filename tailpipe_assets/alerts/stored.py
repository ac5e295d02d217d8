"""What a lake knows of alerts: the findings they are made of, and what was done about them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

import duckdb

from tailpipe_assets.alerts.grouping import StoredFinding
from tailpipe_resources.lake.inventory import snapshot
from tailpipe_resources.model.alert import ALERT_COLUMNS, ALERT_TABLE, AlertEvent
from tailpipe_resources.model.finding import FINDING_COLUMNS, FINDING_TABLE, Severity
from tailpipe_resources.model.names import literal
from tailpipe_resources.query.engine import connect, translate
from tailpipe_resources.query.views import View, create_views, scan

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from tailpipe_resources.lake import Lake
    from tailpipe_resources.model.stored_file import StoredFile

_SEVERITIES = {str(each): each for each in Severity}

_EVENT_COLUMNS = tuple(each.name for each in ALERT_COLUMNS)

_NEWEST = f"""
    SELECT *, row_number() OVER (PARTITION BY finding_id ORDER BY version DESC, created_at DESC) AS recency,
        min(created_at) OVER (PARTITION BY finding_id) AS begun
    FROM {FINDING_TABLE}
    WHERE NOT coalesce(backtest, false) {{condition}}
    QUALIFY recency = 1
"""

_KEY = "(detection, coalesce(dedupe_key, ''))"
_KEY_COLUMNS = tuple(each for each in FINDING_COLUMNS if each.name in {"detection", "dedupe_key", "created_at"})
_NAMED = "SELECT (detection, key) FROM (SELECT unnest(?::VARCHAR[]) AS detection, unnest(?::VARCHAR[]) AS key)"


class StoredAlerts:
    """The findings of a lake and what was done about alerts, at one moment. To be used as a context."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._until = ExitStack()
        self._connection: duckdb.DuckDBPyConnection | None = None
        found = [snapshot(lake, name, self._until) for name in (FINDING_TABLE, ALERT_TABLE)]
        self._snapshots = {each.table: each for each in found if each is not None}

    @property
    def has_findings(self) -> bool:
        """Whether there is a table of findings with anything in it."""
        found = self._snapshots.get(FINDING_TABLE)
        return found is not None and bool(found.files)

    @property
    def files(self) -> tuple[StoredFile, ...]:
        """Where the findings are."""
        found = self._snapshots.get(FINDING_TABLE)
        return () if found is None else found.stored

    def findings(
        self,
        since: datetime | None = None,
        *,
        files: Iterable[str] | None = None,
        keys: Collection[tuple[str, str]] = (),
    ) -> tuple[StoredFinding, ...]:
        """The findings, each in its newest version, without backtests.

        Args:
            since: only those of detections and keys of which something was found since then, but all of these.
            files: the addresses of the files where that is looked for; all of them when not given.
            keys: of these detections and keys too.
        """
        if not self.has_findings:
            return ()
        if since is None:
            return tuple(map(_finding, self._rows(_NEWEST.format(condition=""))))
        places = [each.address for each in self.files] if files is None else list(files)
        recent = f" UNION ALL SELECT {_KEY} FROM {scan(places, _KEY_COLUMNS)} WHERE created_at >= {_instant(since)}"
        touched = f"AND {_KEY} IN ({_NAMED}{recent if places else ''})"
        names = [detection for detection, _ in keys], [key for _, key in keys]
        return tuple(map(_finding, self._rows(_NEWEST.format(condition=touched), names)))

    def events(self) -> tuple[AlertEvent, ...]:
        """What was done about alerts, oldest first."""
        if not self._snapshots.get(ALERT_TABLE):
            return ()
        rows = self._rows(f"SELECT {', '.join(_EVENT_COLUMNS)} FROM {ALERT_TABLE} ORDER BY event_time, number")
        return tuple(map(_event, rows))

    def close(self) -> None:
        """Let go of the files."""
        if self._connection is not None:
            self._connection.close()
        self._until.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[dict[str, Any]]:
        try:
            cursor = self._opened().execute(query, values)
            rows = cursor.fetchall()
        except duckdb.Error as error:
            raise translate(error) from error
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _opened(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            self._connection = connect(threads=1)
            self._lake.store.attach(self._connection)
            create_views(
                self._connection,
                [View(each.table, each.columns, each.files, each.stored) for each in self._snapshots.values()],
            )
        return self._connection


def _finding(row: dict[str, Any]) -> StoredFinding:
    return StoredFinding(
        finding_id=row["finding_id"],
        version=row["version"] or 1,
        detection=row["detection"],
        definition_hash=row["definition_hash"] or "",
        kind=row["kind"] or "",
        severity=_SEVERITIES.get(row["severity"], Severity.MEDIUM),
        title=row["title"] or row["detection"],
        table=row["finding_table"],
        collection=row["finding_collection"],
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        count=row["row_count"] or 0,
        tp_ids=_texts(row["tp_ids"]),
        authors=_texts(row["authors"]),
        mitre=_texts(row["mitre"]),
        tags=_texts(row["tags"]),
        dedupe_key=row["dedupe_key"] or "",
        dedupe_window=row["dedupe_window"] or 0,
        group_key=row["group_key"] or "",
        actor=row["actor"] or "",
        resource=row["resource"] or "",
        source_ip=row["source_ip"] or "",
        sample=row["sample"] or "",
        suppressed_by=row["suppressed_by"] or "",
        merged_into=row["merged_into"] or "",
        alert=row["alert"] is not False,
        run_id=row["run_id"] or "",
        created_at=row["created_at"],
        begun=row["begun"],
    )


def _texts(values: Sequence[str | None] | None) -> tuple[str, ...]:
    return tuple(each for each in values or () if each)


def _event(row: dict[str, Any]) -> AlertEvent:
    return AlertEvent(
        alert_id=row["alert_id"],
        event=row["event"],
        at=row["event_time"],
        detection=row["detection"],
        dedupe_key=row["dedupe_key"] or "",
        table=row["alert_table"] or "",
        collection=row["alert_collection"] or "",
        severity=_SEVERITIES.get(row["severity"], Severity.INFO),
        notifier=row["notifier"] or "",
        number=row["number"] or 0,
        verdict=row["verdict"] or "",
        reason=row["reason"] or "",
        by=row["by_user"] or "",
    )


def _instant(moment: datetime) -> str:
    return f"CAST({literal(moment.isoformat())} AS TIMESTAMPTZ)"
