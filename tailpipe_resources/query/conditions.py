"""Trying users' SQL before anything is collected: it must be one condition over the row, and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import duckdb

from tailpipe_resources.model.names import nearest, quote
from tailpipe_resources.query.tree import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_UNKNOWN = re.compile(r'Referenced column "([^"]+)" not found|Could not find key "([^"]+)" in struct', re.IGNORECASE)
_FORBIDDEN = re.compile(
    r"^(read_|parquet_|sniff_|glob$|getenv$|getvariable$|query|pragma_|duckdb_|which_secret)", re.IGNORECASE
)
_CLASSES = {
    "SUBQUERY": "it holds a query of its own",
    "WINDOW": "it holds a window function",
    "STAR": "it holds a *",
    "PARAMETER": "it holds a parameter",
    "DEFAULT": "it holds DEFAULT",
}


class Trial:
    """Tries conditions against an empty table of a schema, and a row of nothing but NULL."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, columns: Sequence[tuple[str, str]], rows: str = "nothing"
    ) -> None:
        """Prepare a trial.

        Args:
            connection: where to try conditions.
            columns: what they may name, with types.
            rows: a name for the row of NULLs, of which the connection has no other.
        """
        self._connection = connection
        self._rows = rows
        self._names = [name for name, _ in columns]
        nulls = ", ".join(f"CAST(NULL AS {kind}) AS {quote(name)}" for name, kind in columns)
        # A table, because DuckDB works out in advance what it can of constants, and never meets the errors in it.
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {rows} AS SELECT {nulls}")

    def fault(self, condition: str) -> str | None:
        """What is wrong with a condition, in words, or None."""
        wrong = fault_of_form(self._connection, condition)
        return wrong if wrong is not None else self._fault_of_meaning(condition)

    def _fault_of_meaning(self, condition: str) -> str | None:
        try:
            kind = self._connection.sql(f"SELECT (\n{condition}\n) AS condition FROM {self._rows} WHERE false").types[0]
            if str(kind) not in {"BOOLEAN", '"NULL"'}:
                return f"it is {kind}, not true or false"
            self._connection.execute(f"SELECT count(*) FROM {self._rows} WHERE (\n{condition}\n)").fetchall()
        except duckdb.Error as error:
            return self._unknown(error) or _words(error)
        return None

    def _unknown(self, error: duckdb.Error) -> str | None:
        found = _UNKNOWN.search(str(error))
        if found is None:
            return None
        if found[2]:
            return _first_line(str(error)).partition("Error: ")[2] or _first_line(str(error))
        near = nearest(found[1], self._names)
        hint = f"; near: {near}" if near else ""
        return f'there is no column "{found[1]}"{hint}'


def fault_of_form(connection: duckdb.DuckDBPyConnection, text: str, noun: str = "condition") -> str | None:
    """What keeps a text from being one SQL expression over a row, or None.

    Args:
        connection: a DuckDB to parse it with; nothing of it is run.
        text: what the user wrote.
        noun: what to call it.
    """
    try:
        tree = parsed(connection, f"SELECT {text}\n")
    except duckdb.Error as error:
        return _words(error)
    if not tree.get("error"):
        return _fault_of_tree(tree["statements"], noun)
    if ";" in text or "Only SELECT statements" in tree["error_message"]:
        return f"it is a statement; write one {noun}"
    return f"it is no SQL {noun}: {_first_line(tree['error_message'])}"


def is_forbidden(function: str) -> bool:
    """Whether a function reads what is not a row: files, settings, other queries."""
    return _FORBIDDEN.match(function) is not None


def fault_of_value(
    connection: duckdb.DuckDBPyConnection, text: str, fields: Mapping[str, str], *, whole: bool = True
) -> str | None:
    """What keeps an expression from being made of a record's fields, or None.

    Args:
        connection: a DuckDB to try it with.
        text: the expression, of sound form.
        fields: the record's, with their types.
        whole: whether it may also speak of the whole record, `r`, and its text, `raw`, where no field is called so.
    """
    record = ", ".join(f"{quote(name)} {kind}" for name, kind in fields.items()) or "none VARCHAR"
    others = ", '' AS raw, r" if whole else ""
    relation = f"(SELECT r.*{others} FROM (SELECT CAST(NULL AS STRUCT({record})) AS r))"
    try:
        connection.execute(f"SELECT (\n{text}\n) FROM {relation} WHERE false")
    except duckdb.Error as error:
        found = _UNKNOWN.search(str(error))
        if found is None or not found[1]:
            return _words(error)
        near = nearest(found[1], fields)
        return f'there is no field "{found[1]}"' + (f"; near: {near}" if near else "")
    return None


def _fault_of_tree(statements: Sequence[dict[str, Any]], noun: str) -> str | None:
    if len(statements) != 1:
        return f"it is more than one statement; write one {noun}"
    node = statements[0]["node"]
    alone = node["type"] == "SELECT_NODE" and len(node["select_list"]) == 1 and not node["select_list"][0].get("alias")
    if not alone or node["from_table"]["type"] != "EMPTY" or node["modifiers"] or node.get("where_clause"):
        return f"it is not one {noun}"
    for part in _walk(node["select_list"][0]):
        wrong = _fault_of_part(part, noun)
        if wrong is not None:
            return wrong
    return None


def _fault_of_part(part: dict[str, Any], noun: str) -> str | None:
    kind = part.get("class")
    name = str(part.get("function_name") or "")
    if kind in _CLASSES:
        return _CLASSES[kind]
    if kind == "FUNCTION" and is_forbidden(name):
        return f"the function {name} is not allowed in a {noun}"
    return None


def _walk(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from _walk(value)
    elif isinstance(part, list):
        for value in part:
            yield from _walk(value)


def _words(error: duckdb.Error) -> str:
    text = _first_line(str(error))
    if "aggregate" in text.lower():
        return "it holds an aggregate function; a condition looks at one row"
    return text.partition("Error: ")[2] or text


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0]
