"""The SQL a table's declaration comes to: where a record belongs, and the row it becomes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tailpipe_assets.tables.declaration import RAW, RECORD
from tailpipe_resources.lake.staging import SHARE
from tailpipe_resources.model.artifact import GENERATION
from tailpipe_resources.model.names import literal, quote
from tailpipe_resources.model.schema import COMMON_COLUMNS, storage_type

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from tailpipe_assets.tables.declaration import Table
    from tailpipe_resources.model.schema import Column

_KEY = re.compile(r'\br\.(?:"((?:[^"]|"")+)"|(\w+))')
_ALONE = re.compile(r"\br\b", re.IGNORECASE)
_INSIDE = re.compile(_KEY.pattern + r"\.")
INDEX_OF_SHARE = "tp_slot"
"""The column of a relation with the records of many shares that holds their index values."""

_FOUND = "tp_found"
SHARED = (SHARE, INDEX_OF_SHARE)
LAST_INSTANT = "253402300799000000"
"""The end of the year 9999 in microseconds since 1970; later times, and earlier than 1970, are taken for damage."""


def route_sql(table: Table, index: str, relation: str = "batch") -> str:
    """A query that tells, for each record of `relation` in turn, where it belongs.

    `relation` has the columns `raw` and, for text tables, `r`. The result has `ts`, microseconds since 1970,
    `tp_index`, and `reason`, which is NULL for a record that fits.
    """
    shape = _routing_shape(table, index)
    reasons = [*_record_reasons(table, shape), *((check.misfit, literal(check.reason)) for check in table.checks)]
    taken = f"SELECT raw, {_record(shape)} AS r FROM {relation}"
    return (
        f"SELECT tp_micros AS ts, tp_slot AS tp_index, coalesce(tp_misfit, {_first(_time_reasons())}) AS reason "
        f"FROM (SELECT epoch_us({table.timestamp}) AS tp_micros, {table.time} AS tp_time, "
        f"coalesce(nullif(CAST({index} AS VARCHAR), ''), 'default') AS tp_slot, {_first(reasons)} AS tp_misfit "
        f"FROM ({_unfolded(table, taken)}))"
    )


def routing_fields(table: Table, index: str) -> frozenset[str] | None:
    """The fields of text records that `route_sql` looks at, in lower case; None when it may look at any."""
    looked_at = _routing_expressions(table, index)
    if table.shape is not None or table.unfold or _ALONE.search(_KEY.sub("", looked_at)):
        return None
    return frozenset(map(str.lower, _named(_KEY, looked_at)))


def rows_sql(
    table: Table, fixed: Mapping[str, str], filters: Sequence[str], relation: str = "batch", *, carried: str = ""
) -> str:
    """A query that makes the stored columns of all rows that pass the filters.

    Args:
        table: the declaration.
        fixed: SQL for the columns that are the same for all rows: `tp_source_type`, `tp_partition` and so on.
        filters: SQL conditions over the columns, each checked beforehand.
        relation: has `raw`, `ts`, `tp_source_location`, `tp_source_version`, `tp_source_offset` and, for text, `r`.
        carried: another column of the relation, to come out as it went in.
    """
    columns = ", ".join([*(_stored(column) for column in table.stored_columns), *([carried] if carried else [])])
    where = " AND ".join(f"(\n{condition}\n)" for condition in filters) or "true"
    return f"SELECT {columns} FROM ({_visible(table, fixed, relation)}) WHERE {where}"


def failing_sql(table: Table, fixed: Mapping[str, str], condition: str) -> str:
    """A query for the location, version, position and text of the records of which a condition is NULL."""
    return (
        "SELECT tp_source_location, tp_source_version, tp_source_offset, tp_raw "
        f"FROM ({_visible(table, fixed, 'batch')}) WHERE {condition} IS NULL"
    )


def _visible(table: Table, fixed: Mapping[str, str], relation: str) -> str:
    """All columns a filter may name, and `tp_raw`: names of ours start with `tp_`, so that any other is the user's."""
    others = "".join(f", {name}" for name in SHARED if fixed.get("tp_index") == INDEX_OF_SHARE)
    raw, _ = _names(table)
    passed = f"{raw} AS tp_raw, tp_timestamp, tp_source_location, tp_source_version, tp_source_offset{others}"
    taken = (
        "SELECT raw, make_timestamptz(ts) AS tp_timestamp, tp_source_location, tp_source_version, tp_source_offset"
        f"{others}, {_record(table.shape)} AS r FROM {relation}"
    )
    made = {**{field.name: field.expression for field in table.fields}, **table.mapped}
    own = ", ".join(f"{expression} AS {quote(name)}" for name, expression in made.items())
    typed = _redacted(table, made, f"SELECT {passed}, {own} FROM ({_unfolded(table, taken)})")
    common = {name for name in table.redactions if name not in made}
    return _enriched(table, _redacted(table, common, f"SELECT *, {_common(table, fixed)} FROM ({typed})"))


def _enriched(table: Table, query: str) -> str:
    """A query with the columns that lookups add to what is stored: nothing comes back that is redacted."""
    for each in table.looked_up:
        made = ", ".join(f"{_FOUND}.{field.expression} AS {quote(field.name)}" for field in each.fields)
        found = f"SELECT *, {each.function}({each.argument}) AS {_FOUND} FROM ({query})"
        query = f"SELECT * EXCLUDE ({_FOUND}), {made} FROM ({found})"
    filled = {field.name for each in table.looked_up for field in each.fields}
    others = "".join(f", NULL::{each.type} AS {quote(each.name)}" for each in table.added if each.name not in filled)
    return f"SELECT *{others} FROM ({query})" if others else query


def _redacted(table: Table, names: Collection[str], query: str) -> str:
    """A query with what is stored in place of some of its columns: all that is made of them is made of that."""
    made = ", ".join(f"{sql} AS {quote(name)}" for name, sql in table.redactions.items() if name in names)
    return f"SELECT * REPLACE ({made}) FROM ({query})" if made else query


def _stored(column: Column) -> str:
    kind = storage_type(column.type)
    return (
        quote(column.name) if kind == column.type else f"CAST({quote(column.name)} AS {kind}) AS {quote(column.name)}"
    )


def _record(shape: Mapping[str, object] | None) -> str:
    return "r" if shape is None else f"json_transform(raw, {literal(json.dumps(shape))})" if shape else "NULL"


def _names(table: Table) -> tuple[str, str]:
    """What the text of a record and the record are called in the table's SQL."""
    return (RAW, RECORD) if table.unfold else ("raw", "r")


def _unfolded(table: Table, taken: str) -> str:
    """The first of a name is what it means: ours where they begin with `tp_`, else the record's fields."""
    if not table.unfold:
        return taken
    return f"SELECT raw AS {RAW}, r AS {RECORD}, * EXCLUDE (raw, r), r.*, raw, r FROM ({taken})"


def _routing_shape(table: Table, index: str) -> Mapping[str, object] | None:
    """No more of the record than routing looks at."""
    if table.shape is None or table.unfold:
        return table.shape
    looked_at = _routing_expressions(table, index)
    used, inside = _named(_KEY, looked_at), _named(_INSIDE, looked_at)
    shape: dict[str, object] = {}
    for key, kind in table.shape.items():
        if isinstance(kind, dict):
            if key in used or key not in table.unchecked:
                shape[key] = {_anchor(table, key, kind): "VARCHAR", **(kind if key in inside else {})}
        elif key in used:
            shape[key] = kind
        elif kind == "BOOLEAN":
            # As JSON, another value is told from none without a closer look.
            shape[key] = "JSON"
    return shape


def _routing_expressions(table: Table, index: str) -> str:
    return " ".join([table.timestamp, table.time, index, *(check.misfit for check in table.checks)])


def _named(pattern: re.Pattern[str], sql: str) -> set[str]:
    return {quoted.replace('""', '"') or plain for quoted, plain in pattern.findall(sql)}


def _record_reasons(table: Table, shape: Mapping[str, object] | None) -> list[tuple[str, str]]:
    raw, record = _names(table)
    if table.shape is None or shape is None:
        return [(f"{record} IS NULL", "'the line does not fit the format'")]
    is_other = f"NOT starts_with({raw}, '{{') AND NOT regexp_matches({raw}, '^\\s*\\{{')"
    found = [(is_other, "'the record is no JSON object'")]
    if table.unfold:
        return found
    for key, kind in table.shape.items():
        value = f"r.{quote(key)}"
        if isinstance(kind, dict) and key not in table.unchecked:
            anchor = quote(_anchor(table, key, kind))
            suspect = f"{value} IS NOT NULL AND {value}.{anchor} IS NULL"
            found.append((f"{suspect} AND {_is_other(key, 'OBJECT')}", literal(f"{key} is no object")))
        elif kind == "BOOLEAN":
            is_json = shape[key] == "JSON"
            suspect = f"{value} NOT IN ('true', 'false') AND {_record({key: kind})}.{quote(key)} IS NULL"
            misfit = suspect if is_json else f"{value} IS NULL AND {_is_other(key, 'BOOLEAN')}"
            found.append((misfit, literal(f"{key} is neither true nor false")))
    return found


def _anchor(table: Table, key: str, shape: Mapping[str, object]) -> str:
    return table.anchors.get(key) or next(iter(shape))


def _is_other(key: str, kind: str) -> str:
    """SQL that is true when a key's value is there and not of a JSON type. Slow: for suspects only."""
    return f"json_type(raw, {literal(f'$.{json.dumps(key)}')}) NOT IN ('{kind}', 'NULL')"


def _time_reasons() -> list[tuple[str, str]]:
    shown = "left(CAST(tp_time AS VARCHAR), 100)"
    return [
        ("tp_time IS NULL", "'it has no time'"),
        ("tp_micros IS NULL AND trim(CAST(tp_time AS VARCHAR)) = ''", "'it has no time'"),
        ("tp_micros IS NULL", f"'its time cannot be read: ' || {shown}"),
        (f"tp_micros NOT BETWEEN 0 AND {LAST_INSTANT}", f"'its time is out of range: ' || {shown}"),
    ]


def _first(reasons: Iterable[tuple[str, str]]) -> str:
    """SQL for the reason whose condition is the first to hold; NULL when none does."""
    return f"CASE {' '.join(f'WHEN {misfit} THEN {reason}' for misfit, reason in reasons)} END"


def _common(table: Table, fixed: Mapping[str, str]) -> str:
    made = {"tp_id": _identity(table), "tp_table": literal(table.name), **table.enrichment, **fixed}
    carried = {"tp_timestamp", "tp_source_location", "tp_source_version", "tp_source_offset", *table.mapped}
    common = [
        f"{made.get(column.name, f'NULL::{column.type}')} AS {column.name}"
        for column in COMMON_COLUMNS
        if column.name not in carried
    ]
    others = [f"{value} AS {name}" for name, value in fixed.items() if name in {"tp_partition", "tp_index"}]
    return ", ".join([*common, *others, "CAST(tp_timestamp AS DATE) AS tp_date"])


def _identity(table: Table) -> str:
    """A digest of the event's own id where it has one, else of where the record stands and when it happened.

    A file that was begun afresh in its place is another one: see `generation_of`.
    """
    afresh = afresh_sql("tp_source_version")
    place = f"concat_ws('/', tp_source_location, {afresh}, tp_source_offset, epoch_us(tp_timestamp))"
    known = f"coalesce(nullif(({table.event_id})::VARCHAR, ''), {place})" if table.event_id else place
    return f"md5({literal(table.name + '/')} || {known})"


def afresh_sql(version: str) -> str:
    """SQL for what tells a file that was begun afresh in its place from the one before; NULL for the first there."""
    return f"nullif(regexp_extract({version}, '{GENERATION}'), '')"


def filter_columns(table: Table) -> tuple[tuple[str, str], ...]:
    """The columns a filter may name, with their types."""
    stored = [(column.name, column.type) for column in table.stored_columns]
    return (*stored, ("tp_partition", "VARCHAR"), ("tp_index", "VARCHAR"), ("tp_date", "DATE"))
