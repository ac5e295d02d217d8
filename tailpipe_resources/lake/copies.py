"""Copies of events, kept aside: the rows that were folded, for when the first ones go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailpipe_resources.lake.staging import SHARE, StagedFile, stage_shares
from tailpipe_resources.model.names import literal
from tailpipe_resources.model.slot import Slot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

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
    active: Mapping[date, Sequence[str]],
) -> tuple[StagedFile, ...]:
    """Rows kept aside whose events are among those that go, where these lay: they may have to take their place.

    Args:
        connection: can read the lake and write below it.
        lake: where the collection lies.
        state: its ledger.
        incoming: what is about to be committed.
        active: the paths of the collection's active files, by day.
    """
    if not incoming.replaced.locations or not state.copies:
        return ()
    days = {each.key: Slot.from_path(each.slot).day for each in state.copies}
    paths = [f"{incoming.table}/{path}" for day in sorted({*days.values()}) for path in active.get(day, ())]
    slots = _going(connection, lake, incoming, paths) if paths else ()
    left = {slot.day for slot in slots}
    copies = [each for each in state.copies if days[each.key] in left]
    if not copies:
        return ()
    select = _waiting(connection, lake, state, incoming, [(each, days[each.key]) for each in copies])
    return stage_shares(connection, lake, slots, select, stream=incoming.stream) if select else ()


def _going(
    connection: duckdb.DuckDBPyConnection, lake: Lake, incoming: Incoming, paths: Sequence[str]
) -> Sequence[Slot]:
    """Note in the table `going` each event that goes and the slot it lay in, and say which slots these are."""
    slots = {lake.store.address(path): Slot.from_path(path) for path in paths}
    rows = connection.execute(
        "CREATE OR REPLACE TEMP TABLE leaving AS SELECT DISTINCT filename, tp_id "
        f"FROM {rows_of(slots)} WHERE {incoming.replaced.condition}; SELECT DISTINCT filename FROM leaving"
    ).fetchall()
    found = sorted({slots[filename] for (filename,) in rows})
    if found:
        share = {slot: number for number, slot in enumerate(found)}
        places = _values((filename, str(share[slots[filename]]), slots[filename].day) for (filename,) in rows)
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE going AS SELECT day, tp_id, min(share) AS share FROM leaving "
            f"JOIN (VALUES {places}) v(filename, share, day) USING (filename) GROUP BY ALL"
        )
    return found


def _waiting(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    state: State,
    incoming: Incoming,
    copies: Sequence[tuple[Copies, date]],
) -> str | None:
    """A query for one copy of each event noted in `going`, the oldest that counts; None without any."""
    batches = {lake.store.address(each.key): each.batch for each, _ in copies}
    kept = rows_of(batches)
    places = _values((lake.store.address(each.key), str(each.batch), day) for each, day in copies)
    joined = f"JOIN (VALUES {places}) v(filename, batch, day) USING (filename) JOIN going USING (day, tp_id)"
    found = connection.execute(f"SELECT DISTINCT filename, tp_source_location FROM {kept} {joined}").fetchall()
    current = [
        f"({literal(filename)}, {literal(location)})"
        for filename, location in found
        if location not in incoming.read and state.known[location].since <= batches[filename]
    ]
    if not current:
        return None
    return (
        f"SELECT kept.* EXCLUDE (filename, file_row_number), going.share AS {SHARE} "
        f"FROM (SELECT *, file_row_number FROM {kept}) kept {joined} "
        f"WHERE (filename, tp_source_location) IN ({', '.join(current)}) "
        "QUALIFY row_number() OVER (PARTITION BY day, tp_id ORDER BY batch, filename, file_row_number) = 1"
    )


def _values(rows: Iterable[tuple[str, str, date]]) -> str:
    """Files, a number and a day of each, as SQL has them."""
    return ", ".join(f"({literal(file)}, {number}, DATE '{day}')" for file, number, day in rows)


def sweep_copies(lake: Lake, table: str, collection: str, state: State) -> None:
    """Remove files of folded rows that no commit knows of. To be called with the collection's lock held."""
    if not lake.store.is_remote:
        known = {each.key for each in state.copies}
        lake.store.remove(key for key in lake.store.keys(lake.copies(table, collection)) if key not in known)


def rows_of(addresses: Iterable[str]) -> str:
    """The rows of files that may be of different age, and the file of each."""
    files = ", ".join(map(literal, addresses))
    return f"read_parquet([{files}], filename = true, hive_partitioning = false, union_by_name = true)"
