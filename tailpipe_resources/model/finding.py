"""Findings: what detections found, as rows that are kept beside the logs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from enum import IntEnum
from typing import TYPE_CHECKING

from tailpipe_resources.model.schema import INSTANT, REJECTED_TABLE, Column

if TYPE_CHECKING:
    from datetime import datetime

FINDING_TABLE = "tailpipe_finding"
"""Where findings are kept: `tp_partition` is the collection, `tp_index` the detection, the day that of `first_seen`."""


SHORT_ID = 12
"""So much of a finding's id is enough to name it."""


DERIVED_TABLES = (REJECTED_TABLE, FINDING_TABLE)
"""Tables of ours that follow the commits of others, each in commits of its own."""


NEWEST_FINDING = ("finding_id", ("version", "created_at"))
"""What tells the version of a finding that counts: of the same id, the one with the highest of these."""


def sql_for_rows(table: str, first: datetime, last: datetime, ids: str = "") -> str:
    """SQL for the rows of findings.

    Args:
        table: where the rows are.
        first: the time of the first of them.
        last: that of the last.
        ids: their ids, as SQL lists them, or a query for them; without, all rows of that time are meant.
    """
    start, end = first.astimezone(UTC), last.astimezone(UTC)
    days = f"tp_date between '{start:%Y-%m-%d}' and '{end:%Y-%m-%d}'"
    days = days if start.date() != end.date() else f"tp_date = '{start:%Y-%m-%d}'"
    times = f"tp_timestamp between '{start.isoformat()}' and '{end.isoformat()}'"
    return f"select * from {table} where {days} and {f'tp_id in ({ids})' if ids else times}"


class Severity(IntEnum):
    """How much a finding matters, in rising order. Spelled in lower case wherever people see it."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a detection found, in one version; a higher version of the same id replaces a lower one."""

    finding_id: str
    """The same for the same detection, table and row, or episode of a threshold, whenever it is evaluated."""

    version: int
    detection: str
    """Its address: `{table}.{name}`, or `{pack type}.{pack}.{rule}`."""

    definition_hash: str
    """Of the rule's text as it was evaluated."""

    kind: str
    """`match`, `threshold` or `scheduled`."""

    severity: Severity
    title: str
    table: str
    collection: str
    first_seen: datetime
    last_seen: datetime
    count: int
    """Rows that belong to it."""

    tp_ids: tuple[str, ...]
    """Of those rows, the first hundred."""

    authors: tuple[str, ...] = ()
    mitre: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    dedupe_key: str = ""
    """Findings of one detection with the same key, close enough in time, are one alert."""

    dedupe_window: int = 3600
    """Seconds: how close."""

    group_key: str = ""
    actor: str = ""
    resource: str = ""
    source_ip: str = ""
    sample: str = ""
    """One row, as JSON."""

    suppressed_by: str = ""
    """The exception or suppression that keeps it from being an alert, with its reason."""

    merged_into: str = ""
    """The finding that has taken it in, of a threshold whose episodes have met."""

    alert: bool = True
    """Whether it is to be an alert; a detection may give signals only."""

    backtest: bool = False
    run_id: str = ""
    created_at: datetime | None = None


FINDING_COLUMNS: tuple[Column, ...] = (
    Column("finding_id", "VARCHAR", "Identifies the finding; the same thing found again has the same id."),
    Column("version", "INTEGER", "Counts the changes of a finding; views show the newest."),
    Column("detection", "VARCHAR", "The detection that found it."),
    Column("definition_hash", "VARCHAR", "Digest of the rule as it was evaluated."),
    Column("kind", "VARCHAR", "`match`, `threshold` or `scheduled`."),
    Column("severity", "VARCHAR", "`info`, `low`, `medium`, `high` or `critical`."),
    Column("title", "VARCHAR", "What was found, in one line."),
    Column("finding_table", "VARCHAR", "The table of the rows."),
    Column("finding_collection", "VARCHAR", "The collection of the rows."),
    Column("first_seen", INSTANT, "When the first of its rows happened."),
    Column("last_seen", INSTANT, "When the last of its rows happened."),
    Column("row_count", "BIGINT", "How many rows belong to it."),
    Column("tp_ids", "VARCHAR[]", "Of those rows, the first hundred."),
    Column("authors", "VARCHAR[]", "Who wrote the rule."),
    Column("mitre", "VARCHAR[]", "MITRE ATT&CK tactics and techniques, such as `TA0005:T1562.008`."),
    Column("tags", "VARCHAR[]", "The rule's tags."),
    Column("dedupe_key", "VARCHAR", "Findings of a detection with the same key, close in time, are one alert."),
    Column("dedupe_window", "BIGINT", "Seconds: how close."),
    Column("group_key", "VARCHAR", "What a threshold counted by."),
    Column("actor", "VARCHAR", "Who did it."),
    Column("resource", "VARCHAR", "What it was done to."),
    Column("source_ip", "VARCHAR", "The address it was done from."),
    Column("sample", "JSON", "One of its rows."),
    Column("suppressed_by", "VARCHAR", "Why it is no alert: an exception or suppression, and its reason."),
    Column("merged_into", "VARCHAR", "The finding that has taken it in."),
    Column("alert", "BOOLEAN", "Whether it is to be an alert."),
    Column("backtest", "BOOLEAN", "Whether it was found by looking back, not at ingest."),
    Column("run_id", "VARCHAR", "The run that found it."),
    Column("created_at", INSTANT, "When this version was written."),
)
"""The columns of the table of findings, after the common ones."""
