"""Staging: Parquet files that are whole on the disk and seen by nobody."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tailpipe_resources.lake.delta import Added
from tailpipe_resources.model.names import literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from tailpipe_resources.lake.storage import Lake
    from tailpipe_resources.model.slot import Slot

BOUNDS = ("tp_timestamp", "tp_source_location")
"""Columns whose bounds the log keeps, to skip files by."""

WRITE_OPTIONS = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, DICTIONARY_SIZE_LIMIT 5000, RETURN_STATS true"
"""Measured on CloudTrail rows: a fifth faster than DuckDB's own choice, and files as small."""

TIGHT_OPTIONS = (
    "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 6, DICTIONARY_SIZE_LIMIT 20000, ROW_GROUP_SIZE 40960, "
    "RETURN_STATS true"
)
"""For files that are written once and kept: half as much work again for files a twentieth smaller. Higher levels gain
little more. A search reads a row group where its text may be; groups a third as large as DuckDB's own are read in half
the time, and cost 0.2 bytes a row in footers."""

SHARE = "tp_share"
"""The column that tells where rows of many slots belong. It is not stored."""

SHARES_OPTIONS = (
    "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, RETURN_STATS true, APPEND true, "
    f"PARTITION_BY ({SHARE}), HIVE_FILE_PATTERN false, FILENAME_PATTERN '{{uuid}}', FILE_EXTENSION 'parquet.tmp'"
)
"""Many files of a few rows each are written half as fast again without room for large dictionaries."""


_COMPACTED = re.compile(r"(?:^|/)[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.parquet$")


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A Parquet file that waits for its commit."""

    staged: str
    """Where it is, relative to the store's scratch folder."""

    final: str
    """Where it will be, relative to its table."""

    slot: Slot
    rows: int
    size: int
    minimum: Mapping[str, str]
    maximum: Mapping[str, str]

    @property
    def added(self) -> Added:
        """What a commit must know of it, once it is published."""
        return Added(self.final, self.size, self.rows, path_values(self.slot), self.minimum, self.maximum)

    def publish(self, lake: Lake) -> Added:
        """Put the file in its final place and say what a commit must know of it."""
        lake.store.publish(lake.store.scratch / self.staged, f"{self.slot.table}/{self.final}")
        return self.added


def is_compacted(path: str) -> bool:
    """Whether a file was written by compaction."""
    return _COMPACTED.search(path) is not None


def path_values(slot: Slot) -> dict[str, str]:
    """A slot as the values of the path columns."""
    day = slot.day
    return {
        "tp_partition": slot.collection,
        "tp_index": slot.index,
        "tp_year": str(day.year),
        "tp_month": str(day.month),
        "tp_day": str(day.day),
    }


def stage(
    connection: duckdb.DuckDBPyConnection, lake: Lake, slot: Slot, select: str, *, stream: str
) -> StagedFile | None:
    """Write what a query yields as one staged file of a slot.

    Args:
        connection: where the query can run; it must be allowed to write below the lake.
        lake: where the slot lies.
        slot: whose file it will be.
        select: a query that yields the stored columns of the slot's rows.
        stream: on whose behalf; its lock must be held.

    Returns:
        The file, or None when the query yields no row.
    """
    staged = lake.staging(slot.table, stream) / f"{uuid.uuid4()}.parquet.tmp"
    staged.parent.mkdir(parents=True, exist_ok=True)
    written = _copied(connection, f"COPY ({select}) TO {literal(str(staged))} ({WRITE_OPTIONS})")
    if not written or not written[0]["count"]:
        staged.unlink(missing_ok=True)
        return None
    return _described(staged.relative_to(lake.store.scratch).as_posix(), lake.new_file(slot), slot, written[0])


def stage_sorted(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    slot: Slot,
    select: str,
    folder: Path,
    *,
    piece_bytes: int | None,
) -> list[StagedFile]:
    """Write what a query yields, by time and tightly packed, as staged files of a slot.

    Args:
        connection: where the query can run; it must be allowed to write to the folder, and keeps the order of rows.
        lake: where the slot lies.
        slot: whose files they will be.
        select: a query that yields the stored columns of the slot's rows.
        folder: where to stage; below the lake's scratch folder.
        piece_bytes: about how large each file gets; one file however large when not given.
    """
    staged = folder / str(uuid.uuid4())
    folder.mkdir(parents=True, exist_ok=True)
    pieces = "" if piece_bytes is None else f", FILE_SIZE_BYTES {piece_bytes}, FILE_EXTENSION 'tmp'"
    ordered = f"{select} ORDER BY tp_timestamp"
    written = _copied(connection, f"COPY ({ordered}) TO {literal(str(staged))} ({TIGHT_OPTIONS}{pieces})")
    base = slot.path.split("/", 1)[1]
    return [
        _described(
            Path(each["filename"]).relative_to(lake.store.scratch).as_posix(),
            # Version 5, which tells a compacted file from others: see `is_compacted`.
            f"{base}/{uuid.uuid5(uuid.uuid4(), base)}.parquet",
            slot,
            each,
        )
        for each in written
        if each["count"]
    ]


def stage_shares(
    connection: duckdb.DuckDBPyConnection, lake: Lake, slots: Sequence[Slot], select: str, *, stream: str
) -> tuple[StagedFile, ...]:
    """Write what a query yields as staged files of many slots at once, which takes a tenth of the time.

    Args:
        connection: where the query can run; it must be allowed to write below the lake.
        lake: where the slots lie.
        slots: of one table.
        select: a query that yields the stored columns, and in `SHARE` which of the slots a row belongs to.
        stream: on whose behalf; its lock must be held.
    """
    waiting = lake.staging(slots[0].table, stream)
    waiting.mkdir(parents=True, exist_ok=True)
    written = _copied(connection, f"COPY ({select}) TO {literal(str(waiting))} ({SHARES_OPTIONS})")
    return tuple(_of_share(lake, slots, each) for each in written if each["count"])


def _copied(connection: duckdb.DuckDBPyConnection, copy: str) -> list[dict[str, Any]]:
    cursor = connection.execute(copy)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _of_share(lake: Lake, slots: Sequence[Slot], written: Mapping[str, Any]) -> StagedFile:
    slot = slots[int(written["partition_keys"][SHARE])]
    staged = Path(written["filename"]).relative_to(lake.store.scratch).as_posix()
    return _described(staged, lake.new_file(slot), slot, written)


def _described(staged: str, final: str, slot: Slot, written: Mapping[str, Any]) -> StagedFile:
    statistics = {name.strip('"'): values for name, values in written["column_statistics"].items()}
    return StagedFile(
        staged=staged,
        final=final,
        slot=slot,
        rows=written["count"],
        size=written["file_size_bytes"],
        minimum=_bounds(statistics, "min"),
        maximum=_bounds(statistics, "max"),
    )


def _bounds(statistics: Mapping[str, Mapping[str, str]], side: str) -> dict[str, str]:
    return {
        name: _delta_instant(statistics[name][side]) if name == "tp_timestamp" else statistics[name][side]
        for name in BOUNDS
        if statistics.get(name, {}).get(f"{side}_is_exact") == "true"
    }


def _delta_instant(text: str) -> str:
    """DuckDB writes `2024-02-07 13:00:00+00`; Delta wants `2024-02-07T13:00:00Z`."""
    return f"{text[:10]}T{text[11:-3]}Z" if text.endswith("+00") and text[10:11] == " " else text
