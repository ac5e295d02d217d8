"""What a commit takes out beside what it brings, counted as the ledger counts it."""

from __future__ import annotations

from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tailpipe_resources.lake.inventory import open_leased
from tailpipe_resources.lake.replace import RowsOf, moved_by_generation, rows_by_location
from tailpipe_resources.model.artifact import generation_mark, generation_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import duckdb

    from tailpipe_assets.pipeline.loaded import Loaded
    from tailpipe_assets.pipeline.rotation import Generation
    from tailpipe_resources.lake import Lake
    from tailpipe_resources.lake.intent import Entry, Moved
    from tailpipe_resources.lake.known import Known


@dataclass(frozen=True, slots=True)
class Removed:
    """How many rows go because their lines come under another name, by artifact."""

    current: Mapping[str, int] = field(default_factory=dict)
    """Of what it holds."""

    older: Mapping[str, int] = field(default_factory=dict)
    """Of what was in its place before."""


def part_of(loaded: Loaded) -> tuple[str, int] | None:
    """Which of an artifact's earlier rows are meant when it is read again; None for all of them."""
    span, before = loaded.span, loaded.task.before
    if span is not None and span.heals:
        return generation_mark(before.generation), span.start
    is_anew = span is None or span.how == "anew"
    return (generation_mark(before.generation), 0) if is_anew and before.generation else None


def moved_of(taken: Iterable[tuple[Generation, int]]) -> Moved:
    """What goes of generations, from these offsets on, as a commit is told."""
    found: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for generation, offset in taken:
        found[generation.location].append((generation.number, offset))
    return {location: sorted(pieces) for location, pieces in found.items()}


def withdrawn(
    connection: duckdb.DuckDBPyConnection, lake: Lake, name: str, again: Sequence[Entry], rows_of: RowsOf
) -> Mapping[str, int]:
    """How many rows go of files that are read on, because a line had been taken before its end was written."""
    grown = frozenset(entry.location for entry in again if entry.how == "grown") & rows_of.locations
    if not grown:
        return {}
    with ExitStack() as reading:
        table = open_leased(lake, name, reading)
        meant = replace(rows_of, locations=grown, moved={})
        return {} if table is None else rows_by_location(connection, lake, table, name, meant)


def removed(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    name: str,
    rows_of: RowsOf,
    known: Mapping[str, Known],
    entries: Iterable[Entry],
) -> Removed:
    """How many rows go because they are moved, told apart as they will be once the entries are in the ledger."""
    if not rows_of.moved:
        return Removed()
    versions = {location: known[location].version for location in rows_of.moved if location in known}
    versions.update((each.location, each.version) for each in entries)
    current: defaultdict[str, int] = defaultdict(int)
    older: defaultdict[str, int] = defaultdict(int)
    with ExitStack() as reading:
        table = open_leased(lake, name, reading)
        found = {} if table is None else moved_by_generation(connection, lake, table, name, rows_of)
    for (location, number), count in found.items():
        (current if generation_of(versions.get(location, "")) == number else older)[location] += count
    return Removed(dict(current), dict(older))


def told_apart(entry: Entry, folded: Mapping[str, int], gone: Mapping[str, int]) -> Entry:
    """An entry with its folded rows told apart from the others, and with the earlier ones that go."""
    count, less = folded.get(entry.location, 0), gone.get(entry.location, 0)
    return replace(entry, rows=entry.rows - count, folded=count, withdrawn=less) if count or less else entry
