"""Checkpoints: which windows of a detection were asked, kept in the lake beside the collection's ledger.

Those of rules over findings, which are of no collection, lie beside the findings.

A checkpoint is written after the findings were committed. A crash in between has the window asked once more, which
finds nothing new.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tailpipe_assets.scheduled.tables import is_about_findings
from tailpipe_resources.errors import LakeDamagedError
from tailpipe_resources.lake.inventory import tables
from tailpipe_resources.lake.storage import OWN
from tailpipe_resources.model.finding import FINDING_TABLE
from tailpipe_resources.model.slot import encode

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from tailpipe_assets.detections.rules import Rule
    from tailpipe_assets.pipeline import Plan
    from tailpipe_resources.lake import Lake

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
LONGEST = timedelta(days=7)
"""Windows that are longer ago are not asked any more."""

SKEW = timedelta(minutes=5)
"""Clocks may differ by so much."""

_MOST_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a detection got with a collection."""

    until: datetime
    """The end of the last window that was asked."""

    looked: datetime
    """When it was last looked which files there are."""

    files: frozenset[str] = field(default_factory=frozenset)
    """Those of them that were so new that others may have come just before them without being there yet."""

    late: frozenset[datetime] = field(default_factory=frozenset)
    """The ends of windows to be asked again, because rows of them came later."""

    failures: int = 0
    """How often in a row it failed."""

    error: str = ""
    failed: datetime | None = None
    """When it failed last."""

    gap: tuple[datetime, datetime] | None = None
    """The last time of which windows were never asked, because they were missed for too long."""

    def rests(self, now: datetime) -> bool:
        """Whether it failed so short a while ago that it is not tried again yet."""
        if self.failed is None or not self.failures:
            return False
        pause: timedelta = FIRST_PAUSE * 2 ** min(self.failures - 1, _MOST_DOUBLINGS)
        return timedelta() <= now - self.failed < min(pause, LONGEST_PAUSE)

    def as_of(self, now: datetime) -> Checkpoint:
        """What it is worth. A clock that was ahead has called windows asked that are still to come.

        Nobody knows what was asked when. So all windows are asked that still are, which finds nothing twice.
        """
        if self.until <= now + SKEW:
            return self
        return replace(self, until=now - LONGEST, looked=now - LONGEST, late=frozenset())

    def is_due(self, tick: datetime, now: datetime) -> bool:
        """Whether there is something to ask, once the window that ends with a tick is over."""
        return (bool(self.late) or self.until < tick) and not self.rests(now)

    def after(self, ticks: frozenset[datetime]) -> Checkpoint:
        """Once these windows were asked."""
        until = max([self.until, *ticks])
        return replace(self, until=until, late=self.late - ticks, failures=0, error="", failed=None)

    def broken(self, error: str, now: datetime) -> Checkpoint:
        """Once it failed."""
        return replace(self, failures=self.failures + 1, error=error, failed=now)


def read_checkpoint(lake: Lake, ready: Plan, rule: Rule) -> Checkpoint | None:
    """How far a detection got; None where it was never asked.

    Raises:
        LakeDamagedError: what is kept of it cannot be read.
    """
    found = _read(lake, _key(ready, rule))
    return _earlier(lake, rule) if found is None and is_about_findings(rule) else found


def _read(lake: Lake, key: str) -> Checkpoint | None:
    try:
        return _from_json(json.loads(lake.store.read(key)))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LakeDamagedError(f"{lake.root}/{key} cannot be read: {error}; remove it to begin with now") from error


def write_checkpoint(lake: Lake, ready: Plan, rule: Rule, checkpoint: Checkpoint) -> None:
    """Remember how far a detection got, durably."""
    lake.store.write(_key(ready, rule), json.dumps(_to_json(checkpoint, rule)).encode())


def asking_alone(lake: Lake, ready: Plan, *, is_whole: bool) -> AbstractContextManager[None]:
    """Be the only one on this machine who asks a collection's detections, or those over the lake's findings.

    Raises:
        BusyError: somebody does.
    """
    asked = FINDING_TABLE if is_whole else ".".join(ready.collection.key)
    return lake.store.lock(f"{_folder(ready, is_whole=is_whole)}/.lock", f"asking the detections of {asked}")


def _earlier(lake: Lake, rule: Rule) -> Checkpoint | None:
    """What it was while it still lay with whichever collection was the first of the configuration."""
    folders = [f"{table}/{OWN}/scheduled" for table in tables(lake)]
    kept = [_read(lake, f"{each}/{name}/{_file(rule)}") for each in folders for name in lake.store.folders(each)]
    return max((each for each in kept if each is not None), key=lambda each: each.until, default=None)


def _folder(ready: Plan, *, is_whole: bool) -> str:
    table, collection = ready.collection.key
    return f"{FINDING_TABLE}/{OWN}/scheduled" if is_whole else f"{table}/{OWN}/scheduled/{encode(collection)}"


def _key(ready: Plan, rule: Rule) -> str:
    return f"{_folder(ready, is_whole=is_about_findings(rule))}/{_file(rule)}"


def _file(rule: Rule) -> str:
    # Addresses of packs are as long as whoever wrote them likes, names of files are not.
    return f"{hashlib.sha256(rule.detection.address.encode()).hexdigest()[:32]}.json"


def _to_json(checkpoint: Checkpoint, rule: Rule) -> dict[str, Any]:
    return {
        "detection": rule.detection.address,
        "until": checkpoint.until.isoformat(),
        "looked": checkpoint.looked.isoformat(),
        "files": sorted(checkpoint.files),
        "late": [each.isoformat() for each in sorted(checkpoint.late)],
        "failures": checkpoint.failures,
        "error": checkpoint.error,
        "failed": None if checkpoint.failed is None else checkpoint.failed.isoformat(),
        "gap": None if checkpoint.gap is None else [each.isoformat() for each in checkpoint.gap],
    }


def _from_json(kept: dict[str, Any]) -> Checkpoint:
    gap = kept["gap"]
    return Checkpoint(
        until=datetime.fromisoformat(kept["until"]),
        looked=datetime.fromisoformat(kept["looked"]),
        files=frozenset(kept["files"]),
        late=frozenset(map(datetime.fromisoformat, kept["late"])),
        failures=int(kept["failures"]),
        error=str(kept["error"]),
        failed=None if kept["failed"] is None else datetime.fromisoformat(kept["failed"]),
        gap=None if gap is None else (datetime.fromisoformat(gap[0]), datetime.fromisoformat(gap[1])),
    )
