"""Columns: what the fields of some records are, as far as those records tell."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tailpipe_assets.recognition.hcl import Block, name_of
from tailpipe_assets.recognition.times import Time, find_time, is_instant
from tailpipe_resources.model.schema import COMMON_COLUMNS, PATH_COLUMNS, VIEW_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

MOST = 150
"""No more columns are proposed; wide records keep the rest out."""

_TAKEN = {each.name for each in (*COMMON_COLUMNS, *PATH_COLUMNS, *VIEW_COLUMNS)} | {"filename"}
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,17})")
_DECIMAL = re.compile(r"-?\d+\.\d+([eE][+-]?\d+)?")
_NOTHING = {"", "-"}
_IDENTIFIER = re.compile(r"(^|[^a-z])id$|[a-z]I[dD]$|account|phone|zip|serial|version|mnemonic", re.ASCII)
"""Text of such a name stays text, though it be digits: another may begin with a zero, or be no number at all."""


@dataclass(frozen=True, slots=True)
class Guess:
    """One column."""

    name: str
    source: str
    type: str | None = None
    null_if: str | None = None

    @property
    def block(self) -> Block:
        """As configuration."""
        said = {
            "source": self.source if self.source != self.name else None,
            "type": self.type,
            "null_if": self.null_if,
        }
        return Block("column", (self.name,), {name: value for name, value in said.items() if value is not None})


@dataclass(frozen=True, slots=True)
class Guesses:
    """All columns, and what tells the time."""

    columns: tuple[Guess, ...]
    time: Time | None
    is_named: bool
    """Whether the format names the fields, so that only what is said of them needs a block."""

    @property
    def blocks(self) -> tuple[Block, ...]:
        """As configuration."""
        wanted = [each for each in self.columns if not self.is_named or each.type or each.name != each.source]
        blocks = [each.block for each in wanted]
        if self.time is not None and self.time.transform:
            blocks.insert(0, Block("column", ("tp_timestamp",), {"transform": self.time.transform}))
        return tuple(blocks)


def guess(connection: duckdb.DuckDBPyConnection, records: Sequence[dict[str, Any]], *, is_named: bool) -> Guesses:
    """The columns of records.

    Args:
        connection: an empty database, to try times with.
        records: taken apart.
        is_named: whether the format names the fields once for all.
    """
    fields: dict[str, list[Any]] = {}
    for record in records:
        for key, value in record.items():
            if key and value is not None:
                fields.setdefault(key, []).append(value)
    kept = dict(list(_distinct(fields).items())[:MOST])
    time = find_time(connection, kept)
    columns, names = [], set[str]()
    for key, values in kept.items():
        column = replace(_typed(connection, key, values), name=_name(key, names))
        columns.append(_for_time(column, time))
        names.add(column.name.lower())
    return Guesses(tuple(columns), time, is_named)


def _distinct(fields: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The fields without those that differ from another in case only, which SQL does not tell apart."""
    first: dict[str, str] = {}
    for key in fields:
        first.setdefault(key.lower(), key)
    return {key: fields[key] for key in first.values()}


def _name(key: str, names: set[str]) -> str:
    plain = key if re.fullmatch(r"[A-Za-z_]\w{0,59}", key, re.ASCII) else name_of(key, "field")
    if plain.lower() in _TAKEN or plain.lower().startswith("tp_"):
        plain = f"log_{plain}"
    number, made = 2, plain
    while made.lower() in names:
        made, number = f"{plain}_{number}", number + 1
    return made


def _for_time(column: Guess, time: Time | None) -> Guess:
    """A column the time is made of stays text where it takes more than a cast to read it."""
    if time is None or column.source not in time.fields:
        return column
    if time.is_plain:
        return replace(column, type="TIMESTAMP", null_if=None)
    return replace(column, type="JSON" if column.type == "JSON" else None, null_if=None)


def _typed(connection: duckdb.DuckDBPyConnection, key: str, values: Sequence[Any]) -> Guess:
    if any(isinstance(each, dict | list) for each in values):
        return Guess(key, key, "JSON")
    if all(isinstance(each, bool) for each in values):
        return Guess(key, key, "BOOLEAN")
    texts = [each if isinstance(each, str) else str(each) for each in values if not isinstance(each, bool)]
    if len(texts) < len(values):
        return Guess(key, key)
    said = [each for each in texts if each not in _NOTHING]
    is_identifier = isinstance(values[0], str) and _IDENTIFIER.search(key) is not None
    kind = None if is_identifier else _kind(connection, said)
    return Guess(key, key, kind, "-" if kind and "-" in texts else None)


def _kind(connection: duckdb.DuckDBPyConnection, texts: Sequence[str]) -> str | None:
    if not texts:
        return None
    if all(_WHOLE.fullmatch(each) for each in texts):
        return "BIGINT"
    if all(_WHOLE.fullmatch(each) or _DECIMAL.fullmatch(each) for each in texts):
        return "DOUBLE"
    if all(each in {"true", "false"} for each in texts):
        return "BOOLEAN"
    return "TIMESTAMP" if is_instant(connection, texts) else None
