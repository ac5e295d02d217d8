"""Fields: what a Sigma rule names, found among the columns of a table."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from tailpipe_assets.detections.expressions import NEAR, fields_of
from tailpipe_assets.detections.sigma.logsources import PREFIXES, aliases
from tailpipe_resources.model.names import literal, quote
from tailpipe_resources.model.schema import INSTANT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailpipe_assets.detections.rules import RuleTable

NUMBERS = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UBIGINT", "UINTEGER", "FLOAT", "DOUBLE"})
ELEMENT = "tp_element"
"""The parameter of lambdas over what is in a JSON array."""

_ACRONYM = re.compile(r"([A-Z]+)([A-Z][a-z])")
_WORD = re.compile(r"([a-z0-9])([A-Z])")
_OWN = "tp_"

_ABSENT = literal(r'"[^"\\]*":null,?')
"""A field without a value, in JSON that DuckDB writes. Texts have no quotes but escaped ones."""


class UnknownFieldError(Exception):
    """A table has no such field; the text says so and what is near."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column, a field of a struct, or a place in a JSON column."""

    sql: str
    type: str
    path: tuple[str, ...] = ()
    """Keys inside of JSON, as the log writes them."""

    @property
    def text(self) -> str:
        """SQL for its value as text."""
        if self.path:
            return f"json_extract_string({self.sql}, {literal(_json_path(self.path))})"
        kind = self.type.upper()
        if kind == "VARCHAR":
            return self.sql
        if kind == INSTANT:
            return f"strftime(timezone('UTC', {self.sql}), '%Y-%m-%dT%H:%M:%SZ')"
        if kind.endswith("]") or kind.startswith(("STRUCT", "MAP")):
            return f"CAST(to_json({self.sql}) AS VARCHAR)"
        return f"CAST({self.sql} AS VARCHAR)"

    @property
    def moment(self) -> str:
        """SQL for its value as a time of day and year, in UTC."""
        instant = self.sql if self.type == INSTANT else f"TRY_CAST({self.text} AS TIMESTAMPTZ)"
        return f"timezone('UTC', {instant})"

    @property
    def is_number(self) -> bool:
        """Whether it is a column of numbers."""
        return (
            not self.path
            and (self.type.upper() in NUMBERS or self.type.upper().startswith("DECIMAL("))
            and self.type[-1] != "]"
        )

    def any(self, predicate: Callable[[str], str]) -> str:
        """SQL for whether its value meets a predicate; of the values of a list, or of arrays in JSON, whether any does.

        Args:
            predicate: makes SQL of SQL for text.
        """
        if not self.path and self.type.endswith("[]") and not self.type.upper().startswith("STRUCT"):
            inner = predicate(f"CAST({ELEMENT} AS VARCHAR)")
            return f"coalesce(len(list_filter({self.sql}, lambda {ELEMENT}: {inner})), 0) > 0"
        plain = predicate(self.text)
        if not self.path:
            return plain
        paths = (_json_path(self.path, stars) for stars in product((False, True), repeat=len(self.path) + 1))
        first, *rest = (f"json_extract({self.sql}, {literal(each)})" for each in paths)
        values = f"flatten([[{first}], {', '.join(rest)}])"
        inner = predicate(f"json_extract_string({ELEMENT}, '$')")
        return (
            f"CASE WHEN contains(CAST({self.sql} AS VARCHAR), '[') AND coalesce(starts_with({self.text}, '['), true) "
            f"THEN len(list_filter({values}, lambda {ELEMENT}: json_type({ELEMENT}) <> 'ARRAY' AND {inner})) > 0 "
            f"ELSE {plain} END"
        )


def resolve(name: str, table: RuleTable) -> Field:
    """The field of a table that a rule means.

    Args:
        name: as the rule writes it: `eventName`, `userIdentity.type`, `cs-host`, ...
        table: to look in.

    Raises:
        UnknownFieldError: there is none.
    """
    columns = {column.name.lower(): column for column in table.columns}
    known = aliases(table).get(name.lower())
    if known is not None:
        return Field(known, "VARCHAR" if known not in columns else columns[known].type)
    bare = name
    for prefix in PREFIXES.get(table.name, ()):
        bare = bare.removeprefix(prefix)
    first, *rest = bare.split(".")
    column = columns.get(snake(first)) or columns.get(first.lower())
    if column is None:
        near = difflib.get_close_matches(snake(first), columns, n=NEAR)
        shown = f"; near: {', '.join(near)}" if near else ""
        raise UnknownFieldError(f'field "{name}" is not in {table.name}{shown}')
    return _within(name, quote(column.name), column.type, rest)


def everything(table: RuleTable) -> str:
    """SQL for a whole row as text, for keywords that name no field.

    Fields of structs that have no value are left out: their names are the table's, and stand in no event.
    """
    own = [Field(quote(each.name), each.type) for each in table.columns if not each.name.startswith(_OWN)]
    return f"concat_ws(' ', {', '.join(map(_known, own))})"


def _known(field: Field) -> str:
    """SQL for a column as text, without the names of fields that have no value."""
    return f"regexp_replace({field.text}, {_ABSENT}, '', 'g')" if "STRUCT" in field.type.upper() else field.text


def snake(name: str) -> str:
    """A log's name as ours: `sourceIPAddress` is `source_ip_address`."""
    return _WORD.sub(r"\1_\2", _ACRONYM.sub(r"\1_\2", name)).replace("-", "_").lower()


def _within(name: str, sql: str, kind: str, rest: list[str]) -> Field:
    for place, step in enumerate(rest):
        if kind.upper() == "JSON":
            return Field(sql, kind, tuple(rest[place:]))
        if kind.endswith("]"):
            return Field(f"to_json({sql})", "JSON", tuple(map(snake, rest[place:])))
        if kind.upper().startswith("MAP"):
            return Field(f"to_json({sql})", "JSON", tuple(rest[place:]))
        fields = {each.lower(): (each, of) for each, of in fields_of(kind).items()}
        if snake(step) not in fields:
            raise UnknownFieldError(f'field "{name}": {sql} has no field "{snake(step)}"')
        own, kind = fields[snake(step)]
        sql = f"{sql}.{quote(own)}"
    return Field(sql, kind)


def _json_path(keys: tuple[str, ...], stars: tuple[bool, ...] = ()) -> str:
    """A path whose steps go into the arrays they meet where a star is set; the first star is of the column itself."""
    marks = ["[*]" if each else "" for each in stars] or [""] * (len(keys) + 1)
    quoted = (key.replace("\\", "\\\\").replace('"', '\\"') for key in keys)
    return f"${marks[0]}" + "".join(f'."{key}"{mark}' for key, mark in zip(quoted, marks[1:], strict=True))
