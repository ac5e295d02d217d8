"""Making rows: each share of a batch becomes a staged Parquet file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa

from tailpipe_assets.formats.strings import shown
from tailpipe_assets.pipeline.batch import for_parsing
from tailpipe_assets.pipeline.rejects import Reject
from tailpipe_assets.pipeline.transform import INDEX_OF_SHARE, failing_sql, rows_sql
from tailpipe_resources.lake.staging import SHARE, StagedFile, stage, stage_shares
from tailpipe_resources.model.artifact import Artifact
from tailpipe_resources.model.names import literal
from tailpipe_resources.model.slot import Slot
from tailpipe_resources.query.forgiving import forgiving

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_assets.pipeline.route import Share
    from tailpipe_resources.lake import Lake

FILTER_ERRORS = (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException)
"""What a condition that binds can still raise when it meets a value."""


MANY = 50
"""A batch of more shares than this is written at once: one statement a share would take seconds."""


@dataclass(frozen=True, slots=True)
class StagedRows:
    """What became of some shares."""

    files: tuple[StagedFile, ...]
    """Of shares of which some record passed the filters."""

    rows: Counter[str]
    """By artifact, like what follows."""

    filtered: Counter[str]
    failed: tuple[Reject, ...] = ()
    """Records on which a filter fails and which none leaves out."""


def stage_rows(
    connection: duckdb.DuckDBPyConnection, lake: Lake, ready: Plan, shares: Sequence[Share]
) -> Iterator[StagedRows]:
    """Write the rows of shares that pass the collection's filters."""
    if len(shares) > MANY:
        yield _Stage(connection, lake, ready, shares).staged(_together(shares))
        return
    for share in shares:
        yield _Stage(connection, lake, ready, (share,)).staged(share.records)


def preview(connection: duckdb.DuckDBPyConnection, ready: Plan, share: Share, count: int) -> pa.Table:
    """The first rows of a share as they would be stored; nothing is written."""
    connection.register("batch", share.records)
    try:
        select = rows_sql(ready.table, _fixed(ready, literal(share.index)), ready.filters)
        return connection.sql(f"SELECT * FROM ({select}) LIMIT {count}").to_arrow_table()
    finally:
        connection.unregister("batch")


def _together(shares: Sequence[Share]) -> pa.Table:
    """The records of all shares, and to which share each belongs."""
    counts = [share.records.num_rows for share in shares]
    numbers = pa.array(np.repeat(np.arange(len(shares), dtype=np.int32), counts))
    values = pa.DictionaryArray.from_arrays(numbers, pa.array([share.index for share in shares], pa.string()))
    records = pa.concat_tables([share.records for share in shares])
    return records.append_column(SHARE, numbers).append_column(INDEX_OF_SHARE, values)


class _Stage:
    """Some shares on their way to become files."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, lake: Lake, ready: Plan, shares: Sequence[Share]) -> None:
        self._connection = connection
        self._lake = lake
        self._plan = ready
        self._slots = [Slot(*ready.collection.key, share.index, share.day) for share in shares]
        self._records: Counter[str] = Counter()
        for share in shares:
            self._records.update(share.by_artifact)
        self._fixed = _fixed(ready, literal(shares[0].index) if len(shares) == 1 else INDEX_OF_SHARE)

    def staged(self, records: pa.Table) -> StagedRows:
        """The files, and what else became of the records."""
        self._connection.register("batch", for_parsing(records) if self._plan.table.shape else records)
        try:
            return self._staged(self._plan.filters)
        finally:
            self._connection.unregister("batch")

    def _staged(self, filters: Sequence[str]) -> StagedRows:
        if not filters:
            return StagedRows(self._written(()), self._records, Counter())
        try:
            return self._counted(self._written(filters), ())
        except FILTER_ERRORS:
            condition = forgiving(self._connection, filters)
            failed = tuple(_failing(self._connection, self._plan, self._fixed, condition))
        return self._counted(self._written([condition]), failed)

    def _written(self, filters: Sequence[str]) -> tuple[StagedFile, ...]:
        connection, lake, table, stream = self._connection, self._lake, self._plan.table, self._plan.collection.stream
        is_alone = len(self._slots) == 1
        select = self._with_constants(rows_sql(table, self._fixed, filters, carried="" if is_alone else SHARE))
        if is_alone:
            file = stage(connection, lake, self._slots[0], select, stream=stream)
            return () if file is None else (file,)
        return stage_shares(connection, lake, self._slots, select, stream=stream)

    def _with_constants(self, select: str) -> str:
        """The same rows. DuckDB writes a text that is one for all of them in a tenth of the time as an ENUM."""
        texts = {"tp_table": literal(self._plan.table.name), "tp_source_type": self._fixed["tp_source_type"]}
        made = ", ".join(f"CAST({text} AS ENUM ({text})) AS {name}" for name, text in texts.items())
        return f"SELECT * REPLACE ({made}) FROM ({select})"

    def _counted(self, files: tuple[StagedFile, ...], failed: tuple[Reject, ...]) -> StagedRows:
        rows = _rows(self._connection, self._lake, files)
        broken = Counter(each.artifact.location for each in failed)
        return StagedRows(files, rows, self._records - rows - broken, failed)


def _fixed(ready: Plan, index: str) -> dict[str, str]:
    now = literal(datetime.now(UTC).isoformat())
    return {
        "tp_ingest_timestamp": f"CAST({now} AS TIMESTAMPTZ)",
        "tp_source_type": literal(ready.collection.source.type),
        "tp_partition": literal(ready.collection.name),
        "tp_index": index,
    }


def _rows(connection: duckdb.DuckDBPyConnection, lake: Lake, files: Sequence[StagedFile]) -> Counter[str]:
    if not files:
        return Counter()
    paths = ", ".join(literal(str(lake.store.scratch / file.staged)) for file in files)
    counted = connection.sql(
        f"SELECT tp_source_location, count(*) FROM read_parquet([{paths}], hive_partitioning = false) GROUP BY ALL"
    )
    return Counter(dict(counted.fetchall()))


def _failing(connection: duckdb.DuckDBPyConnection, ready: Plan, fixed: dict[str, str], condition: str) -> list[Reject]:
    found = connection.sql(failing_sql(ready.table, fixed, condition)).fetchall()
    return [
        Reject(Artifact(location, version, 0), position, "a filter of the collection fails on it", shown(raw))
        for location, version, position, raw in found
    ]
