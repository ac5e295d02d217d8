"""Columns of JSON logs: one declaration gives the record's shape, the SQL and the types."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tailpipe_assets.tables.declaration import Check, Field
from tailpipe_resources.model.names import literal
from tailpipe_resources.model.schema import INSTANT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_AS_IT_IS = frozenset({"VARCHAR", "JSON", "BOOLEAN"})
LAST_MILLISECOND = 253_402_300_799_999


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the record, and the column or the part of one it becomes."""

    path: str
    """The key, below others with dots between them."""

    name: str
    kind: str | tuple[Key, ...] = "VARCHAR"
    """A type, or the parts of a struct, whose paths start at this one. Numbers and times are read as text and cast:
    what is none becomes NULL in a struct, and sets the record aside in a column."""

    description: str = ""
    made: str = ""
    """SQL over `r`, where the value is not simply there."""


def key(path: str, name: str, description: str, kind: str | tuple[Key, ...] = "VARCHAR") -> Key:
    """A column."""
    return Key(path, name, kind, description)


def made(name: str, kind: str, sql: str, description: str) -> Key:
    """A column that SQL makes of others' keys."""
    return Key("", name, kind, description, sql)


def parts(**paths: str | Key) -> tuple[Key, ...]:
    """Parts of a struct by name: text by its path, or anything else as a `Key`."""
    return tuple(Key(path, name) if isinstance(path, str) else path for name, path in paths.items())


def shape_of(keys: Iterable[Key], more: Sequence[str] = ()) -> dict[str, object]:
    """What the records look like.

    Args:
        keys: the columns.
        more: other keys that SQL looks at, as text.
    """
    shape: dict[str, Any] = {}
    for each in keys:
        if each.path:
            _add(shape, each.path.split("."), each.kind)
    for path in more:
        _add(shape, path.split("."), "VARCHAR")
    return shape


def fields_of(keys: Iterable[Key]) -> tuple[Field, ...]:
    """The columns."""
    return tuple(Field(each.name, type_of(each), each.made or _sql("r", each), each.description) for each in keys)


def checks_of(keys: Iterable[Key]) -> tuple[Check, ...]:
    """That the columns which are numbers are, when they are there at all; of keys at the top of the record."""
    numbers = (
        each
        for each in keys
        if isinstance(each.kind, str) and each.kind not in {*_AS_IT_IS, INSTANT} and each.path and "." not in each.path
    )
    return tuple(
        Check(f"{at('r', each.path)} IS NOT NULL AND {_sql('r', each)} IS NULL", f"{each.path} is no number")
        for each in numbers
    )


def type_of(each: Key) -> str:
    """The type a key's value has as a column."""
    if isinstance(each.kind, str):
        return each.kind
    return f"STRUCT({', '.join(f'{part.name} {type_of(part)}' for part in each.kind)})"


def packed(value: str, kind: Iterable[Key]) -> str:
    """SQL for the parts of a struct, out of the struct that the record has there, as the arguments of `struct_pack`."""
    return ", ".join(f'"{part.name}" := {_sql(value, part)}' for part in kind)


def at(start: str, path: str) -> str:
    """SQL for what is at a path."""
    return ".".join([start, *(f'"{step}"' for step in path.split("."))])


def instant_of(text: str) -> str:
    """SQL for the instant of a text: milliseconds since 1970, or ISO 8601."""
    number = f"try_cast({text} AS BIGINT)"
    milliseconds = f"{number} BETWEEN 0 AND {LAST_MILLISECOND} THEN make_timestamptz({number} * 1000)"
    return f"CASE WHEN {milliseconds} ELSE try_cast({text} AS TIMESTAMPTZ) END"


def without(value: str, keys: Iterable[str]) -> str:
    """SQL for a JSON object without some of its keys; NULL when none is left."""
    rest = f"json_merge_patch({value}, {literal(json.dumps(dict.fromkeys(keys)))})"
    return only_if(f"{rest} <> '{{}}'", rest)


def named(*columns: str) -> str:
    """SQL for the list of what is not NULL among these, each once; NULL when nothing is.

    Only where there may be three or more is a set made of them, which takes five times as long. Two come in the order
    a set has them.
    """
    first, *others = columns
    one = f"CASE WHEN {first} IS NOT NULL THEN [{first}] END"
    if not others:
        return one
    if len(others) > 1:
        whole = f"nullif(list_distinct([{', '.join(columns)}]), [])"
        return f"CASE WHEN coalesce({', '.join(others)}) IS NULL THEN {one} ELSE {whole} END"
    (second,) = others
    return (
        f"CASE WHEN {second} IS NULL OR {second} = {first} THEN {one} "
        f"WHEN {first} IS NULL THEN [{second}] ELSE [{second}, {first}] END"
    )


def distinct(texts: str) -> str:
    """SQL for a list's texts, each once and without NULL; NULL when there are none.

    Most lists hold one, and then no set is made.
    """
    return f"CASE WHEN len({texts}) = 1 AND {texts}[1] IS NOT NULL THEN {texts} ELSE {_set_of(texts)} END"


def distinct_and(texts: str, another: str) -> str:
    """SQL for the same of a list and one text more, which most lists hold alone."""
    whole = _set_of(f"list_append(coalesce({texts}, []), {another})")
    return f"CASE WHEN len({texts}) = 1 AND {texts}[1] = {another} THEN {texts} ELSE {whole} END"


def distinct_at(texts: str, count: int) -> str:
    """SQL for the same of a list with places for so many texts, of which most lists hold one."""
    one = f"[coalesce({first_of(texts, count)})]"
    return f"CASE WHEN list_count({texts}) = 1 THEN {one} ELSE {_set_of(texts)} END"


def only_if(condition: str, value: str) -> str:
    """SQL for a value where a condition holds, and NULL elsewhere, which costs that of the value everywhere.

    What occurs several times is worked out once by DuckDB, but not inside of `CASE`, nor of `nullif`, which is one.
    """
    return f"[{value}][({condition})::INTEGER]"


def texts_at(value: str, paths: Sequence[str]) -> str:
    """SQL for the list of the texts at some paths of a JSON value, which is parsed once."""
    return f"json_extract_string({value}, [{_literals(paths)}])"


def first_of(texts: str, count: int) -> str:
    """SQL for the first of so many texts of a list that is not NULL, as the arguments of `coalesce`."""
    return ", ".join(f"{texts}[{number}]" for number in range(1, count + 1))


def _set_of(texts: str) -> str:
    return f"nullif(list_distinct({texts}), [])"


def _literals(texts: Iterable[str]) -> str:
    return ", ".join(map(literal, texts))


def _add(shape: dict[str, Any], steps: Sequence[str], kind: str | tuple[Key, ...]) -> None:
    for step in steps[:-1]:
        shape = shape.setdefault(step, {})
    if isinstance(kind, str):
        shape[steps[-1]] = kind if kind in _AS_IT_IS else "VARCHAR"
        return
    below = shape.setdefault(steps[-1], {})
    for part in kind:
        _add(below, part.path.split("."), part.kind)


def _sql(start: str, each: Key) -> str:
    value = at(start, each.path)
    if not isinstance(each.kind, str):
        return _struct(value, each.kind)
    return value if each.kind in _AS_IT_IS else f"try_cast({value} AS {each.kind})"


def _struct(value: str, kind: tuple[Key, ...]) -> str:
    if all(part.path == part.name and part.kind in _AS_IT_IS for part in kind):
        return value
    return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({packed(value, kind)}) END"
