"""What a run did, as values; and what it says while it does it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date

    from tailpipe_resources.errors import TailpipeError

Status = Literal["ok", "quarantined", "gone", "failed"]
"""`ok` read whole; `quarantined` broken, tried again when it changes; `gone` deleted meanwhile; `failed` not
delivered, tried again by the next run."""


Stage = Literal["listing", "reading", "committed", "done"]


@dataclass(frozen=True, slots=True)
class ArtifactFault:
    """An artifact that did not come in, and why."""

    location: str
    status: Status
    reason: str


@dataclass(frozen=True, slots=True)
class CollectResult:
    """What one run of one collection did."""

    table: str
    collection: str
    artifacts: int = 0
    """Artifacts read in this run, quarantined ones included."""

    skipped: int = 0
    """Artifacts listed that were collected before."""

    records: int = 0
    """Records found in them, each of which became a row or was filtered, rejected or folded."""

    rows: int = 0
    """Rows now readable in the lake because of this run; also such as had been folded before."""

    filtered: int = 0
    """Rows the collection's filters left out. Never stored."""

    rejected: int = 0
    """Records that did not fit the table; see `tailpipe_rejected`."""

    folded: int = 0
    """Copies of events that the collection has from elsewhere; kept aside and not stored again."""

    replaced: int = 0
    """Rows of earlier versions of the same artifacts, taken out in the same commits."""

    waiting: int = 0
    """Files whose last line has no end yet; it comes in as soon as it has, or nobody writes to them any more."""

    bytes_in: int = 0
    """Bytes read of the artifacts, as stored."""

    bytes_out: int = 0
    """Bytes of the Parquet files written."""

    files: int = 0
    """Parquet files written."""

    seconds: float = 0.0
    days: Mapping[date, int] = field(default_factory=dict)
    """Rows by the UTC day they happened on."""

    indexes: Mapping[str, int] = field(default_factory=dict)
    """Rows by index value."""

    findings: Mapping[str, int] = field(default_factory=dict)
    """New findings that nothing suppresses, by severity."""

    by_detection: Mapping[str, int] = field(default_factory=dict)
    """The same by detection."""

    suppressed: int = 0
    """Findings kept that an exception or a suppression covers."""

    rule_faults: Mapping[str, str] = field(default_factory=dict)
    """Detections that failed on some row, and how. The others went on, and the rows are in."""

    faults: tuple[ArtifactFault, ...] = ()
    """Artifacts quarantined, gone or failed."""

    failure: TailpipeError | None = None
    """Why the collection stopped, when it did. What the other figures count is committed."""

    notes: tuple[str, ...] = ()
    """What had to be mended before it began, and warnings; a sentence each."""

    cancelled: bool = False
    """Stopped before everything listed was read. What the other figures count is committed."""

    @property
    def is_troubled(self) -> bool:
        """Whether it stopped early, or a detection failed on its rows."""
        return self.failure is not None or bool(self.rule_faults)

    def then(self, later: CollectResult) -> CollectResult:
        """This result and that of reading once more, as one: what both committed, and how it ended."""
        figures = (
            *("artifacts", "records", "rows", "filtered", "rejected", "folded", "replaced"),
            *("suppressed", "bytes_in", "bytes_out", "files"),
        )
        faults = {each.location: each for each in (*self.faults, *later.faults)}
        return replace(
            later,
            **{name: getattr(self, name) + getattr(later, name) for name in figures},
            skipped=max(0, later.skipped - self.artifacts),
            days=Counter(self.days) + Counter(later.days),
            indexes=Counter(self.indexes) + Counter(later.indexes),
            findings=Counter(self.findings) + Counter(later.findings),
            by_detection=Counter(self.by_detection) + Counter(later.by_detection),
            rule_faults={**self.rule_faults, **later.rule_faults},
            faults=tuple(faults.values()),
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one collection is, told from time to time while it runs."""

    table: str
    collection: str
    stage: Stage
    artifacts_listed: int = 0
    artifacts_done: int = 0
    records: int = 0
    rows: int = 0
    filtered: int = 0
    rejected: int = 0
    bytes_in: int = 0
    note: str = ""
    """What was mended, or a warning: to be shown at once, and in the result again."""


@dataclass(frozen=True, slots=True)
class CompactResult:
    """What compacting one collection did, its rejects included."""

    table: str
    collection: str
    slots: int = 0
    """Days of an index value whose files were written anew."""

    files_before: int = 0
    files_after: int = 0
    bytes_before: int = 0
    bytes_after: int = 0
    rows: int = 0
    conflicts: int = 0
    """Slots that another run changed meanwhile; they were looked at again."""

    days: frozenset[date] = frozenset()
    seconds: float = 0.0
    failure: TailpipeError | None = None
    """Why it stopped, when it did. What the other figures count is committed."""

    cancelled: bool = False


OnCompact = Callable[[CompactResult, int], None]
"""Told how far compacting a collection is, and how many slots there are. Must be quick."""


OnEvent = Callable[[Progress], None]
"""What both doors hand to the pipeline to hear of progress. Must be quick; may be called from any thread."""


def ignore(_: Progress) -> None:
    """An `OnEvent` that does nothing."""
