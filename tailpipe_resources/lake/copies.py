"""Copies of events, kept aside: the rows that were folded, for when the first ones go."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailpipe_resources.lake.staging import StagedFile, stage
from tailpipe_resources.model.names import literal
from tailpipe_resources.model.slot import Slot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import duckdb

    from tailpipe_resources.lake.intent import Copies
    from tailpipe_resources.lake.ledger import State
    from tailpipe_resources.lake.replace import RowsOf
    from tailpipe_resources.lake.storage import Lake


@dataclass(frozen=True, slots=True)
class Incoming:
    """What is about to be committed to a collection."""

    table: str
    collection: str
    files: tuple[StagedFile, ...]
    """In the order in which their artifacts were listed."""

    replaced: RowsOf
    """Earlier rows that go in the same commit; nothing is folded against those."""

    read: frozenset[str]
    """Artifacts that are read again, whether or not rows of them are there; their copies are of no use any more."""

    @property
    def stream(self) -> str:
        """Identifies the ledger."""
        return f"{self.table}/{self.collection}"


def restorable(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    state: State,
    incoming: Incoming,
    active: Mapping[Slot, Sequence[str]],
) -> tuple[StagedFile, ...]:
    """Rows kept aside whose events are among those that go: they may have to take their place."""
    if not incoming.replaced.locations or not state.copies:
        return ()
    made = []
    by_slot: dict[str, list[Copies]] = defaultdict(list)
    for each in state.copies:
        by_slot[each.slot].append(each)
    for path, copies in sorted(by_slot.items()):
        slot = Slot.from_path(path)
        going = active.get(slot, ())
        if going:
            select = _waiting(connection, lake, state, incoming, copies, going)
            staged = stage(connection, lake, slot, select, stream=incoming.stream) if select else None
            made += [] if staged is None else [staged]
    return tuple(made)


def _waiting(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    state: State,
    incoming: Incoming,
    copies: Sequence[Copies],
    going: Sequence[str],
) -> str | None:
    """A query for copies in these files of events that artifacts about to be replaced brought; None without any."""
    batches = {lake.store.address(each.key): each.batch for each in copies}
    kept = rows_of(batches)
    active = rows_of(lake.store.address(f"{incoming.table}/{path}") for path in going)
    gone = f"SELECT tp_id FROM {active} WHERE {incoming.replaced.condition}"
    found = connection.execute(
        f"SELECT DISTINCT filename, tp_source_location FROM {kept} WHERE tp_id IN ({gone})"
    ).fetchall()
    current = [
        f"({literal(filename)}, {literal(location)})"
        for filename, location in found
        if location not in incoming.read and state.known[location].since <= batches[filename]
    ]
    if not current:
        return None
    return (
        f"SELECT * EXCLUDE (filename) FROM {kept} WHERE tp_id IN ({gone}) "
        f"AND (filename, tp_source_location) IN ({', '.join(current)})"
    )


def sweep_copies(lake: Lake, table: str, collection: str, state: State) -> None:
    """Remove files of folded rows that no commit knows of. To be called with the collection's lock held."""
    if not lake.store.is_remote:
        known = {each.key for each in state.copies}
        lake.store.remove(key for key in lake.store.keys(lake.copies(table, collection)) if key not in known)


def rows_of(addresses: Iterable[str]) -> str:
    """The rows of files that may be of different age, and the file of each."""
    files = ", ".join(map(literal, addresses))
    return f"read_parquet([{files}], filename = true, hive_partitioning = false, union_by_name = true)"
