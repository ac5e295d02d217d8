"""Redaction: what is stored in place of values that are not to be seen, as SQL over the columns of a row."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tailpipe_assets.tables.declaration import RECORD
from tailpipe_resources.errors import SourceRefusedError
from tailpipe_resources.model.names import hint, literal, quote
from tailpipe_resources.model.place import Problems
from tailpipe_resources.model.schema import COMMON_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from tailpipe_assets.tables.declaration import Table
    from tailpipe_resources.model.config import Collection, ColumnBlock, TableBlock
    from tailpipe_resources.model.redaction import Redaction

MASK = "***"
COMMON = {
    each.name: each.type
    for each in COMMON_COLUMNS
    if each.type == "VARCHAR[]" or each.name in {"tp_source_name", "tp_source_ip", "tp_destination_ip"}
}
"""The common columns that can be redacted: those that tables fill out of the event."""

INDEX = "tp_index"
_TIMES = frozenset({"tp_timestamp", "tp_date"})
_KEY = re.compile(rf'\b(?:r|{RECORD})\.(?:"(?:[^"]|"")+"|\w+)')
BLOCK_BYTES = 64
"""The block of SHA-256, which HMAC (RFC 2104) fills with its key."""

_PADS = {"inner": 0x36, "outer": 0x5C}

Part = tuple[tuple[str, ...], "Redaction"]
"""The fields that lead to a value from where one is, and what is to become of it."""


class _RedactionError(Exception):
    """A redaction that cannot be made; says why."""

    def __init__(self, redaction: Redaction, message: str) -> None:
        super().__init__(message)
        self.redaction = redaction


def redacted(
    table: Table,
    collection: Collection,
    block: TableBlock | None,
    connection: duckdb.DuckDBPyConnection,
    problems: Problems,
) -> Table:
    """The table with what its collection redacts; the same when that is nothing.

    Args:
        table: what rows are otherwise.
        collection: says what is redacted.
        block: the user's `table` block, when there is one.
        connection: knows types.
        problems: where to note columns that are not there, and types that cannot be redacted so.
    """
    kinds = {**{each.name: each.type for each in table.columns}, **COMMON}
    found = _by_column(collection, [*kinds, INDEX], problems)
    made = {}
    for column, parts in found.items():
        try:
            if column != INDEX:
                kind = connection.sql(f"SELECT NULL::{kinds[column]} AS x").types[0]
                made[column] = _Redactor(collection).value(quote(column), kind, parts)
        except _RedactionError as fault:
            problems.add(fault.redaction.place, f"redact: {fault}")
    _check_others(collection, block, found, problems)
    return replace(table, redactions=made) if made else table


def redacted_index(
    table: Table, collection: Collection, index: str, connection: duckdb.DuckDBPyConnection, problems: Problems
) -> str:
    """SQL over the record for `tp_index`: folders are named by what is stored of a column that is redacted."""
    asked = next((each for each in collection.redactions if each.column.lower() == INDEX), None)
    name = next((each.name for each in table.fields if each.expression == index), "")
    parts = _by_column(collection, [name], Problems()).get(name, [])
    if asked is None and not parts:
        _check_index(table, index, collection, problems)
        return index
    kind = connection.sql("SELECT NULL::VARCHAR AS x").types[0]
    try:
        return _Redactor(collection).value(f"CAST({index} AS VARCHAR)", kind, parts if asked is None else [((), asked)])
    except _RedactionError as fault:
        problems.add(fault.redaction.place, f"redact: {fault}")
        return index


def give_keys(connection: duckdb.DuckDBPyConnection, collection: Collection) -> None:
    """Let a connection make the digests of a collection.

    Raises:
        SourceRefusedError: a secret cannot be had, or is empty.
    """
    for number, each in enumerate(collection.redactions):
        if each.secret is None:
            continue
        secret = each.secret.reveal().encode()
        if not secret:
            raise SourceRefusedError(f"the secret of redact at {each.place} is empty; digests could be guessed")
        key = (hashlib.sha256(secret).digest() if len(secret) > BLOCK_BYTES else secret).ljust(BLOCK_BYTES, b"\0")
        for pad, byte in _PADS.items():
            value = bytes(each_byte ^ byte for each_byte in key).hex()
            connection.execute(f"SET VARIABLE {_variable(collection, number, pad)} = from_hex('{value}')")


def _by_column(collection: Collection, known: Sequence[str], problems: Problems) -> dict[str, list[Part]]:
    """What is to be redacted of each column."""
    found: dict[str, list[Part]] = defaultdict(list)
    for each in collection.redactions:
        column = next((name for name in known if name.lower() == each.path[0].lower()), None)
        if column is None:
            problems.add(each.place, f'redact: there is no column "{each.path[0]}"{hint(each.path[0], known)}')
        else:
            found[column].append((each.path[1:], each))
    return found


class _Redactor:
    """Makes the SQL of one column."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._names = 0

    def value(self, sql: str, kind: Any, parts: Sequence[Part]) -> str:
        """A value with some of its parts, or all of it, redacted.

        Raises:
            _RedactionError: a part is not there, or cannot be redacted so.
        """
        whole = next((redaction for path, redaction in parts if not path), None)
        if str(kind).upper() == "JSON":
            return self._json(sql, parts) if whole is None else self._whole_json(sql, whole)
        if kind.id == "list":
            return self._list(sql, kind, parts, whole)
        if whole is not None:
            return self._whole(sql, kind, whole)
        if kind.id == "struct":
            return self._struct(sql, kind, parts)
        path, redaction = parts[0]
        raise _RedactionError(redaction, f'"{redaction.column}": what holds "{path[0]}" is {kind}, which has no fields')

    def _whole(self, sql: str, kind: Any, redaction: Redaction) -> str:
        if redaction.how == "drop":
            return f"CAST(NULL AS {kind})"
        if kind.id != "varchar":
            what = f'"{redaction.column}" is {kind}; only text can be stored as {redaction.how}'
            raise _RedactionError(redaction, f'{what}; how = "drop" leaves it out')
        return f"CASE WHEN {sql} IS NOT NULL THEN {self._text(sql, redaction)} END"

    def _text(self, sql: str, redaction: Redaction) -> str:
        if redaction.how == "mask":
            return literal(MASK)
        number = self._collection.redactions.index(redaction)
        inner, outer = (f"CAST(getvariable('{_variable(self._collection, number, pad)}') AS BLOB)" for pad in _PADS)
        return f"sha256({outer} || unhex(sha256({inner} || encode({sql}))))"

    def _list(self, sql: str, kind: Any, parts: Sequence[Part], whole: Redaction | None) -> str:
        """Element by element; dropped, it is no list at all."""
        if whole is not None and whole.how == "drop":
            return f"CAST(NULL AS {kind})"
        element = f"tp_element_{self._names}"
        self._names += 1
        (_, inner), *_ = kind.children
        return f"list_transform({sql}, lambda {element}: {self.value(element, inner, parts)})"

    def _struct(self, sql: str, kind: Any, parts: Sequence[Part]) -> str:
        fields = dict(kind.children)
        inner: dict[str, list[Part]] = defaultdict(list)
        for path, redaction in parts:
            name = next((each for each in fields if each.lower() == path[0].lower()), None)
            if name is None:
                raise _RedactionError(
                    redaction, f'"{redaction.column}": there is no field "{path[0]}"{hint(path[0], fields)}'
                )
            inner[name].append((path[1:], redaction))
        made = ", ".join(
            f"{quote(name)} := {self.value(f'{sql}.{quote(name)}', fields[name], rest)}" for name, rest in inner.items()
        )
        return f"CASE WHEN {sql} IS NOT NULL THEN struct_update({sql}, {made}) END"

    def _whole_json(self, sql: str, redaction: Redaction) -> str:
        if redaction.how == "drop":
            return "CAST(NULL AS JSON)"
        text = self._text(f"({sql} ->> '$')", redaction)
        return f"CASE WHEN {sql} IS NOT NULL THEN to_json({text}) END"

    def _json(self, sql: str, parts: Sequence[Part]) -> str:
        """Keys of JSON. A path that runs into a list, or text that looks like JSON, takes it with it: none leads on."""
        for path, redaction in parts:
            where = literal(_json_path(path))
            text = self._text(f"({sql} ->> {where})", redaction) if redaction.how != "drop" else "NULL"
            ends = [
                f"WHEN {_is_end(sql, path[:length])} THEN json_merge_patch({sql}, {_patch(path[:length], 'NULL')})"
                for length in range(1, len(path))
            ]
            sql = (
                f"CASE WHEN {_is_end(sql, ())} THEN NULL {' '.join(ends)} "
                f"WHEN json_exists({sql}, {where}) THEN json_merge_patch({sql}, {_patch(path, text)}) ELSE {sql} END"
            )
        return f"CAST({sql} AS JSON)"


def _json_path(path: Sequence[str]) -> str:
    return "$" + "".join(f".{json.dumps(name, ensure_ascii=False)}" for name in path)


def _is_end(sql: str, path: Sequence[str]) -> str:
    """SQL that is true where a way ends too early, in what may hold what it leads to all the same."""
    where = literal(_json_path(path))
    text = f"json_type({sql}, {where}) = 'VARCHAR' AND regexp_matches({sql} ->> {where}, '^\\s*[\\[{{\"]')"
    return f"(json_type({sql}, {where}) = 'ARRAY' OR {text})"


def _patch(path: Sequence[str], value: str) -> str:
    """SQL for an object that changes one key when it is merged: NULL takes it out."""
    for name in reversed(path):
        value = f"json_object({literal(name)}, {value})"
    return value


def _variable(collection: Collection, number: int, pad: str) -> str:
    """The name of what a connection knows of a redaction's secret; of each collection another."""
    stream = hashlib.sha256(collection.stream.encode()).hexdigest()[:16]
    return f"tailpipe_{stream}_{number}_{pad}"


def _check_index(table: Table, index: str, collection: Collection, problems: Problems) -> None:
    """An index made of the same part of the record as a redacted column would tell what the column does not."""
    used = set(_KEY.findall(index))
    for each in collection.redactions:
        field = next((field for field in table.fields if field.name.lower() == each.path[0].lower()), None)
        if field is not None and used & set(_KEY.findall(field.expression)):
            problems.add(
                each.place, f'redact: tp_index is made of the same field as "{field.name}"; redact tp_index too'
            )


def _check_others(
    collection: Collection, block: TableBlock | None, found: Mapping[str, object], problems: Problems
) -> None:
    """Columns that hold the field of a redacted one: whoever forgot them would store it all the same."""
    columns = [each for each in (block.columns if block else ()) if each.name not in _TIMES]
    fields = {each.name.lower(): each.source or each.name for each in columns if not each.transform}
    for redaction in collection.redactions:
        field = fields.get(redaction.path[0].lower(), redaction.path[0])
        for each in columns:
            if each.name not in found and _holds(each, field):
                what = f'column "{each.name}" is made of the same field, "{field}"'
                problems.add(redaction.place, f"redact: {what}; redact it too, or take it out")


def _holds(column: ColumnBlock, field: str) -> bool:
    if column.transform:
        return re.search(rf"\b{re.escape(field)}\b", column.transform, re.IGNORECASE) is not None
    return (column.source or column.name) == field
