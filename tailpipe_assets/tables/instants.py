"""The instants that texts tell: what fields with the time of an event are called, and how they are read."""

from __future__ import annotations

from tailpipe_resources.model.names import literal

TIME_NAMES = (
    "timestamp",
    "time",
    "time_local",
    "time_iso8601",
    "datetime",
    "date_time",
    "event_time",
    "eventtime",
    "ts",
    "date",
    "created_at",
    "logged_at",
)
"""Groups that hold the event's time when nothing else is said, the first found wins."""

TIME_FORMATS = (
    "%d/%b/%Y:%H:%M:%S %z",
    "%Y-%m-%d %H:%M:%S,%g",
    "%Y/%m/%d %H:%M:%S",
    "%a, %d %b %Y %H:%M:%S %z",
    "%a %b %d %H:%M:%S %Y",
    "%d/%b/%Y:%H:%M:%S",
)
"""Tried, after ISO 8601, when no `timestamp_format` is given."""


def instant(value: str, layout: str | None = None) -> str:
    """SQL for the instant a text tells; without a zone it is UTC."""
    if layout is not None:
        return f"CAST(try_strptime({value}, {literal(layout)}) AS TIMESTAMPTZ)"
    known = ", ".join(f"CAST(try_strptime({value}, {literal(each)}) AS TIMESTAMPTZ)" for each in TIME_FORMATS)
    epoch = (
        f"CASE WHEN regexp_full_match({value}, '\\d{{9,10}}(\\.\\d+)?') THEN to_timestamp(try_cast({value} AS DOUBLE)) "
        f"WHEN regexp_full_match({value}, '\\d{{12,13}}') THEN make_timestamptz(try_cast({value} AS BIGINT) * 1000) END"
    )
    return f"coalesce(try_cast({value} AS TIMESTAMPTZ), {known}, {epoch})"
