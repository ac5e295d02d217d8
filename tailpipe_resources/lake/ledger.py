"""The ledger: what has been collected, as a chain of intents whose head is committed together with the rows.

An intent is written before its commit and never changed. It counts only when it can be reached from the stream's head,
which is a transaction id of the very Delta commit that made its rows visible: so rows and the note that they were
collected become true together, and an attempt that failed leaves an intent nobody reaches.
"""

from __future__ import annotations

import json
import random
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from tailpipe_resources.errors import CommitConflictError, LakeDamagedError
from tailpipe_resources.lake.delta import head, open_table
from tailpipe_resources.lake.intent import VERSION, Copies, Entry, Follow, Intent
from tailpipe_resources.lake.known import Known, known_after
from tailpipe_resources.model.slot import Slot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_resources.lake.storage import Lake

BASE_EVERY = 64
"""After so many intents the state is written down whole, so that reading it never takes more than that."""

ATTEMPTS = 5
"""How often a ledger is read that moves on meanwhile."""

BASE = ".base.json"
_RANDOM_BITS = 20


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
        known = {} if intent.restart else dict(self.known)
        _take_in(known, intent)
        return State(intent.batch, known, intent.depth, _copies_after(self.copies, intent))


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
    rejects, findings = data.pop("rejects"), data.pop("findings", {})
    copies = tuple(Copies(**each) for each in data.pop("copies", ()))
    parts = {location: (str(mark), int(offset)) for location, (mark, offset) in rejects.get("parts", {}).items()}
    days, broken = tuple(rejects.get("days", ())), tuple(rejects.get("broken", ()))
    rows_stay, pieces = rejects.get("rows_stay", False), rejects.get("moved", {}).items()
    moved = {location: [(int(number), int(offset)) for number, offset in each] for location, each in pieces}
    follow = Follow(tuple(rejects["files"]), tuple(rejects["replaced"]), days, parts, broken, rows_stay, moved)
    data.update(files=tuple(data["files"]), dropped=tuple(data.get("dropped", ())))
    found = Follow(tuple(findings.get("files", ())))
    return Intent(**{**data, "consumed": consumed, "rejects": follow, "findings": found, "copies": copies})


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

    @property
    def floor(self) -> int | None:
        """No intent before this batch counts, or ever will."""
        restarted = self.chain and self.chain[0].restart
        return self.chain[0].batch if restarted else self.base


def read_ledger(lake: Lake, folder: str, head: int | None) -> Ledger:
    """What the stream with this head has collected.

    Raises:
        LakeDamagedError: a file of the chain is missing or broken.
    """
    bases = _bases(lake, folder)
    try:
        return _read_ledger(lake, folder, head, bases)
    except LakeDamagedError:
        # A writer on another machine may just have written a state down and removed what was before it.
        newer = _bases(lake, folder)
        if newer == bases:
            raise
        return _read_ledger(lake, folder, head, newer)


def newest_ledger(lake: Lake, table: str, collection: str) -> Ledger:
    """What a collection holds as of its head, which another machine may move, and prune the chain, while it is read.

    Raises:
        LakeDamagedError: a file of the chain is missing or broken.
        CommitConflictError: the head moves all the time.
    """
    stream = f"{table}/{collection}"
    at = head(open_table(lake, table), stream)
    for _ in range(ATTEMPTS):
        try:
            return read_ledger(lake, lake.stream(table, collection), at)
        except LakeDamagedError:
            before, at = at, head(open_table(lake, table), stream)
            if at == before:
                raise
    raise CommitConflictError(f"other runs commit to {stream} all the time")


def _bases(lake: Lake, folder: str) -> set[int]:
    return {int(key.rsplit("/", 1)[-1].split(".", 1)[0]) for key in lake.store.keys(folder) if key.endswith(BASE)}


def _read_ledger(lake: Lake, folder: str, head: int | None, bases: set[int]) -> Ledger:
    chain: list[Intent] = []
    at = head
    while at is not None and at not in bases:
        chain.append(read_intent(lake, folder, at))
        at = None if chain[-1].restart else chain[-1].previous
    base = State(None, {}) if at is None else _state(_read(lake, _base_key(folder, at)))
    known, copies = dict(base.known), base.copies
    for intent in reversed(chain):
        _take_in(known, intent)
        copies = _copies_after(copies, intent)
    return Ledger(State(head, known, len(chain), copies), tuple(reversed(chain)), at)


def _copies_after(copies: tuple[Copies, ...], intent: Intent) -> tuple[Copies, ...]:
    """Rows that were folded stay kept until their day is taken out on purpose."""
    kept = () if intent.restart else copies
    if intent.rejects.days and not intent.rejects.rows_stay:
        kept = tuple(each for each in kept if Slot.from_path(each.slot).day.isoformat() not in intent.rejects.days)
    return (*kept, *intent.copies)


def batches(lake: Lake, folder: str) -> dict[int, str]:
    """The keys of all intents of a stream, reachable or not, by batch."""
    keys = [key for key in lake.store.keys(folder) if key.endswith(".json") and not key.endswith(BASE)]
    return {int(key.rsplit("/", 1)[-1].removesuffix(".json")): key for key in keys}


def uncommitted(lake: Lake, folder: str, ledger: Ledger) -> frozenset[int]:
    """The batches whose intents are there though no commit is known that made them count; some may be about to."""
    left = frozenset(batches(lake, folder).keys() - ledger.reachable - {ledger.base})
    return left - frozenset(_passed(lake, folder, ledger.floor)) if left else left


def prune(lake: Lake, folder: str, floor: int | None) -> None:
    """Remove what a restart, or a state that was written down whole, made superfluous: all that led up to this batch.

    Attempts that came to nothing stay until they are dead: whoever made one may still be at it, and finds by its intent
    which files to take back.
    """
    if floor is None:
        return
    # The oldest go first, so that those a crash leaves can still be told from attempts.
    old = [intent_key(folder, batch) for batch in reversed(_passed(lake, folder, floor))]
    bases = [key for key in lake.store.keys(folder) if key.endswith(BASE) and key < _base_key(folder, floor)]
    lake.store.remove([*old, *bases])


def _passed(lake: Lake, folder: str, floor: int | None) -> tuple[int, ...]:
    """The batches that led up to this one and whose intents are still there, newest first."""
    there = batches(lake, folder)
    if floor is None or min(there, default=floor) >= floor:
        return ()
    passed, at = [], floor
    # Another machine may be removing them at the same time.
    with suppress(LakeDamagedError):
        while at in there:
            previous = read_intent(lake, folder, at).previous
            if previous is None or previous not in there:
                break
            passed.append(previous)
            at = previous
    return tuple(passed)


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
        known[entry.location] = known_after(known.get(entry.location), entry, intent.batch)
    for location, count in intent.restored.items():
        before = known[location]
        known[location] = replace(before, rows=before.rows + count, folded=before.folded - count)
    for location in intent.removed.keys() | intent.removed_older.keys():
        if location in known:
            rows, older = intent.removed.get(location, 0), intent.removed_older.get(location, 0)
            known[location] = known[location].less(rows, older)
