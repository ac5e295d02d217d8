"""Trying one SQL expression of a rule against a table's columns: what is wrong with it, in words."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

import duckdb

from tailpipe_resources.model.names import literal, quote
from tailpipe_resources.query.conditions import fault_of_form
from tailpipe_resources.query.tree import parsed, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tailpipe_resources.model.schema import Column

_UNKNOWN = re.compile(r'Referenced (?:column|table) "([^"]+)"')
_NO_FUNCTION = re.compile(r"Function with name (\S+) does not exist!(?:\s*Did you mean \"([^\"]+)\")?")
_NO_TIMESTAMP = re.compile(r'(timestamp|date|time)[^"]*"([^"]*)"', re.IGNORECASE)
_NO_VALUE = re.compile(r"Could not convert string '([^']*)' to (\w+)")
_FIELD = re.compile(r"\s*(?:\"([^\"]+)\"|(\w+))\s+(.*)", re.DOTALL)
NEAR = 3
_MOST_FIELDS = 12
_LOOKS_AROUND = ("(?=", "(?!", "(?<=", "(?<!")
_KINDS = {"BOOL": "true or false", "INT32": "a number", "INT64": "a number", "DOUBLE": "a number"}


class Trial:
    """Tries expressions over a row of a table in which everything is NULL."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, columns: Sequence[Column], rows: str) -> None:
        """Prepare a trial.

        Args:
            connection: one that reaches nothing.
            columns: of the table.
            rows: a name that nothing else on the connection has.
        """
        self._connection, self._rows = connection, rows
        self._types = {column.name: column.type for column in columns}
        nulls = ", ".join(f"CAST(NULL AS {column.type}) AS {quote(column.name)}" for column in columns)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {rows} AS SELECT {nulls}")

    def fault(self, text: str, *, is_condition: bool) -> str | None:
        """What is wrong with an expression, or None.

        Args:
            text: as the user wrote it.
            is_condition: whether it must be true or false.
        """
        wrong = self._fault_of_count(text) or fault_of_form(self._connection, text, "expression")
        if wrong is not None:
            return wrong.removeprefix("it is no SQL expression: ")
        wrong = next(filter(None, map(self._fault_of_path, _column_paths(self._connection, text))), None)
        return wrong or self._fault_of_meaning(text, is_condition=is_condition)

    def _fault_of_count(self, text: str) -> str | None:
        try:
            count = len(duckdb.extract_statements(f"SELECT (\n{text}\n)"))
        except (duckdb.Error, ValueError):
            return None
        return None if count == 1 else f"must be one expression; found {count} statements"

    def _fault_of_path(self, path: list[str]) -> str | None:
        first, *rest = path
        known = {name.lower(): name for name in self._types}
        if first.lower() not in known:
            near = difflib.get_close_matches(first.lower(), known, n=NEAR, cutoff=0.4)
            return f'no column "{first}"' + (f"; near: {', '.join(known[each] for each in near)}" if near else "")
        name = first = known[first.lower()]
        kind = self._types[first]
        for place, step in enumerate(rest):
            if kind.upper() == "JSON":
                keys = rest[place:]
                path_text = keys[0] if len(keys) == 1 else "$." + ".".join(keys)
                return f"{name} is JSON; write {name} ->> {literal(path_text)}"
            fields = fields_of(kind)
            if not fields:
                return f"{name} is {kind} and has no fields"
            folded = {each.lower(): each for each in fields}
            if step.lower() not in folded:
                return f'{name} has no field "{step}"; it has {_listed(fields)}'
            name, kind = f"{name}.{folded[step.lower()]}", fields[folded[step.lower()]]
        return None

    def _fault_of_meaning(self, text: str, *, is_condition: bool) -> str | None:
        try:
            [kind] = self._connection.sql(f"SELECT (\n{text}\n) AS it FROM {self._rows} WHERE false").types
            if is_condition and str(kind) not in {"BOOLEAN", '"NULL"'}:
                return f"must be true or false, this is {kind}"
            where = f" WHERE (\n{text}\n)" if is_condition else ""
            # Both ways: DuckDB passes over what a filter does not need, and a filter refuses aggregates.
            self._connection.execute(f"SELECT count(*) FROM {self._rows}{where}").fetchall()
            self._connection.execute(f"SELECT (\n{text}\n) FROM {self._rows}").fetchall()
        except duckdb.Error as error:
            return in_words(str(error), text)
        return None


def in_words(error: str, text: str) -> str:
    """What DuckDB says of an expression, in our words."""
    line = error.strip().splitlines()[0]
    said = line.partition("Error: ")[2] or line
    if "aggregate" in said or "window function" in said:
        return "looks at one row; use a threshold block"
    if "regexp" in text and "Invalid Input Error" in line:
        if any(each in text for each in _LOOKS_AROUND):
            return f"regular expression {_pattern_of(text)}: look-ahead and look-behind are not supported (RE2)"
        return f"regular expression: {said}"
    function, instant, value = _NO_FUNCTION.search(error), _NO_TIMESTAMP.search(said), _NO_VALUE.search(said)
    if function:
        return f'no function "{function[1]}"' + (f'; did you mean "{function[2]}"?' if function[2] else "")
    if value:
        return f'"{value[1]}" is not {_KINDS.get(value[2], value[2])}'
    if instant and "Conversion Error" in line:
        return f'"{instant[2]}" is not a {instant[1].lower()}'
    unknown = _UNKNOWN.search(said)
    return f'no column "{unknown[1]}"' if unknown else said


def fields_of(kind: str) -> dict[str, str]:
    """The fields of a STRUCT type with theirs; none of another type."""
    if not (kind.upper().startswith("STRUCT(") and kind.endswith(")")):
        return {}
    found: dict[str, str] = {}
    for part in _parts(kind[len("STRUCT(") : -1]):
        field = _FIELD.fullmatch(part)
        if field is not None:
            found[field[1] or field[2]] = field[3].strip()
    return found


def branches(connection: duckdb.DuckDBPyConnection, condition: str) -> tuple[str, ...]:
    """The conditions that an `and` at the top of a condition joins; itself when there is none."""
    tree = _tree(connection, condition)
    if tree is None:
        return (condition,)
    node = tree["statements"][0]["node"]
    top = node["select_list"][0]
    if top.get("type") != "CONJUNCTION_AND":
        return (condition,)
    found = []
    for child in top["children"]:
        node["select_list"] = [child]
        found.append(written(connection, tree).removeprefix("SELECT "))
    return tuple(found)


def _column_paths(connection: duckdb.DuckDBPyConnection, text: str) -> Iterator[list[str]]:
    tree = _tree(connection, text)
    if tree is not None:
        yield from _paths(tree["statements"][0]["node"]["select_list"], frozenset())


def _paths(part: Any, bound: frozenset[str]) -> Iterator[list[str]]:
    """The columns that are named, with the fields after them; parameters of lambdas are none."""
    if isinstance(part, list):
        for each in part:
            yield from _paths(each, bound)
    elif isinstance(part, dict):
        if part.get("class") == "LAMBDA":
            bound |= {name for path in _paths(part.get("lhs"), frozenset()) for name in path[:1]}
            bound |= {str(name) for name in part.get("named_parameters") or ()}
        if part.get("class") == "COLUMN_REF":
            path = [str(name) for name in part["column_names"]]
            if path[0] not in bound:
                yield path
            return
        for each in part.values():
            yield from _paths(each, bound)


def _tree(connection: duckdb.DuckDBPyConnection, text: str) -> dict[str, Any] | None:
    tree = parsed(connection, f"SELECT ({text}\n)")
    return None if tree.get("error") else tree


def _parts(text: str) -> Iterator[str]:
    """What commas separate, but not those within brackets or quotes."""
    depth, start, quoted = 0, 0, False
    for place, letter in enumerate(text):
        quoted ^= letter == '"'
        if quoted:
            continue
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            yield text[start:place]
            start = place + 1
    yield text[start:]


def _listed(fields: dict[str, str]) -> str:
    names = sorted(fields)
    return ", ".join(names[:_MOST_FIELDS]) + (", ..." if len(names) > _MOST_FIELDS else "")


def _pattern_of(text: str) -> str:
    quoted = re.findall(r"'((?:[^']|'')*)'", text)
    return next((f"'{each}'" for each in quoted if any(mark in each for mark in _LOOKS_AROUND)), "")
