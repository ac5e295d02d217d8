"""Folding: an event that a collection has already is not stored again.

The first copy committed wins. What came again is kept aside, whole, so that it takes the place of the first one when
the artifact that delivered that is replaced by one without the event. Rows are compared by `tp_id`, within their day:
the same event has the same time. Its index may be another one by now, as collections are reindexed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tailpipe_resources.lake.copies import aside, restorable, rows_of
from tailpipe_resources.lake.delta import active_files, bounds, open_table
from tailpipe_resources.lake.leases import arriving, lease
from tailpipe_resources.lake.staging import StagedFile, stage
from tailpipe_resources.lake.storage import Lake, discard
from tailpipe_resources.lake.taken import slot_of
from tailpipe_resources.model.names import literal
from tailpipe_resources.model.slot import Slot
from tailpipe_resources.model.window import Span, merged, shifted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    import duckdb

    from tailpipe_resources.lake.copies import Incoming
    from tailpipe_resources.lake.ledger import State

_SLACK = timedelta(seconds=1)
"""Bounds in the log may be cut to milliseconds."""

_ALWAYS: Span = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Folding:
    """Staged files with each event once, and what was taken out of them."""

    files: tuple[StagedFile, ...]
    copies: tuple[StagedFile, ...] = ()
    """What was taken out, to be kept aside."""

    folded: Mapping[str, int] = field(default_factory=dict)
    """How many rows that is, by location."""

    restored: Mapping[str, int] = field(default_factory=dict)
    """Rows in `files` that were kept aside before, by location."""


def fold(connection: duckdb.DuckDBPyConnection, lake: Lake, state: State, incoming: Incoming) -> Folding:
    """Take out of staged files what the collection has already, and what is in them twice.

    Args:
        connection: can read the lake and write below it.
        lake: where the collection lies.
        state: the collection's ledger, which the commit will be based on.
        incoming: what is about to be committed.
    """
    with ExitStack() as reading:
        held = _held(lake, incoming, reading)
        active = {day: [each.path for each in found] for day, found in held.items()}
        back = restorable(connection, lake, state, incoming, active)
        files = (*incoming.files, *back)
        if not files:
            return Folding(())
        taken = _taken_out(connection, lake, incoming, files, _near(files, held))
    if not taken:
        return Folding(files, restored=_by_location(connection, lake, back))
    return _folding(connection, lake, incoming, files, len(incoming.files), taken)


@dataclass(frozen=True, slots=True)
class _Held:
    """An active file of the collection."""

    path: str
    first: datetime | None
    last: datetime | None


def _held(lake: Lake, incoming: Incoming, reading: ExitStack) -> dict[date, list[_Held]]:
    """The collection's active files by day; they can be read until the stack is closed."""
    with arriving(lake, incoming.table):
        table = open_table(lake, incoming.table)
        if table is None:
            return {}
        lease(lake, incoming.table, table.version(), reading)
    spans, found = bounds(table, "tp_timestamp"), defaultdict(list)
    for path, each in active_files(table).items():
        if each.values["tp_partition"] == incoming.collection:
            found[slot_of(each).day].append(_Held(path, *spans[path]))
    return found


def _near(files: Sequence[StagedFile], held: Mapping[date, Sequence[_Held]]) -> list[str]:
    """The paths of active files that may hold what is in these: of a day, there may be thousands of both."""
    coming: defaultdict[date, list[Span]] = defaultdict(list)
    for file in files:
        coming[file.slot.day].append(_span(file))
    found: list[str] = []
    for day, spans in coming.items():
        few = merged(spans)
        found += [each.path for each in held.get(day, ()) if _meets(each, few)]
    return sorted(found)


def _span(file: StagedFile) -> Span:
    """The time of a staged file's rows; all of it where it is not known."""
    first, last = (bounds.get("tp_timestamp") for bounds in (file.minimum, file.maximum))
    if first is None or last is None:
        return _ALWAYS
    return shifted(datetime.fromisoformat(first), -_SLACK), shifted(datetime.fromisoformat(last), _SLACK)


def _meets(held: _Held, spans: Sequence[Span]) -> bool:
    """Whether a file may hold rows of the time of these spans."""
    if held.first is None or held.last is None:
        return True
    at = bisect_left(spans, held.first, key=lambda span: span[1])
    return at < len(spans) and spans[at][0] <= held.last


def _taken_out(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    incoming: Incoming,
    files: Sequence[StagedFile],
    near: Sequence[str],
) -> frozenset[int]:
    """Note in the table `taken` which rows are to be taken out, and say of which of the files they are.

    Nearly always there are none, so they are first looked for by id alone, which is quick.
    """
    there = _there(lake, incoming, near)
    again = f"SELECT tp_id FROM {_read(lake, files)} GROUP BY tp_id HAVING count(*) > 1"
    if there:
        again += f" UNION SELECT tp_id FROM ({there}) SEMI JOIN {_read(lake, files)} USING (tp_id)"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE twice AS {again}")
    if connection.execute("SELECT count(*) FROM twice").fetchall() == [(0,)]:
        return frozenset()
    connection.execute(f"CREATE OR REPLACE TEMP TABLE places AS {_places(lake, incoming, files, near)}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE taken AS {_taken(lake, files, there)}")
    found = connection.execute("SELECT DISTINCT place FROM taken").fetchall()
    return frozenset(place for (place,) in found)


def _there(lake: Lake, incoming: Incoming, near: Sequence[str]) -> str | None:
    """A query for the ids in the lake that stay there."""
    if not near:
        return None
    source = rows_of(lake.store.address(f"{incoming.table}/{path}") for path in near)
    return f"SELECT filename, tp_id FROM {source} WHERE ({incoming.replaced.condition}) IS NOT TRUE"


def _places(lake: Lake, incoming: Incoming, files: Sequence[StagedFile], near: Sequence[str]) -> str:
    """A query for the day of each file, and its place among those that come."""
    rows = [(_path(lake, file), file.slot.day, str(place)) for place, file in enumerate(files)]
    for path in near:
        key = f"{incoming.table}/{path}"
        rows.append((lake.store.address(key), Slot.from_path(key).day, "NULL"))
    values = ", ".join(f"({literal(file)}, DATE '{day}', {place})" for file, day, place in rows)
    return f"SELECT * FROM (VALUES {values}) v(filename, day, place)"


def _taken(lake: Lake, files: Sequence[StagedFile], there: str | None) -> str:
    """A query for the rows, by file and number in it, whose event is there or comes in a row before."""
    coming = _read(lake, files, "filename", "file_row_number")
    held = f"SELECT DISTINCT day, tp_id FROM ({there}) SEMI JOIN twice USING (tp_id) JOIN places USING (filename)"
    return (
        f"WITH held AS ({held if there else 'SELECT day, filename AS tp_id FROM places WHERE false'}), "
        f"coming AS (SELECT day, place, file_row_number, tp_id FROM {coming} "
        "SEMI JOIN twice USING (tp_id) JOIN places USING (filename)) "
        "SELECT place, file_row_number FROM coming LEFT JOIN (SELECT *, true AS is_held FROM held) USING (day, tp_id) "
        "QUALIFY is_held OR row_number() OVER (PARTITION BY day, tp_id ORDER BY place, file_row_number) > 1"
    )


def _folding(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    incoming: Incoming,
    files: Sequence[StagedFile],
    new: int,
    taken: frozenset[int],
) -> Folding:
    """Write the files anew without the rows to be taken out; of the first `new` ones, those rows are kept aside."""
    kept: list[StagedFile] = []
    back: list[StagedFile] = []
    copies: list[StagedFile] = []
    for place, file in enumerate(files):
        rest: StagedFile | None = file
        if place in taken:
            rest = _part(connection, lake, incoming, file, place, is_taken=False)
            copy = _part(connection, lake, incoming, file, place, is_taken=True) if place < new else None
            if copy is not None:
                copies.append(aside(lake, copy, incoming.collection))
            discard(lake.store.scratch / file.staged)
        if rest is not None:
            (kept if place < new else back).append(rest)
    folded, restored = _by_location(connection, lake, copies), _by_location(connection, lake, back)
    return Folding((*kept, *back), tuple(copies), folded, restored)


def _part(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    incoming: Incoming,
    file: StagedFile,
    place: int,
    *,
    is_taken: bool,
) -> StagedFile | None:
    """The rows of a staged file that are taken out, or all others, as another staged file."""
    which = f"{'IN' if is_taken else 'NOT IN'} (SELECT file_row_number FROM taken WHERE place = {place})"
    source = _read(lake, [file], "file_row_number")
    select = f"SELECT * EXCLUDE (file_row_number) FROM {source} WHERE file_row_number {which}"
    return stage(connection, lake, file.slot, select, stream=incoming.stream)


def _by_location(connection: duckdb.DuckDBPyConnection, lake: Lake, files: Sequence[StagedFile]) -> dict[str, int]:
    if not files:
        return {}
    found = connection.execute(f"SELECT tp_source_location, count(*) FROM {_read(lake, files)} GROUP BY ALL").fetchall()
    return dict(Counter(dict(found)))


def _path(lake: Lake, file: StagedFile) -> str:
    return str(lake.store.scratch / file.staged)


def _read(lake: Lake, files: Iterable[StagedFile], *more: str) -> str:
    paths = ", ".join(literal(_path(lake, file)) for file in files)
    return f"read_parquet([{paths}], hive_partitioning = false{''.join(f', {name} = true' for name in more)})"
