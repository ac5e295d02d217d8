"""Columns: what a table's rows hold, in DuckDB's type names."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    name: str
    type: str
    """A DuckDB type: `VARCHAR`, `TIMESTAMP WITH TIME ZONE`, `STRUCT(a VARCHAR)`, `VARCHAR[]`, `JSON`, ..."""

    description: str = ""


_JSON = re.compile(r"\bJSON\b")


def storage_type(kind: str) -> str:
    """The type a column has inside Parquet files: JSON is text there, which every reader understands."""
    return _JSON.sub("VARCHAR", kind)


def storage_columns(columns: Iterable[Column]) -> tuple[Column, ...]:
    """The columns as Parquet files hold them."""
    return tuple(replace(each, type=storage_type(each.type)) for each in columns)


INSTANT = "TIMESTAMP WITH TIME ZONE"
"""The type of every stored time: an instant, shown in UTC."""

COMMON_COLUMNS: tuple[Column, ...] = (
    Column("tp_id", "VARCHAR", "Identifies the row; the same event collected again has the same id."),
    Column("tp_timestamp", INSTANT, "When the event happened, UTC."),
    Column("tp_ingest_timestamp", INSTANT, "When the row was collected, UTC."),
    Column("tp_table", "VARCHAR", "The table the row belongs to."),
    Column("tp_source_type", "VARCHAR", "The type of the source that delivered the row, such as `aws_s3`."),
    Column("tp_source_name", "VARCHAR", "The service or program that wrote the log entry."),
    Column("tp_source_location", "VARCHAR", "The artifact the row came from: an absolute path or an object's URL."),
    Column("tp_source_version", "VARCHAR", "The version of that artifact."),
    Column("tp_source_offset", "BIGINT", "Where in it: the byte offset of a line, or the index of a JSON record."),
    Column("tp_source_ip", "VARCHAR", "The IP address, or host, that acted."),
    Column("tp_destination_ip", "VARCHAR", "The IP address, or host, that was acted upon."),
    Column("tp_akas", "VARCHAR[]", "Global identifiers the event speaks of, such as ARNs."),
    Column("tp_ips", "VARCHAR[]", "IP addresses the event speaks of."),
    Column("tp_tags", "VARCHAR[]", "Tags of what the event speaks of."),
    Column("tp_domains", "VARCHAR[]", "Domain names the event speaks of."),
    Column("tp_emails", "VARCHAR[]", "E-mail addresses the event speaks of."),
    Column("tp_usernames", "VARCHAR[]", "User names and other identities the event speaks of."),
)
"""Stored in every row of every table, before the table's own columns."""

PATH_COLUMNS: tuple[Column, ...] = (
    Column("tp_partition", "VARCHAR", "The collection that brought the row in."),
    Column("tp_index", "VARCHAR", "The table's natural index, such as an account id; `default` where there is none."),
    Column("tp_year", "INTEGER", "Year of `tp_timestamp`."),
    Column("tp_month", "INTEGER", "Month of `tp_timestamp`, 1 to 12."),
    Column("tp_day", "INTEGER", "Day of the month of `tp_timestamp`."),
)
"""Kept in the folder names, outermost first, and in the Delta log; not inside the Parquet files."""

VIEW_COLUMNS: tuple[Column, ...] = (Column("tp_date", "DATE", "Day of `tp_timestamp`; comparing it skips files."),)
"""Computed by views from the folder names."""

REJECTED_TABLE = "tailpipe_rejected"
"""Where records that did not fit, and artifacts that could not be read, are set aside."""

REJECTED_COLUMNS: tuple[Column, ...] = (
    Column("rejected_table", "VARCHAR", "The table the record was meant for."),
    Column("rejected_collection", "VARCHAR", "The collection that met it."),
    Column("artifact", "VARCHAR", "The artifact it stood in."),
    Column("position", "BIGINT", "Where in it, as in `tp_source_offset`; NULL when the whole artifact is set aside."),
    Column("reason", "VARCHAR", "Why it does not fit."),
    Column("record", "VARCHAR", r"The record as it was; bytes that are not UTF-8 appear as `\xNN`."),
)
"""The columns of `tailpipe_rejected` beside the common ones."""
