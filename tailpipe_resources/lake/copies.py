"""Copies of events, kept aside: the rows that were folded, for when the first ones go."""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import duckdb

from tailpipe_resources.lake.cleanup import ABANDONED_SECONDS
from tailpipe_resources.lake.intent import Copies
from tailpipe_resources.lake.staging import SHARE, StagedFile, stage, stage_shares
from tailpipe_resources.model.names import literal
from tailpipe_resources.model.slot import Slot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

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
    if not incoming.replaced.touched or not state.copies:
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
    kept = rows_of(lake.store.address(each.key) for each, _ in copies)
    places = _values((lake.store.address(each.key), str(each.batch), day) for each, day in copies)
    joined = f"JOIN (VALUES {places}) v(filename, batch, day) USING (filename) JOIN going USING (day, tp_id)"
    found = connection.execute(f"SELECT DISTINCT filename, tp_source_location FROM {kept} {joined}").fetchall()
    others = [(filename, location) for filename, location in found if location not in incoming.read]
    current = _current(lake, state, [each for each, _ in copies], others)
    if not current:
        return None
    return (
        f"SELECT kept.* EXCLUDE (filename, file_row_number), going.share AS {SHARE} "
        f"FROM (SELECT *, file_row_number FROM {kept}) kept {joined} "
        f"WHERE (filename, tp_source_location) IN ({current}) "
        "QUALIFY row_number() OVER (PARTITION BY day, tp_id ORDER BY batch, filename, file_row_number) = 1"
    )


def _current(lake: Lake, state: State, copies: Iterable[Copies], found: Iterable[tuple[str, str]]) -> str:
    """SQL for those of some files and artifacts whose copies there still count: these were not read anew since."""
    batches = {lake.store.address(each.key): each.batch for each in copies}
    return ", ".join(
        f"({literal(filename)}, {literal(location)})"
        for filename, location in found
        if location in state.known and state.known[location].since <= batches[filename]
    )


def merge_copies(connection: duckdb.DuckDBPyConnection, lake: Lake, table: str, collection: str, state: State) -> State:
    """The state with a file of copies a day at most, without those of artifacts that were read anew since.

    The files it does without stay, and may go once it is written down. To be called with the collection's lock held.
    """
    days: defaultdict[date, list[Copies]] = defaultdict(list)
    for each in state.copies:
        days[Slot.from_path(each.slot).day].append(each)
    kept: list[Copies] = []
    for copies in days.values():
        kept += _merged(connection, lake, table, collection, state, copies) if len(copies) > 1 else copies
    return replace(state, copies=tuple(kept))


def _merged(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    table: str,
    collection: str,
    state: State,
    copies: Sequence[Copies],
) -> Sequence[Copies]:
    source = rows_of(lake.store.address(each.key) for each in copies)
    batches = ", ".join(f"({literal(lake.store.address(each.key))}, {each.batch})" for each in copies)
    try:
        found = connection.execute(f"SELECT DISTINCT filename, tp_source_location FROM {source}").fetchall()
        current = _current(lake, state, copies, found)
        if not current:
            return ()
        select = (
            f"SELECT kept.* EXCLUDE (filename, file_row_number) FROM (SELECT *, file_row_number FROM {source}) kept "
            f"JOIN (VALUES {batches}) v(filename, batch) USING (filename) "
            f"WHERE (filename, tp_source_location) IN ({current}) ORDER BY batch, filename, file_row_number"
        )
        made = stage(connection, lake, Slot.from_path(copies[0].slot), select, stream=f"{table}/{collection}")
    except duckdb.Error:
        # Of a file that is missing, for instance: what cannot be merged stays as it is, and no commit fails for it.
        return copies
    if made is None:
        return ()
    file = aside(lake, made, collection)
    file.publish(lake)
    # None of these artifacts was read anew since, up to the head.
    return (Copies(f"{table}/{file.final}", copies[0].slot, state.head or copies[-1].batch),)


def aside(lake: Lake, file: StagedFile, collection: str) -> StagedFile:
    """A staged file that is to lie where copies are kept."""
    final = f"{lake.copies(file.slot.table, collection)}/{uuid.uuid4()}.rows".split("/", 1)[1]
    return replace(file, final=final)


def _values(rows: Iterable[tuple[str, str, date]]) -> str:
    """Files, a number and a day of each, as SQL has them."""
    return ", ".join(f"({literal(file)}, {number}, DATE '{day}')" for file, number, day in rows)


def sweep_copies(lake: Lake, table: str, collection: str, state: State) -> None:
    """Remove files of folded rows that no commit knows of. To be called with the collection's lock held.

    Across machines, where others may be about to commit them, only those that are too old for that.
    """
    known = {each.key for each in state.copies}
    before = time.time() - ABANDONED_SECONDS if lake.store.is_remote else float("inf")
    there = lake.store.listing(lake.copies(table, collection))
    lake.store.remove(key for key, each in there.items() if key not in known and each.modified < before)


def rows_of(addresses: Iterable[str]) -> str:
    """The rows of files that may be of different age, and the file of each."""
    files = ", ".join(map(literal, addresses))
    return f"read_parquet([{files}], filename = true, hive_partitioning = false, union_by_name = true)"
