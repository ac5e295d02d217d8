"""Alerts: findings that belong together, and what was done about them, as rows that are kept beside the findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailpipe_resources.model.finding import Severity
from tailpipe_resources.model.schema import INSTANT, Column

if TYPE_CHECKING:
    from datetime import datetime

ALERT_TABLE = "tailpipe_alert"
"""Where it is kept whom an alert was told to, and who acknowledged or closed it: `tp_partition` is the collection,
`tp_index` the table of the findings, the day that of the event."""

VERDICTS = ("true_positive", "false_positive", "benign")
"""What an alert can have been."""


@dataclass(frozen=True, slots=True)
class Alert:
    """Findings of one detection and dedupe key, close to each other in time."""

    alert_id: str
    """The same however often it is looked at, and whatever arrives late."""

    ids: frozenset[str]
    """All ids it may have been told by: of alerts that have grown together there are several."""

    lake: str
    """Where its findings are: the destination's path."""

    detection: str
    dedupe_key: str
    severity: Severity
    """The highest of its findings."""

    title: str
    table: str
    collection: str
    first_seen: datetime
    last_seen: datetime
    count: int
    """Rows that belong to it."""

    findings: int
    finding_ids: tuple[str, ...]
    tp_ids: tuple[str, ...]
    """Of its rows, the first hundred."""

    created_at: datetime
    """When the last of its findings was found."""

    authors: tuple[str, ...] = ()
    mitre: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    source_ips: tuple[str, ...] = ()
    run_id: str = ""
    kind: str = "finding"
    """`finding`, or `health` when it is about Tailpipe itself."""


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """Something that was done about an alert."""

    alert_id: str
    event: str
    """`sent`, `acknowledged` or `closed`."""

    at: datetime
    detection: str
    dedupe_key: str
    table: str
    collection: str
    severity: Severity = Severity.INFO
    """Of the alert, when it was done."""

    notifier: str = ""
    """Whom it was sent to, as `slack.secops`."""

    number: int = 0
    """Of the notification, counted from 1 for each alert and notifier."""

    verdict: str = ""
    reason: str = ""
    by: str = ""


ALERT_COLUMNS: tuple[Column, ...] = (
    Column("alert_id", "VARCHAR", "Identifies the alert."),
    Column("event", "VARCHAR", "What was done: `sent`, `acknowledged` or `closed`."),
    Column("detection", "VARCHAR", "The detection whose findings it is made of."),
    Column("dedupe_key", "VARCHAR", "What its findings have in common."),
    Column("severity", "VARCHAR", "The alert's, when it was done."),
    Column("alert_table", "VARCHAR", "The table of the rows that were found."),
    Column("alert_collection", "VARCHAR", "The collection of those rows."),
    Column("notifier", "VARCHAR", "Whom it was sent to."),
    Column("number", "INTEGER", "Which notification of the alert it was, for each notifier counted from 1."),
    Column("verdict", "VARCHAR", "`true_positive`, `false_positive` or `benign`, where it was closed."),
    Column("reason", "VARCHAR", "Why it was closed."),
    Column("by_user", "VARCHAR", "Who acknowledged or closed it."),
    Column("event_time", INSTANT, "When it was done."),
)
"""The columns of the table of alerts, after the common ones."""
