"""The ledger: what has been collected, as a chain of intents whose head is committed together with the rows.

An intent is written before its commit and never changed. It counts only when it can be reached from the stream's head,
which is a transaction id of the very Delta commit that made its rows visible: so rows and the note that they were
collected become true together, and an attempt that failed leaves an intent nobody reaches.
"""

from __future__ import annotations

import json
import random
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from tailpipe_resources.errors import LakeDamagedError
from tailpipe_resources.lake.storage import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tailpipe_resources.model.results import Status

VERSION = 1
_RANDOM_BITS = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """What one attempt at one artifact came to."""

    location: str
    version: str
    status: Status
    rows: int = 0
    filtered: int = 0
    rejected: int = 0
    size: int = 0
    salvaged: bool = False
    """Broken, but what could be read of it was taken."""

    reason: str = ""
    """Why it was not read whole."""

    @property
    def was_read(self) -> bool:
        """Whether its rows, all or what could be salvaged, are in the commit."""
        return self.status == "ok" or self.salvaged

    @property
    def records(self) -> int:
        """Records found in it."""
        return self.rows + self.filtered + self.rejected


@dataclass(frozen=True, slots=True)
class StagedRejects:
    """Rows for `tailpipe_rejected` that follow an intent in a commit of their own."""

    files: tuple[Mapping[str, Any], ...] = ()
    """Each with `staged` and `final`, paths relative to the rejects' table, and what the commit must say of it."""

    replaced: tuple[str, ...] = ()
    """Artifacts whose earlier rejects go."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What one commit is about to do."""

    stream: str
    batch: int
    previous: int | None
    run: str
    """Names the run, for people."""

    files: tuple[str, ...]
    consumed: tuple[Entry, ...]
    rejects: StagedRejects = field(default_factory=StagedRejects)
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger says of an artifact."""

    version: str
    status: Status
    held: bool
    """Rows of this or an earlier version of it are in the lake."""

    salvaged: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """A stream's ledger, folded."""

    head: int | None
    known: Mapping[str, Known]
    """By location."""

    def after(self, intent: Intent) -> State:
        """The state once this intent is committed."""
        known = dict(self.known)
        _fold(known, intent)
        return State(intent.batch, known)


def new_batch(previous: int | None) -> int:
    """An id for an attempt: later ones are larger, no two are equal. Its upper bits are Unix milliseconds."""
    made = (time.time_ns() // 1_000_000 << _RANDOM_BITS) | random.getrandbits(_RANDOM_BITS)
    return made if previous is None or made > previous else previous + 1 + random.getrandbits(_RANDOM_BITS)


def write_intent(folder: Path, intent: Intent) -> None:
    """Put an intent on the disk, durably."""
    write_whole(intent_path(folder, intent.batch), json.dumps(asdict(intent)).encode())


def read_intent(folder: Path, batch: int) -> Intent:
    """An intent as it was written.

    Raises:
        LakeDamagedError: when it is missing, broken, or of a later version of Tailpipe.
    """
    path = intent_path(folder, batch)
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise LakeDamagedError(f"the ledger's file {path} cannot be read: {error}") from error
    if data["version"] != VERSION:
        raise LakeDamagedError(f"the ledger's file {path} was written by a later version of Tailpipe")
    consumed = tuple(Entry(**entry) for entry in data.pop("consumed"))
    rejects = data.pop("rejects")
    staged = StagedRejects(tuple(rejects["files"]), tuple(rejects["replaced"]))
    return Intent(**{**data, "files": tuple(data["files"]), "consumed": consumed, "rejects": staged})


def intents(folder: Path, head: int | None, *, after: int | None = None) -> list[Intent]:
    """The chain from a head back to, but not including, `after`; oldest first."""
    chain = []
    while head is not None and head != after:
        chain.append(read_intent(folder, head))
        head = chain[-1].previous
    return chain[::-1]


def read_state(folder: Path, head: int | None) -> State:
    """What the stream with this head has collected."""
    known: dict[str, Known] = {}
    for intent in intents(folder, head):
        _fold(known, intent)
    return State(head, known)


def _fold(known: dict[str, Known], intent: Intent) -> None:
    for entry in intent.consumed:
        known[entry.location] = _next(known.get(entry.location), entry)


def _next(before: Known | None, entry: Entry) -> Known:
    held = entry.rows > 0 if entry.was_read else before is not None and before.held
    return Known(entry.version, entry.status, held, entry.salvaged)


def intent_path(folder: Path, batch: int) -> Path:
    """Where an intent is kept."""
    return folder / f"{batch:020}.json"
