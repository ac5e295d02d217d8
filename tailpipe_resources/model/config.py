"""The configuration as values: what the HCL blocks say, with references resolved and places kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from tailpipe_resources.model.alerting import NOBODY, Alerting
from tailpipe_resources.model.checks import Checks
from tailpipe_resources.model.detection import Detections
from tailpipe_resources.model.pace import Pace
from tailpipe_resources.model.place import Place

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tailpipe_resources.model.hold import Hold
    from tailpipe_resources.model.lookup import EnrichBlock, LookupBlock
    from tailpipe_resources.model.redaction import Redaction
    from tailpipe_resources.model.retention import Retention
    from tailpipe_resources.model.view import ViewBlock

LOOKBACK = timedelta(days=2)
"""How far collections look back unless they say."""


CHECKS_UNLESS_SAID = Checks()
"""The checks of collections that say nothing of them."""


@dataclass(frozen=True, slots=True)
class Credential:
    """`credential "<type>" "<name>"`: how to be let in somewhere."""

    type: str
    name: str
    place: Place | None
    """None for the implicit `credential.<type>.default`."""

    options: Mapping[str, Any] = field(default_factory=dict)
    """The block's attributes, checked; secrets as `Secret`."""


@dataclass(frozen=True, slots=True)
class Destination:
    """`destination "parquet" "<name>"`: where a lake is."""

    name: str
    path: str
    """An absolute path, or `s3://bucket/prefix`."""

    credential: Credential | None = None
    place: Place | None = None
    """None for the implicit `destination.parquet.default`."""

    encryption: Mapping[str, str] = field(default_factory=dict)
    """How an object store is to encrypt what is written, as settings of its client."""

    retention: Retention | None = None
    """How long rows are kept, where a collection does not say."""


@dataclass(frozen=True, slots=True)
class Source:
    """`source "<type>" "<name>"`: where logs come from."""

    type: str
    """The plugin's name, aliases resolved."""

    name: str
    """The label; for a source nested in a collection, `{table}_{collection}`."""

    place: Place
    options: Any
    """An instance of the plugin's `Options`."""

    credential: Credential | None = None
    format: FormatBlock | str | None = None
    """What a nested Turbot-style source says of its format; a collection's own wins."""

    @property
    def address(self) -> str:
        """How the configuration refers to it."""
        return f"source.{self.type}.{self.name}"


@dataclass(frozen=True, slots=True)
class Filter:
    """One SQL condition a row must pass to be stored."""

    where: str
    place: Place
    is_secret: bool = False
    """Whether it was made from a secret, and is not to be shown."""

    @property
    def shown(self) -> str:
        """The condition on one line, for people."""
        return "(made from a secret)" if self.is_secret else " ".join(self.where.split())


@dataclass(frozen=True, slots=True)
class FormatBlock:
    """`format "<type>" "<name>"`: how bytes become records."""

    type: str
    name: str
    place: Place
    options: Mapping[str, Any]
    """The block's attributes as written; the format's plugin checks them when a plan is made."""

    places: Mapping[str, Place] = field(default_factory=dict, compare=False)
    """Where each of them is written."""


@dataclass(frozen=True, slots=True)
class ColumnBlock:
    """`column "<name>"` in a table block."""

    name: str
    place: Place
    type: str | None = None
    source: str | None = None
    transform: str | None = None
    required: bool = False
    null_if: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class TableBlock:
    """`table "<name>"`: a user's own table."""

    name: str
    place: Place
    format: FormatBlock | str | None = None
    columns: tuple[ColumnBlock, ...] = ()
    map_fields: tuple[str, ...] = ("*",)
    null_if: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Collection:
    """`collection "<table>" "<name>"`: logs of one source kept as rows of one table."""

    table: str
    """The first label: a table's name, or `custom`."""

    name: str
    place: Place
    source: Source
    destination: Destination
    enabled: bool = True
    prefix: str | None = None
    """The full key or path prefix, narrower than the source's."""

    format: FormatBlock | str | None = None
    """A format block, a format's name, or for `custom` a regular expression."""

    format_place: Place | None = None
    table_name: str | None = None
    """What a `custom` collection calls its table."""

    timestamp: str | None = None
    """The custom group that holds the event's time."""

    timestamp_format: str | None = None
    """Its strptime format."""

    tp_index: str | None = None
    """The column to index by, in place of the table's natural index."""

    start: datetime | None = None
    """Artifacts dated before this are never listed."""

    lookback: timedelta = LOOKBACK
    """How far before a window's start artifacts are looked for that came in late."""

    filters: tuple[Filter, ...] = ()
    retention: Retention | None = None
    """How long rows are kept; its destination's when not given."""

    redactions: tuple[Redaction, ...] = ()
    """Values that are not stored as they are."""

    enrichments: tuple[EnrichBlock, ...] = ()
    """Columns that are added to its rows."""

    keep_rejected: bool | None = None
    """Whether the text of rejected records is kept; None leaves it to whether anything is redacted."""

    rejected_retention: Retention | None = None
    """How long rejected records are kept; as long as rows when not given."""

    pace: Pace = field(default_factory=Pace)
    """What makes it run by itself."""

    checks: Checks = CHECKS_UNLESS_SAID
    """When its data-quality checks warn."""

    @property
    def table_stored(self) -> str:
        """The name of the table the rows go to."""
        return self.table_name or self.table

    @property
    def keeps_rejected(self) -> bool:
        """Whether the text of rejected records is kept. What is redacted in rows could stand in it."""
        return not self.redactions if self.keep_rejected is None else self.keep_rejected

    @property
    def key(self) -> tuple[str, str]:
        """Table and collection: what identifies it to users and to Dagster."""
        return (self.table_stored, self.name)

    @property
    def stream(self) -> str:
        """Identifies its ledger."""
        return f"{self.table_stored}/{self.name}"


_NOWHERE = Place("", 0)

UNKNOWN_SOURCE: Final = Source("unknown", "unknown", _NOWHERE, options=None)
"""In a draft, stands for a source that is not declared or broken."""

UNKNOWN_DESTINATION: Final = Destination("unknown", "")
"""The same for a destination."""

UNKNOWN_FORMAT: Final = FormatBlock("unknown", "unknown", _NOWHERE, {})
"""Stands for a format that is not declared or broken, of which a problem was noted."""


@dataclass(frozen=True, slots=True)
class Config:
    """All files of the configuration, as one."""

    credentials: tuple[Credential, ...] = ()
    destinations: tuple[Destination, ...] = ()
    """Always holds one named `default`."""

    sources: tuple[Source, ...] = ()
    """Top-level and nested, in the order written."""

    collections: tuple[Collection, ...] = ()
    drafts: tuple[Collection, ...] = ()
    """Collections that cannot run, because of what was noted of them: only to find what else is wrong."""

    formats: tuple[FormatBlock, ...] = ()
    tables: tuple[TableBlock, ...] = ()
    lookups: tuple[LookupBlock, ...] = ()
    files: tuple[str, ...] = ()
    """The files read, in order."""

    digest: str = ""
    """Changes with the content of the files; kept with what was collected by them."""

    holds: tuple[Hold, ...] = ()
    views: tuple[ViewBlock, ...] = ()
    detections: Detections = field(default_factory=Detections)
    """The rules, and what is said about them."""
    alerting: Alerting = NOBODY

    @property
    def fed(self) -> dict[str, frozenset[str]]:
        """The streams of the enabled collections that each source feeds, by its address."""
        found: dict[str, set[str]] = {}
        for each in self.collections:
            if each.enabled:
                found.setdefault(each.source.address, set()).add(each.stream)
        return {address: frozenset(streams) for address, streams in found.items()}
