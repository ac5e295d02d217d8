"""A table is a declaration: columns and the SQL that makes them out of a raw record.

Schema, transform, documentation and `tailpipe table show` all follow from it. Expressions see one relation with the
columns `raw` (the record's text), `location`, `version`, `position`, and `r`: the record taken apart, a struct made by
`record` for JSON tables or by the format for text tables.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailpipe_resources.model.schema import COMMON_COLUMNS, PATH_COLUMNS, VIEW_COLUMNS, Column

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Field:
    """One column and where it comes from."""

    name: str
    type: str
    """A DuckDB type; times are `TIMESTAMP WITH TIME ZONE`."""

    expression: str
    """SQL over the relation above."""

    description: str

    @property
    def column(self) -> Column:
        """The column without its making."""
        return Column(self.name, self.type, self.description)


@dataclass(frozen=True, slots=True)
class Table:
    """A log type."""

    name: str
    description: str
    fields: tuple[Field, ...]
    timestamp: str
    """SQL for the instant the event happened; NULL rejects the record. May name the table's own columns."""

    formats: tuple[str, ...]
    """The formats it can be read from; the first is the default."""

    record: str | None = None
    """SQL that makes the struct `r` out of `raw`; None when the format delivers `r` itself."""

    event_id: str | None = None
    """SQL for the event's own id within its account, when it has one."""

    index: str = "'default'"
    """SQL for the natural `tp_index`; NULL becomes `default`."""

    enrichment: Mapping[str, str] = field(default_factory=dict)
    """SQL for the common columns the table can fill, by name. May name the table's own columns."""

    required: tuple[str, ...] = ()
    """Columns a row must have; NULL rejects the record."""

    format_options: Mapping[str, object] = field(default_factory=dict)
    """What its default format is told, such as where the records are in the document."""

    layouts: Mapping[str, str] = field(default_factory=dict)
    """The built-in layout by type of source."""

    references: tuple[str, ...] = ()
    """Where the vendor describes the log."""

    sample: bytes = b""
    """A short log in the default format. Every record of it becomes a row."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The table's own columns."""
        return tuple(each.column for each in self.fields)

    @property
    def stored_columns(self) -> tuple[Column, ...]:
        """What a Parquet file of the table holds."""
        return (*COMMON_COLUMNS, *self.columns)

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """What a query sees."""
        return (*self.stored_columns, *PATH_COLUMNS, *VIEW_COLUMNS)
