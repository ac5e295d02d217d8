"""Rows of a detection's test: its events as columns, or a log in the source's format read as collecting reads it."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb

from tailpipe_assets.detections.events import EventError, event_sql
from tailpipe_assets.detections.expressions import in_words
from tailpipe_assets.detections.relations import of_time
from tailpipe_assets.pipeline.batch import make_batch
from tailpipe_assets.pipeline.enrich import give_lookups
from tailpipe_assets.pipeline.grow import Before
from tailpipe_assets.pipeline.loaded import Loaded, Task
from tailpipe_assets.pipeline.route import route
from tailpipe_assets.pipeline.transform import rows_sql
from tailpipe_resources import plugins
from tailpipe_resources.errors import BadArtifactError
from tailpipe_resources.model.artifact import Artifact
from tailpipe_resources.model.names import literal, quote
from tailpipe_resources.model.schema import PATH_COLUMNS, VIEW_COLUMNS, storage_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tailpipe_assets.detections.rules import RuleTable
    from tailpipe_assets.formats.base import Format
    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_assets.tables.declaration import Table
    from tailpipe_resources.model.detection import DetectionTest

TESTED = "tp_tested"
"""The temporary table of a test's rows, with the columns that files hold, and `tp_index`."""

PARTITION = "test"
_PIECE_BYTES = 1 << 20
_COMPUTED = frozenset(column.name for column in (*PATH_COLUMNS, *VIEW_COLUMNS)) - {"tp_index"}
_BROKEN = (duckdb.Error, BadArtifactError)


class RowsError(Exception):
    """A test's events are no rows of its table; says why."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One way to make rows of a table out of records."""

    table: Table
    format: Format
    index: str


def readers_of(table: RuleTable, plans: Iterable[Plan]) -> tuple[Reader, ...]:
    """The ways to read a table: as its collections do, and as it is read unless a collection says otherwise."""
    mine = [each for each in plans if each.table.name == table.name]
    found = [Reader(replace(each.table, redactions={}), each.format, _index(each)) for each in mine]
    if table.name in plugins.names("table"):
        built: Table = plugins.load("table", table.name)
        if built.formats:
            kind = plugins.load("format", built.formats[0])
            found.append(Reader(built, kind(kind.options(**built.format_options)), built.index))
    return tuple(found)


def _index(ready: Plan) -> str:
    """The index a collection would have if it redacted nothing: what redacts needs secrets."""
    return ready.table.index if ready.collection.redactions else ready.index


def put_rows(
    connection: duckdb.DuckDBPyConnection, rules: RuleTable, readers: Iterable[Reader], test: DetectionTest
) -> str:
    """Make the rows of a test; a query for them with all columns that rules may name.

    Raises:
        RowsError: there are none.
    """
    columns = [each for each in rules.columns if each.name not in _COMPUTED]
    declared = ", ".join(f"{quote(each.name)} {each.type}" for each in columns)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {TESTED} ({declared})")
    try:
        if test.raw is None:
            _put_events(connection, rules, next(iter(readers), None), test)
        else:
            _put_raw(connection, readers, test.raw)
    except EventError as error:
        raise RowsError(str(error)) from None
    except duckdb.Error as error:
        raise RowsError(in_words(str(error), "")) from None
    return rows_of(TESTED)


def rows_of(relation: str, partition: str = PARTITION) -> str:
    """A query for rows with all columns that rules may name."""
    return f"SELECT *, {literal(partition)} AS tp_partition, {of_time()} FROM {relation}"


def _put_events(
    connection: duckdb.DuckDBPyConnection, rules: RuleTable, reader: Reader | None, test: DetectionTest
) -> None:
    """The columns that a table fills out of its own are filled too, unless the event says them."""
    columns = {each.name: each for each in rules.columns if each.name not in _COMPUTED}
    now = f"CAST({literal(datetime.now(UTC).isoformat())} AS TIMESTAMPTZ)"
    for number, event in enumerate(test.events):
        given = {
            "tp_id": literal(f"{test.name}/{number}"),
            "tp_timestamp": now,
            "tp_ingest_timestamp": now,
            "tp_table": literal(rules.name),
            "tp_index": "'default'",
        }
        select = event_sql(event, columns, given)
        if reader is not None:
            redacted = reader.table.redactions
            own = {each.name for each in reader.table.fields}
            select = _replaced(select, {name: sql for name, sql in redacted.items() if name in own})
            select = _replaced(select, {k: v for k, v in reader.table.enrichment.items() if k not in event})
            select = _replaced(select, {name: sql for name, sql in redacted.items() if name not in own})
            give_lookups(connection, reader.table)
            for each in reader.table.looked_up:
                found = {one.name: one.expression for one in each.fields if one.name not in event}
                call = f"{each.function}({each.argument})"
                select = _replaced(select, {name: f"{call}.{field}" for name, field in found.items()})
        connection.execute(f"INSERT INTO {TESTED} BY NAME {select}")


def _replaced(query: str, made: Mapping[str, str]) -> str:
    columns = ", ".join(f"{sql} AS {quote(name)}" for name, sql in made.items())
    return f"SELECT * REPLACE ({columns}) FROM ({query})" if made else query


def _put_raw(connection: duckdb.DuckDBPyConnection, readers: Iterable[Reader], raw: str) -> None:
    """By the first way that makes rows of all records; else what is wrong by the first of all."""
    wrong: list[str] = []
    for reader in readers:
        connection.execute(f"DELETE FROM {TESTED}")
        try:
            fault = _read(connection, reader, raw)
        except _BROKEN as error:
            fault = in_words(str(error), "")
        if fault is None:
            return
        wrong.append(fault)
    raise RowsError(f"raw: {wrong[0]}" if wrong else "raw: the table has no format to read it by; write event")


def _read(connection: duckdb.DuckDBPyConnection, reader: Reader, raw: str) -> str | None:
    """Make rows of a log; why not, if not."""
    artifact = Artifact(PARTITION, "", len(raw))
    task = Task(artifact, Before(), (reader.format,))
    pieces = list(reader.format.split(io.BytesIO(raw.encode()), piece_bytes=_PIECE_BYTES))
    loaded = Loaded(artifact, task, reader.format, pieces)
    give_lookups(connection, reader.table)
    routed = route(connection, reader.table, reader.index, make_batch([loaded], reader.format))
    for each in routed.rejects:
        return f"a record is rejected: {each.reason}"
    for share in routed.shares:
        fixed = {
            "tp_ingest_timestamp": "now()",
            "tp_source_type": "'test'",
            "tp_partition": literal(PARTITION),
            "tp_index": literal(share.index),
        }
        connection.register("batch", share.records)
        names = ", ".join(quote(each.name) for each in storage_columns(reader.table.stored_columns))
        select = rows_sql(reader.table, fixed, ())
        connection.execute(
            f"INSERT INTO {TESTED} ({names}, tp_index) SELECT {names}, {literal(share.index)} FROM ({select})"
        )
        connection.unregister("batch")
    return None if routed.shares else "there is no record in it"
