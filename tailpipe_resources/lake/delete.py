"""Deleting: whole days of a collection go in one commit, with their rejects, and are not kept for earlier times.

Data and ledger change together. Where days go, the ledger keeps every artifact as collected, less the rows that went,
so that the next collection does not bring them back. Where everything goes, the ledger begins anew, and the next
collection brings in whatever the source still has.
"""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailpipe_resources.errors import CommitConflictError
from tailpipe_resources.lake.copies import sweep_copies
from tailpipe_resources.lake.delta import open_table
from tailpipe_resources.lake.intent import Follow, Intent
from tailpipe_resources.lake.inventory import open_leased
from tailpipe_resources.lake.ledger import new_batch, newest_ledger, prune, write_intent
from tailpipe_resources.lake.listed import forget_listed
from tailpipe_resources.lake.mend import mend
from tailpipe_resources.lake.recovery import forget, recover
from tailpipe_resources.lake.steps import Step, apply, follow
from tailpipe_resources.lake.taken import Taken, destroy, seconds_left, slot_of
from tailpipe_resources.model.artifact import GENERATION, generation_mark, generation_of
from tailpipe_resources.model.names import literal
from tailpipe_resources.model.schema import REJECTED_TABLE
from tailpipe_resources.model.slot import Slot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import duckdb

    from tailpipe_resources.lake.delta import Removed, Told
    from tailpipe_resources.lake.ledger import State
    from tailpipe_resources.lake.storage import Lake


@dataclass(frozen=True, slots=True)
class Deletion:
    """What is to go."""

    table: str
    collection: str
    told: Told
    """Who takes it out and why; its operation is `delete` or `retention`."""

    days: frozenset[date] | None = None
    """None for everything, and for what is known of artifacts as well."""

    rows_stay: bool = False
    """Whether only what was rejected goes; then there are days."""

    @property
    def days_of_rows(self) -> frozenset[date] | None:
        """The days whose rows go."""
        return frozenset() if self.rows_stay else self.days

    @property
    def stream(self) -> str:
        """Identifies the ledger."""
        return f"{self.table}/{self.collection}"


@dataclass(frozen=True, slots=True)
class Deleted:
    """What went."""

    files: int = 0
    rows: int = 0
    size: int = 0
    rejected: int = 0
    """Rejects that went with them."""

    days: frozenset[date] = field(default_factory=frozenset)


def delete(connection: duckdb.DuckDBPyConnection, lake: Lake, deletion: Deletion) -> Deleted:
    """Take whole days of a collection out of its table, in one commit.

    Raises:
        BusyError: a collection is running; nothing was touched.
        CommitConflictError: another machine collected meanwhile. Nothing is gone; delete again.
    """
    with lake.lock(deletion.table, deletion.collection):
        if open_table(lake, deletion.table) is None:
            return Deleted()
        mend(lake, deletion.table)
        state = recover(connection, lake, deletion.table, deletion.collection)
        return _delete(connection, lake, deletion, state)


def _delete(connection: duckdb.DuckDBPyConnection, lake: Lake, deletion: Deletion, state: State) -> Deleted:
    name, collection = deletion.table, deletion.collection
    if deletion.days is None:
        forget_listed(lake, name, collection)
    taken = Taken(collection, deletion.days_of_rows)
    rejects = _files(lake, REJECTED_TABLE, Taken(collection, deletion.days, index=name))
    forgets = deletion.days is None and bool(state.known)
    copies = any(taken.holds(Slot.from_path(each.slot)) for each in state.copies)
    if not (_files(lake, name, taken) or rejects or forgets or copies):
        destroy(lake, name, taken)
        return Deleted()
    folder, intent = lake.stream(name, collection), _intent(connection, lake, deletion, state)
    write_intent(lake, folder, intent)
    try:
        step = Step(intent, (), state.head, deletion.told, kept=seconds_left(lake))
        gone = apply(lake, name, taken.out_of, step)
    except CommitConflictError:
        forget(lake, name, collection, intent.batch)
        raise
    follow(connection, lake, name, collection, intent, deletion.told.operation)
    ledger = newest_ledger(lake, name, collection)
    if intent.restart:
        prune(lake, folder, ledger.floor)
    sweep_copies(lake, name, collection, ledger.state)
    return Deleted(
        files=len(gone.removed),
        rows=gone.rows,
        size=sum(each.size for each in gone.removed),
        rejected=sum(each.rows for each in rejects),
        days=frozenset(slot_of(each).day for each in gone.removed),
    )


def _intent(connection: duckdb.DuckDBPyConnection, lake: Lake, deletion: Deletion, state: State) -> Intent:
    whole = deletion.days is None
    days = () if deletion.days is None else tuple(sorted(day.isoformat() for day in deletion.days))
    removed, older = ({}, {}) if whole else _rows(connection, lake, deletion, state)
    taken = Taken(deletion.collection, deletion.days_of_rows)
    return Intent(
        stream=deletion.stream,
        batch=new_batch(state.head),
        previous=state.head,
        run=deletion.told.run,
        config=deletion.told.config,
        files=(),
        consumed=(),
        rejects=Follow(days=days, rows_stay=deletion.rows_stay),
        depth=1 if whole else state.depth + 1,
        removed=removed,
        removed_older=older,
        restart=whole,
        dropped=tuple(each.key for each in state.copies if taken.holds(Slot.from_path(each.slot))),
    )


def _rows(
    connection: duckdb.DuckDBPyConnection, lake: Lake, deletion: Deletion, state: State
) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """The rows that go, by artifact: of what it holds now, and of what was in its place before.

    Only who holds the collection's lock can change them, whoever rewrites files.
    """
    marks = {location: generation_mark(generation_of(each.version)) for location, each in state.known.items()}
    begun = f"coalesce(regexp_extract(tp_source_version, '{GENERATION}'), '')" if any(marks.values()) else "''"
    with ExitStack() as until:
        found = open_leased(lake, deletion.table, until)
        start = lake.store.address(f"{deletion.table}/")
        going = () if found is None else Taken(deletion.collection, deletion.days_of_rows).files(found)
        if not going:
            return {}, {}
        files = ", ".join(literal(f"{start}{each.path}") for each in going)
        rows = connection.execute(
            f"SELECT tp_source_location, {begun}, count(*) FROM read_parquet([{files}], hive_partitioning = false) "
            "WHERE tp_source_location IS NOT NULL GROUP BY ALL"
        ).fetchall()
    current: Counter[str] = Counter()
    older: Counter[str] = Counter()
    for location, mark, count in rows:
        (current if mark == marks.get(location, mark) else older)[location] += count
    return dict(current), dict(older)


def _files(lake: Lake, name: str, taken: Taken) -> tuple[Removed, ...]:
    found = open_table(lake, name)
    return () if found is None else taken.files(found)
