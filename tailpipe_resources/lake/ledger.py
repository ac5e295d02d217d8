"""The ledger: what has been collected, as a chain of intents whose head is committed together with the rows.

An intent is written before its commit and never changed. It counts only when it can be reached from the stream's head,
which is a transaction id of the very Delta commit that made its rows visible: so rows and the note that they were
collected become true together, and an attempt that failed leaves an intent nobody reaches.
"""

from __future__ import annotations

import json
import random
import time
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from tailpipe_resources.errors import LakeDamagedError
from tailpipe_resources.lake.known import Known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_resources.lake.storage import Lake
    from tailpipe_resources.model.results import Status

VERSION = 1
BASE_EVERY = 64
"""After so many intents the state is written down whole, so that reading it never takes more than that."""

BASE = ".base.json"
_RANDOM_BITS = 20


How = Literal["anew", "grown", "afresh"]
"""What the rows of an artifact that was met before are to earlier ones: `anew` takes their place, `grown` comes after
them, and `afresh` is another content in the same place, which leaves them alone."""


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

    folded: int = 0
    """Rows kept aside because the collection has the same event from elsewhere."""

    how: How = "anew"
    withdrawn: int = 0
    """Rows of what it had grown to before that go, because a line was not at its end yet."""

    mark: str = ""
    """How far a file that may grow was read, and how to tell that it is still the same."""

    @property
    def was_read(self) -> bool:
        """Whether its rows, all or what could be salvaged, are in the commit."""
        return self.status == "ok" or self.salvaged

    @property
    def records(self) -> int:
        """Records found in it."""
        return self.rows + self.filtered + self.rejected + self.folded


@dataclass(frozen=True, slots=True)
class Copies:
    """A Parquet file of rows that were folded: copies of events, kept to be brought back should the first ones go."""

    key: str
    slot: str
    """The folder where such rows would lie."""

    batch: int
    """The intent that brought it."""


@dataclass(frozen=True, slots=True)
class Follow:
    """What a derived table is to be brought to after the rows' commit, in a commit of its own."""

    files: tuple[Mapping[str, Any], ...] = ()
    """Files that lie in their final places, as `Added` describes them."""

    replaced: tuple[str, ...] = ()
    """Artifacts whose earlier rows there go."""

    parts: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """Of which only these rows go: how their versions begin, and the first offset."""


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
    rejects: Follow = field(default_factory=Follow)
    config: str = ""
    """A digest of the configuration it ran with."""

    depth: int = 0
    """How many intents lie between it and the last state that was written down whole."""

    copies: tuple[Copies, ...] = ()
    """Files of rows that were folded."""

    restored: Mapping[str, int] = field(default_factory=dict)
    """By location, folded rows of earlier intents that are rows again."""

    version: int = VERSION


@dataclass(frozen=True, slots=True)
class State:
    """A stream's ledger, folded."""

    head: int | None
    known: Mapping[str, Known]
    """By location."""

    depth: int = 0
    """How many intents were taken in since the last state that was written down whole."""

    copies: tuple[Copies, ...] = ()
    """Files of rows that were folded."""

    def after(self, intent: Intent) -> State:
        """The state once this intent is committed."""
        known = dict(self.known)
        _take_in(known, intent)
        return State(intent.batch, known, intent.depth, (*self.copies, *intent.copies))


def new_batch(previous: int | None) -> int:
    """An id for an attempt: later ones are larger, no two are equal. Its upper bits are Unix milliseconds."""
    made = (time.time_ns() // 1_000_000 << _RANDOM_BITS) | random.getrandbits(_RANDOM_BITS)
    return made if previous is None or made > previous else previous + 1 + random.getrandbits(_RANDOM_BITS)


def made_at(batch: int) -> float:
    """When a batch id was made, in Unix seconds."""
    return (batch >> _RANDOM_BITS) / 1000


def write_intent(lake: Lake, folder: str, intent: Intent) -> None:
    """Put an intent down, durably."""
    lake.store.write(intent_key(folder, intent.batch), json.dumps(asdict(intent)).encode())


def read_intent(lake: Lake, folder: str, batch: int) -> Intent:
    """An intent as it was written.

    Raises:
        LakeDamagedError: when it is missing, broken, or of a later version of Tailpipe.
    """
    data = _read(lake, intent_key(folder, batch))
    consumed = tuple(Entry(**entry) for entry in data.pop("consumed"))
    rejects = data.pop("rejects")
    copies = tuple(Copies(**each) for each in data.pop("copies", ()))
    parts = {location: (str(mark), int(offset)) for location, (mark, offset) in rejects.get("parts", {}).items()}
    follow = Follow(tuple(rejects["files"]), tuple(rejects["replaced"]), parts)
    return Intent(**{**data, "files": tuple(data["files"]), "consumed": consumed, "rejects": follow, "copies": copies})


def write_base(lake: Lake, folder: str, state: State) -> None:
    """Write a state down whole. Its head must be committed."""
    if state.head is None:
        return
    known = {location: list(asdict(each).values()) for location, each in state.known.items()}
    copies = [asdict(each) for each in state.copies]
    data = {"version": VERSION, "head": state.head, "known": known, "copies": copies}
    lake.store.write(_base_key(folder, state.head), json.dumps(data).encode())


@dataclass(frozen=True, slots=True)
class Ledger:
    """A stream's ledger as it lies in the store."""

    state: State
    chain: tuple[Intent, ...]
    """The intents since the last state that was written down whole, oldest first."""

    base: int | None
    """The batch of that state."""

    @property
    def reachable(self) -> frozenset[int]:
        """The batches of the chain."""
        return frozenset(each.batch for each in self.chain)


def read_ledger(lake: Lake, folder: str, head: int | None) -> Ledger:
    """What the stream with this head has collected.

    Raises:
        LakeDamagedError: a file of the chain is missing or broken.
    """
    bases = {int(key.rsplit("/", 1)[-1].split(".", 1)[0]) for key in lake.store.keys(folder) if key.endswith(BASE)}
    chain: list[Intent] = []
    at = head
    while at is not None and at not in bases:
        chain.append(read_intent(lake, folder, at))
        at = chain[-1].previous
    base = State(None, {}) if at is None else _state(_read(lake, _base_key(folder, at)))
    known, copies = dict(base.known), list(base.copies)
    for intent in reversed(chain):
        _take_in(known, intent)
        copies += intent.copies
    return Ledger(State(head, known, len(chain), tuple(copies)), tuple(reversed(chain)), at)


def batches(lake: Lake, folder: str) -> dict[int, str]:
    """The keys of all intents of a stream, reachable or not, by batch."""
    keys = [key for key in lake.store.keys(folder) if key.endswith(".json") and not key.endswith(BASE)]
    return {int(key.rsplit("/", 1)[-1].removesuffix(".json")): key for key in keys}


def prune(lake: Lake, folder: str, ledger: Ledger) -> None:
    """Remove what a state that was written down whole made superfluous."""
    if ledger.base is None:
        return
    old = [key for batch, key in batches(lake, folder).items() if batch < ledger.base]
    bases = [key for key in lake.store.keys(folder) if key.endswith(BASE) and key < _base_key(folder, ledger.base)]
    lake.store.remove([*old, *bases])


def intent_key(folder: str, batch: int) -> str:
    """Where an intent is kept."""
    return f"{folder}/{batch:020}.json"


def _base_key(folder: str, batch: int) -> str:
    return f"{folder}/{batch:020}{BASE}"


def _read(lake: Lake, key: str) -> dict[str, Any]:
    try:
        data: dict[str, Any] = json.loads(lake.store.read(key))
    except (OSError, ValueError) as error:
        raise LakeDamagedError(f"the ledger's file {lake.root}/{key} cannot be read: {error}") from error
    if data["version"] != VERSION:
        raise LakeDamagedError(f"the ledger's file {lake.root}/{key} was written by a later version of Tailpipe")
    return data


def _state(data: dict[str, Any]) -> State:
    known = {location: Known(*values) for location, values in data["known"].items()}
    return State(data["head"], known, copies=tuple(Copies(**each) for each in data.get("copies", ())))


def _take_in(known: dict[str, Known], intent: Intent) -> None:
    for entry in intent.consumed:
        known[entry.location] = _next(known.get(entry.location), entry, intent.batch)
    for location, count in intent.restored.items():
        before = known[location]
        known[location] = replace(before, rows=before.rows + count, folded=before.folded - count)


def _next(before: Known | None, entry: Entry, batch: int) -> Known:
    if before is None:
        rows, folded = (entry.rows, entry.folded) if entry.was_read else (0, 0)
        return Known(entry.version, entry.status, rows, entry.salvaged, folded, batch, entry.mark)
    if entry.was_read:
        return _read_again(before, entry, batch)
    return replace(before, version=entry.version, status=entry.status, salvaged=entry.salvaged)


def _read_again(before: Known, entry: Entry, batch: int) -> Known:
    rows, folded, older = entry.rows, entry.folded, before.older
    since = batch if entry.how == "anew" else before.since
    if entry.how == "grown":
        rows, folded = before.rows + rows - entry.withdrawn, before.folded + folded
    elif entry.how == "afresh":
        older += before.rows
    return Known(entry.version, entry.status, rows, entry.salvaged, folded, since, entry.mark, older)
