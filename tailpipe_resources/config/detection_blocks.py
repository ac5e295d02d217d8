"""What the blocks about detections accept."""

from __future__ import annotations

from typing import Any

from tailpipe_resources.config.values import Reference  # noqa: TC001 - pydantic reads the annotations
from tailpipe_resources.options import Options


class DetectionAttributes(Options):
    """A rule over the rows of a table."""

    where: str | None = None
    """SQL: the rows it is about."""

    sql: str | None = None
    """A query that is asked by a schedule, with `$from` and `$to`."""

    query: Reference | str | None = None
    """A query of a mod."""

    sigma: str | None = None
    """A Sigma rule, such as `file("rule.yml")`."""

    title: str = ""
    """What it finds, in one line; its name unless said."""

    description: str = ""
    """What it means, and how to tell whether it is an attack."""

    severity: str | None = None
    """`info`, `low`, `medium`, `high` or `critical`; `medium` unless said."""

    mitre: tuple[str, ...] = ()
    """MITRE ATT&CK tactics and techniques, such as `TA0005:T1562.008`."""

    tags: tuple[str, ...] | dict[str, str] = ()
    """Words to select it by."""

    references: tuple[str, ...] = ()
    """Where to read on."""

    authors: tuple[str, ...] = ()
    """Who wrote it."""

    schedule: str | None = None
    """When `sql` is asked, as the five fields of cron, in UTC."""

    lookback: str | None = None
    """How far before the last success `$from` lies, such as `1h`."""

    full_scan: bool = False
    """Whether `sql` may do without `$from` and `$to`."""

    partitions: tuple[Reference | str, ...] = ()
    """Collections whose rows it looks at; all of the table unless said."""

    actor: str | None = None
    """SQL: who did it."""

    resource: str | None = None
    """SQL: what it was done to."""

    columns: tuple[str, ...] = ()
    """What an alert shows of a row."""

    enabled: bool = True
    """Whether it is looked for."""

    alert: bool = True
    """Whether its findings become alerts."""

    asset_check: bool = False
    """Whether it has a check of its own in Dagster."""


class ThresholdAttributes(Options):
    """How many rows it takes."""

    window: str
    """Within what time, such as `10m`."""

    group_by: tuple[str, ...] = ()
    """SQL: rows count together that have these in common."""

    count: int | None = None
    """So many rows."""

    distinct: str | None = None
    """SQL: at least `min` different values."""

    sum: str | None = None
    """SQL: values that come to at least `min`."""

    min: int | float | None = None
    """For `distinct` and `sum`."""


class DedupeAttributes(Options):
    """Which findings are one alert."""

    by: tuple[str, ...] = ()
    """SQL; who did it unless said."""

    window: str | None = None
    """How close in time, such as `1h`."""


class ExceptionAttributes(Options):
    """Rows that are no reason for an alert."""

    where: str
    """SQL: which."""

    reason: str | None = None
    """Why; kept with the findings."""

    starts: str | None = None
    """From when on."""

    expires: str | None = None
    """Until when; a date alone includes that day."""


class SuppressionAttributes(ExceptionAttributes):
    """The same for several detections of a table."""

    detections: tuple[str, ...] = ("*",)
    """Their names, with shell wildcards."""


class TestAttributes(Options):
    """An event, and whether it must be found."""

    expect: bool
    """Whether the detection must find it."""

    event: dict[str, Any] | None = None
    """A row, by column; `tp_timestamp` is now unless it says."""

    events: tuple[Any, ...] = ()
    """Several such rows, for thresholds."""

    raw: str | None = None
    """A log in the source's format, in place of rows."""

    ignore_exceptions: bool = False
    """Whether exceptions count as if there were none."""


class OverrideAttributes(Options):
    """What is to be otherwise about a detection."""

    severity: str | None = None
    """Its severity."""

    enabled: bool | None = None
    """Whether it is looked for."""

    alert: bool | None = None
    """Whether its findings become alerts."""

    asset_check: bool | None = None
    """Whether it has a check of its own in Dagster."""


class PackAttributes(Options):
    """Rules that somebody else wrote."""

    path: str
    """A folder."""

    table: str | None = None
    """The table they are about."""

    min_severity: str | None = None
    """Rules below it are left out."""

    exclude: tuple[str, ...] = ()
    """Names of rules that are left out."""

    include_status: tuple[str, ...] = ()
    """Of which status Sigma rules run; `stable` and `test` unless said."""

    benchmarks: tuple[str, ...] = ()
    """Only detections of these benchmarks."""

    variables: dict[str, Any] = {}
    """Values of the pack's variables."""

    schedule: str | None = None
    """When queries are asked that look at more than the rows that come in, as the five fields of cron, in UTC."""

    enabled: bool = True
    """Whether it is loaded."""
