"""What each type of block accepts: its labels, its blocks and its attributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import create_model

from tailpipe_resources.config.values import Reference  # noqa: TC001 - pydantic reads the annotations
from tailpipe_resources.model.secret import Secret  # noqa: TC001 - the same
from tailpipe_resources.options import Options


@dataclass(frozen=True, slots=True)
class Shape:
    """The labels that follow a block's type, and the blocks it may hold."""

    labels: tuple[str, ...]
    blocks: tuple[str, ...] = ()
    any_label: bool = False
    """Whether its labels are for people, and may be any text."""


SHAPES = {
    "alert": Shape(("name",)),
    "collection": Shape(("table", "name"), ("checks", "enrich", "filter", "redact", "source")),
    "credential": Shape(("type", "name")),
    "destination": Shape(("type", "name")),
    "detection": Shape(("table", "name"), ("dedupe", "exception", "test", "threshold")),
    "detection_override": Shape(("address",), any_label=True),
    "detection_pack": Shape(("type", "name")),
    "format": Shape(("type", "name")),
    "heartbeat": Shape(()),
    "hold": Shape(("name",)),
    "locals": Shape(()),
    "lookup": Shape(("name",)),
    "notifier": Shape(("type", "name")),
    "source": Shape(("type", "name")),
    "suppression": Shape(("table", "name")),
    "table": Shape(("name",), ("column",)),
    "variable": Shape(("name",)),
    "view": Shape(("name",)),
    "workspace": Shape(("name",)),
}
NESTED_SHAPES = {
    "checks": Shape(()),
    "column": Shape(("name",)),
    "dedupe": Shape(()),
    "enrich": Shape(()),
    "exception": Shape(("name",), any_label=True),
    "filter": Shape(()),
    "redact": Shape(()),
    "source": Shape(("type",)),
    "test": Shape(("name",), any_label=True),
    "threshold": Shape(()),
}


class DestinationAttributes(Options):
    """Where a lake is."""

    path: str
    """A folder, or `s3://bucket/prefix`."""

    credential: Reference | None = None
    """For object storage."""

    encryption: Literal["AES256", "aws:kms", "aws:kms:dsse"] | None = None
    """How S3 encrypts what is written, where the bucket's own default is not enough."""

    kms_key_id: str | None = None
    """The key for `aws:kms`; by default the account's own for S3."""

    retention: str | None = None
    """How long rows are kept, such as `90d`; a collection's own wins."""


class SourceAttributes(Options):
    """What every source accepts beside its type's own options."""

    credential: Reference | None = None
    """How to be let in."""

    format: Reference | str | None = None
    """How its bytes become records, where the collection does not say."""


class FilterAttributes(Options):
    """A condition on rows."""

    where: str
    """SQL; rows for which it is not true are not stored."""


class ColumnAttributes(Options):
    """One column of a table."""

    type: str | None = None
    """An SQL type."""

    source: str | None = None
    """The record's field; by default the column's name."""

    transform: str | None = None
    """An SQL expression in place of a field."""

    required: bool = False
    """Whether a record without it is rejected."""

    null_if: str | None = None
    """The text that means NULL."""

    description: str = ""
    """What the column holds."""


class TableAttributes(Options):
    """A user's own table."""

    format: Reference | str | None = None
    """How bytes become its records."""

    map_fields: tuple[str, ...] = ("*",)
    """The fields that become columns without a `column` block; with wildcards."""

    null_if: str | None = None
    """The text that means NULL in every column."""

    description: str = ""
    """What a row is."""


class CollectionAttributes(Options):
    """Logs of one source kept as rows of one table."""

    source: Reference | None = None
    """Where the logs come from."""

    destination: Reference | None = None
    """Where the rows go; `destination.parquet.default` unless said."""

    enabled: bool = True
    """Whether it is collected. What was collected can be queried either way."""

    prefix: str | None = None
    """Read only keys or paths that start with this; begins with the source's own prefix."""

    format: Reference | str | None = None
    """How bytes become records."""

    table_name: str | None = None
    """What a `custom` collection calls its table."""

    timestamp: str | None = None
    """The custom field that holds the event's time."""

    timestamp_format: str | None = None
    """Its strptime format."""

    tp_index: str | None = None
    """The column to index by."""

    start: str | None = None
    """Artifacts dated before this are never listed."""

    lookback: str | int | None = None
    """How far before the start of a window to look for artifacts that came in late, such as `36h`; `2d` unless said."""

    filter: str | None = None
    """One condition, in place of a `filter` block."""

    retention: str | None = None
    """How long rows are kept, such as `90d`; for ever unless said here or by the destination."""

    keep_rejected: bool | None = None
    """Whether the text of rejected records is kept beside reason and place; unless said, when nothing is redacted."""

    rejected_retention: str | None = None
    """How long rejected records are kept, such as `7d`; as long as rows unless said."""


class PaceAttributes(Options):
    """What makes a collection run by itself under `tailpipe server`. The first four exclude each other."""

    schedule: str | None = None
    """When to collect, as the five fields of cron, in UTC."""

    every: str | None = None
    """How often to collect, such as `5m`; an hour or a day must be a multiple of it."""

    watch: bool = False
    """Whether to look for new artifacts twice a minute, and to collect when there are some."""

    follow: bool = False
    """Whether to collect all the time, in a process of its own."""

    expect_every: str | None = None
    """How long the logs may be silent, such as `1h`, before somebody should look."""

    compact: bool = True
    """Whether days are compacted once they are over, or have many small files."""


class HoldAttributes(Options):
    """Rows that are neither deleted nor overwritten, however old they are."""

    collection: str
    """Whose rows: table.collection, or a selector with wildcards."""

    reason: str
    """Why, for whoever it stops."""

    to: str | None = None
    """The time up to which rows are held; a date alone includes that day."""


class AlertAttributes(Options):
    """Which alerts go to whom."""

    notify: tuple[Reference, ...]
    """The notifiers."""

    detections: tuple[str, ...] = ("*",)
    """Which detections, by address or shell wildcard; all unless said."""

    min_severity: str = "info"
    """Alerts of less are left out: `info`, `low`, `medium`, `high` or `critical`."""

    renotify: str | None = None
    """After how long an alert that goes on is told again, such as `24h`; never unless said."""

    max_per_hour: int | None = None
    """How many are told one by one in an hour to each notifier; what is beyond is told together, in a digest."""


class HeartbeatAttributes(Options):
    """What is called while all is well."""

    url: Secret
    """Of a service that tells somebody when it is called no more."""

    every: str = "1m"
    """How often."""


class ViewAttributes(Options):
    """A part of the tables as a schema of its own, or one view by a query."""

    sql: str | None = None
    """A query of your own; then nothing but `description` and `accelerated` may stand beside it."""

    to: str | None = None
    """The time up to which rows are shown; a date alone includes that day."""

    tables: tuple[str, ...] = ()
    """Which tables, by name or shell wildcard; all unless said."""

    collections: tuple[str, ...] = ()
    """Rows of which collections; all unless said."""

    indexes: tuple[str, ...] = ()
    """Rows of which values of `tp_index`; all unless said."""

    where: str | None = None
    """One more condition on rows, in SQL."""

    accelerated: bool = False
    """Keep a copy of its rows in a DuckDB file, for quicker answers; `tailpipe view refresh` makes it anew."""

    description: str = ""
    """What it shows, for `tailpipe view list`."""


From = create_model("From", __base__=Options, **{"from": (str | None, None)})  # type: ignore[call-overload]
"""The attribute of holds and views whose name is a word of Python's: the time from which on rows count."""
