"""Routing: which records fit, and to which slot each of them belongs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailpipe_assets.formats.strings import shown
from tailpipe_assets.pipeline.batch import CHUNK_RECORDS, for_parsing
from tailpipe_assets.pipeline.rejects import Reject
from tailpipe_assets.pipeline.transform import route_sql, routing_fields
from tailpipe_resources.model.slot import can_be_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from tailpipe_assets.pipeline.batch import RecordBatch
    from tailpipe_assets.tables.declaration import Table

_DAY = 86_400_000_000
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Share:
    """The records of a batch that belong to one index value and day."""

    index: str
    day: date
    records: pa.Table
    """As in the batch, and `ts`."""

    by_artifact: Counter[str]
    """How many records of each artifact."""


@dataclass(frozen=True, slots=True)
class Routed:
    """A batch sorted out."""

    shares: tuple[Share, ...]
    rejects: tuple[Reject, ...]


def route(connection: duckdb.DuckDBPyConnection, table: Table, index: str, batch: RecordBatch) -> Routed:
    """Sort the records of a batch by index value and day, and set those aside that do not fit."""
    told = _told(connection, table, index, _looked_at(batch.records, table, index))
    reasons = _with_index_faults(told)
    fits = reasons.is_null()
    rejects = (*_split_rejects(batch), *_record_rejects(batch, reasons))
    places = np.flatnonzero(fits.to_numpy(zero_copy_only=False))
    return Routed(tuple(_shares(batch, told, places)), rejects)


def _looked_at(records: pa.Table, table: Table, index: str) -> pa.Table:
    """The records as they are sorted by: DuckDB takes in all fields of a struct, whichever it is asked for."""
    if table.shape:
        return for_parsing(records)
    names = routing_fields(table, index)
    if names is None:
        return records
    fields = [each.name for each in records.schema.field("r").type if each.name.lower() in names]
    if not fields:
        return records
    narrow = [
        pa.StructArray.from_arrays([chunk.field(name) for name in fields], fields, mask=chunk.is_null())
        for chunk in records["r"].chunks
    ]
    return pa.table({"raw": records["raw"], "r": pa.chunked_array(narrow, narrow[0].type)}) if narrow else records


def _told(connection: duckdb.DuckDBPyConnection, table: Table, index: str, records: pa.Table) -> pa.Table:
    try:
        return _asked(connection, route_sql(table, index), records)
    except duckdb.InvalidInputException:
        return _told_one_by_one(connection, table, index, records)


def _told_one_by_one(connection: duckdb.DuckDBPyConnection, table: Table, index: str, records: pa.Table) -> pa.Table:
    """The same where some records are no JSON at all, which fails DuckDB's parser."""
    valid = _asked(connection, "SELECT json_valid(raw) AS valid FROM batch", records)["valid"].combine_chunks()
    told = _asked(connection, route_sql(table, index), records.filter(valid)).combine_chunks()
    places = np.where(valid.to_numpy(zero_copy_only=False), np.cumsum(valid.to_numpy(zero_copy_only=False)) - 1, -1)
    whole = told.take(pa.array(places, mask=places < 0))
    reason = pc.if_else(valid, whole["reason"], "the record is no valid JSON")
    return whole.set_column(whole.column_names.index("reason"), "reason", reason)


def _asked(connection: duckdb.DuckDBPyConnection, query: str, records: pa.Table) -> pa.Table:
    connection.register("batch", records)
    try:
        return connection.sql(query).to_arrow_table()
    finally:
        connection.unregister("batch")


def _with_index_faults(told: pa.Table) -> pa.ChunkedArray:
    """Reasons, with those added that an index value gives: it has to be a folder's name."""
    bad = [value for value in pc.unique(told["tp_index"]).to_pylist() if value is not None and not can_be_folder(value)]
    if not bad:
        return told["reason"]
    hit = pc.is_in(told["tp_index"], pa.array(bad, pa.string()))
    return pc.coalesce(told["reason"], pc.if_else(hit, "its index value cannot be a folder's name", None))


def _split_rejects(batch: RecordBatch) -> Iterator[Reject]:
    for loaded in batch.loaded:
        for piece in loaded.pieces:
            for each in piece.rejected:
                yield Reject(loaded.artifact, each.position, each.reason, shown(each.record))


def _record_rejects(batch: RecordBatch, reasons: pa.ChunkedArray) -> Iterator[Reject]:
    if reasons.null_count == len(reasons):
        return
    misfits = np.flatnonzero(reasons.is_valid().to_numpy())
    taken = batch.records.select(["raw", "tp_source_offset"]).take(pa.array(misfits))
    told = zip(misfits.tolist(), reasons.take(pa.array(misfits)).to_pylist(), taken.to_pylist(), strict=True)
    for place, reason, row in told:
        artifact = batch.loaded[batch.artifact[place]].artifact
        yield Reject(artifact, row["tp_source_offset"], reason, shown(row["raw"]))


def _shares(batch: RecordBatch, told: pa.Table, places: npt.NDArray[np.intp]) -> Iterator[Share]:
    times = told["ts"].fill_null(0).to_numpy()
    indexes = pc.dictionary_encode(told["tp_index"].combine_chunks())
    codes = indexes.indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    keys = (codes * 10_000_000 + times // _DAY)[places]
    whole = batch.records.append_column("ts", told["ts"])
    if not len(places):
        return
    found, starts = np.unique(np.sort(keys), return_index=True)
    parts = np.split(places[np.argsort(keys, kind="stable")], starts[1:])
    for key, mine, records in zip(found.tolist(), parts, _picked(whole, parts), strict=True):
        day = _EPOCH + timedelta(days=key % 10_000_000)
        yield Share(indexes.dictionary[key // 10_000_000].as_py(), day, records, _counted(batch, mine))


def _picked(whole: pa.Table, parts: Sequence[npt.NDArray[np.intp]]) -> Iterator[pa.Table]:
    """The records at each of some sets of places, in order.

    Where they stand in long runs, as those of one artifact do, nothing is copied. The others are copied all at once: to
    take some records of a table puts all of its chunks together first.
    """
    begun = [np.flatnonzero(np.diff(places, prepend=-2) != 1) for places in parts]
    are_scattered = [len(places) < CHUNK_RECORDS * len(starts) for places, starts in zip(parts, begun, strict=True)]
    scattered = [places for places, is_so in zip(parts, are_scattered, strict=True) if is_so]
    copied = whole.take(pa.array(np.concatenate(scattered))) if scattered else None
    used = 0
    for places, starts, is_scattered in zip(parts, begun, are_scattered, strict=True):
        if copied is not None and is_scattered:
            yield copied.slice(used, len(places))
            used += len(places)
        else:
            lengths = np.diff(np.append(starts, len(places)))
            runs = zip(places[starts].tolist(), lengths.tolist(), strict=True)
            yield pa.concat_tables([whole.slice(start, length) for start, length in runs])


def _counted(batch: RecordBatch, places: npt.NDArray[np.intp]) -> Counter[str]:
    counts = np.bincount(batch.artifact[places], minlength=len(batch.loaded))
    return Counter({batch.loaded[number].artifact.location: int(counts[number]) for number in np.flatnonzero(counts)})
