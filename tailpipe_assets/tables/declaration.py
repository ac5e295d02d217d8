"""A table is a declaration: columns, and the SQL that makes them out of a raw record.

Schema, transform, documentation and `tailpipe table show` all follow from it. Its SQL sees `raw`, the record's text,
and `r`, the record taken apart: a struct of `shape` for JSON, of the format's groups for text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tailpipe_resources.model.schema import COMMON_COLUMNS, PATH_COLUMNS, VIEW_COLUMNS, Column

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


RAW = "tp_raw"
RECORD = "tp_record"
"""What `raw` and `r` are called where a record is unfolded: no expression can mean a field of these names."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column and where it comes from."""

    name: str
    type: str
    """A DuckDB type; times are `TIMESTAMP WITH TIME ZONE`."""

    expression: str
    """SQL over `raw`, `r` and `tp_timestamp`."""

    description: str

    @property
    def column(self) -> Column:
        """The column without its making."""
        return Column(self.name, self.type, self.description)


@dataclass(frozen=True, slots=True)
class Check:
    """Something every record must satisfy."""

    misfit: str
    """SQL over `raw` and `r`, true of a record that does not fit."""

    reason: str
    """What is then wrong with it, for people."""


@dataclass(frozen=True, slots=True)
class LookedUp:
    """Columns that a collection adds to its rows, out of a file."""

    lookup: str
    """Which lookup of the configuration the file is."""

    digest: str
    """The SHA-256 of the file."""

    function: str
    """The SQL function that knows what is in it. Another file, or other columns of it, have another."""

    argument: str
    """SQL over the columns for the text that is looked up."""

    type: str
    """What the function gives: a struct, NULL when there is nothing."""

    fields: tuple[Field, ...]
    """The columns, with the fields of the struct that they are."""

    finder: Callable[[Any], Any] = field(compare=False, repr=False)
    """The function, from a column of texts to a column of structs in Arrow."""


@dataclass(frozen=True, slots=True)
class Table:
    """A log type."""

    name: str
    description: str
    fields: tuple[Field, ...]
    time: str
    """SQL over `r` for the text that says when the event happened."""

    timestamp: str
    """SQL over `r` for that instant; NULL rejects the record."""

    formats: tuple[str, ...]
    """The formats it can be read from; the first is the default."""

    presets: Mapping[str, str] = field(default_factory=dict)
    """Other formats users may name, and the ones of `formats` that read the same."""

    shape: Mapping[str, object] | None = None
    """For JSON: what `r` looks like. None when the format delivers `r` itself."""

    anchors: Mapping[str, str] = field(default_factory=dict)
    """For each object in `shape`, a key of it that is nearly always there. Where it is missing, the record is looked at
    more closely; without an anchor, the object's first key is it."""

    unchecked: frozenset[str] = frozenset()
    """Objects in `shape` that may be something else, and are then taken as not there."""

    unfold: bool = False
    """Whether its SQL may name the keys of the record alone. It then calls the record `tp_record`, and its text
    `tp_raw`."""

    checks: tuple[Check, ...] = ()
    """Beside what `shape` asks for: objects must be objects, and BOOLEAN true or false."""

    event_id: str | None = None
    """SQL over the columns for the event's own id within its account, of any type; NULL or empty where it has none."""

    index: str = "NULL"
    """SQL over `r` for the natural `tp_index`; NULL becomes `default`."""

    enrichment: Mapping[str, str] = field(default_factory=dict)
    """SQL over the columns for the common columns the table can fill, by name."""

    actor: str = "tp_usernames[1]"
    """SQL over the columns: who did what a row tells of."""

    resource: str = "tp_akas[1]"
    """SQL over the columns: what it was done to."""

    mapped: Mapping[str, str] = field(default_factory=dict)
    """The same for tables of the user's own, as SQL over the record."""

    redactions: Mapping[str, str] = field(default_factory=dict)
    """SQL over the columns for what a collection stores in place of some of them, by name."""

    looked_up: tuple[LookedUp, ...] = ()
    """What its collection adds out of lookups, one after the other."""

    added: tuple[Column, ...] = ()
    """All columns that collections of the table add, this one or others, which are NULL here."""

    format_options: Mapping[str, object] = field(default_factory=dict)
    """What its default format is told, such as where the records are in the document."""

    layouts: Mapping[str, str] = field(default_factory=dict)
    """The built-in layout by type of source."""

    exclude: str | None = None
    """A regular expression for paths that never hold this log, though they lie beside it."""

    references: tuple[str, ...] = ()
    """Where the vendor describes the log."""

    sample: bytes = b""
    """A short log in the default format. Every record of it becomes a row."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The table's own columns, and those that collections add."""
        return (*(each.column for each in self.fields), *self.added)

    @property
    def stored_columns(self) -> tuple[Column, ...]:
        """What a Parquet file of the table holds."""
        return (*COMMON_COLUMNS, *self.columns)

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """What a query sees."""
        return (*self.stored_columns, *PATH_COLUMNS, *VIEW_COLUMNS)
