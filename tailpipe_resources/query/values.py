"""Values as text and as JSON, exact whatever their type."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from tailpipe_resources.model.names import quote

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType

Writer = Callable[[Any], str]
"""Writes one value that is not NULL."""

_INTEGERS = frozenset(
    {"tinyint", "smallint", "integer", "bigint", "hugeint", "utinyint", "usmallint", "uinteger", "ubigint", "uhugeint"}
)
_NUMBERS = _INTEGERS | {"decimal", "double", "float", "bignum"}
_EXACT = _INTEGERS | {"boolean", "decimal", "double", "varchar", "null", "sqlnull"}
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?:([+-]\d\d)(:\d\d)?)?")
_BREAKS = {ord("\n"): " ", ord("\r"): " "}


def is_number(kind: DuckDBPyType) -> bool:
    """Whether people read its values by their last digit."""
    return kind.id in _NUMBERS


def exact(kind: DuckDBPyType) -> str:
    """The SQL type to cast to before fetching, so that Python gets the value whole.

    Python has no nanoseconds, no month in a time span, no date past the year 9999: such values travel as text.
    """
    if kind.id in _EXACT:
        return str(kind)
    if kind.id == "struct":
        fields = (f"{quote(name)} {exact(child)}" for name, child in _fields(kind))
        return f"STRUCT({', '.join(fields)})"
    return _exact_items(kind)


def _exact_items(kind: DuckDBPyType) -> str:
    if kind.id == "list":
        return f"{exact(_child(kind))}[]"
    if kind.id == "array":
        return f"{exact(_child(kind))}[{kind.children[1][1]}]"
    if kind.id == "map" and not _is_nested(_child(kind)):
        return f"MAP({exact(_child(kind))}, {exact(_child(kind, 1))})"
    return "VARCHAR"


def text_writer(kind: DuckDBPyType) -> Writer:
    """How a value of this type is shown in a cell. Nested ones are shown as JSON."""
    if _is_nested(kind):
        return json_writer(kind)
    if kind.id == "boolean":
        return _boolean
    if kind.id == "decimal":
        return _decimal
    return _zoned if kind.id == "timestamp with time zone" else str


def json_writer(kind: DuckDBPyType) -> Writer:
    """How a value of this type is written as JSON."""
    if str(kind) == "JSON":
        return _embedded
    if kind.id == "struct":
        return _struct({name: json_writer(child) for name, child in _fields(kind)})
    if kind.id in {"list", "array"}:
        return _list(json_writer(_child(kind)))
    if kind.id == "map" and not _is_nested(_child(kind)):
        return _map(text_writer(_child(kind)), json_writer(_child(kind, 1)))
    return _LEAVES.get(kind.id, quoted)


def _child(kind: DuckDBPyType, place: int = 0) -> DuckDBPyType:
    return cast("DuckDBPyType", kind.children[place][1])


def _fields(kind: DuckDBPyType) -> list[tuple[str, DuckDBPyType]]:
    return cast("list[tuple[str, DuckDBPyType]]", kind.children)


def _is_nested(kind: DuckDBPyType) -> bool:
    return kind.id in {"struct", "list", "array"} or (kind.id == "map" and not _is_nested(_child(kind)))


def quoted(value: str) -> str:
    """Text as a JSON string."""
    return json.dumps(value, ensure_ascii=False)


def _boolean(value: bool) -> str:  # noqa: FBT001 - a value, not a switch
    return "true" if value else "false"


def _decimal(value: Any) -> str:
    return format(value, "f")


def _number(value: Any) -> str:
    return str(value) if math.isfinite(float(value)) else "null"


def _zoned(value: str) -> str:
    return f"{value[:-3]}Z" if value.endswith("+00") else value


def _time(value: str) -> str:
    found = _INSTANT.fullmatch(value)
    if found is None:
        return quoted(value)
    zone = "Z" if found[3] == "+00" and not found[4] else f"{found[3]}{found[4] or ':00'}" if found[3] else ""
    return f'"{found[1]}T{found[2]}{zone}"'


def _embedded(value: str) -> str:
    try:
        json.loads(value, parse_constant=_refuse)
    except ValueError:
        return quoted(value)
    except RecursionError:
        pass  # nested too deeply for Python to look into; DuckDB took it for JSON
    return value.translate(_BREAKS)


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _struct(fields: dict[str, Writer]) -> Writer:
    written = [(name, quoted(name), writer) for name, writer in fields.items()]

    def write(value: dict[str, Any]) -> str:
        return "{" + ", ".join(f"{key}: {_or_null(writer, value[name])}" for name, key, writer in written) + "}"

    return write


def _list(item: Writer) -> Writer:
    def write(value: list[Any]) -> str:
        return "[" + ", ".join(_or_null(item, each) for each in value) + "]"

    return write


def _map(key: Writer, item: Writer) -> Writer:
    def write(value: dict[Any, Any]) -> str:
        return "{" + ", ".join(f"{quoted(key(name))}: {_or_null(item, each)}" for name, each in value.items()) + "}"

    return write


def _or_null(writer: Writer, value: Any) -> str:
    return "null" if value is None else writer(value)


_LEAVES: dict[str, Writer] = {
    **dict.fromkeys(_INTEGERS | {"bignum"}, str),
    **dict.fromkeys(("timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns", "timestamp with time zone"), _time),
    "boolean": _boolean,
    "decimal": _decimal,
    "double": _number,
    "float": _number,
}
