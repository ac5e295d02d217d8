"""Queries that others wrote, as conditions over a row: what they ask of a table can then be asked as rows come in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from threading import Timer
from typing import TYPE_CHECKING, Any

import duckdb

from tailpipe_assets.detections.expressions import Trial, in_words
from tailpipe_resources.errors import QueryError
from tailpipe_resources.model.finding import FINDING_TABLE
from tailpipe_resources.model.names import hint, quote
from tailpipe_resources.query.conditions import is_forbidden
from tailpipe_resources.query.statements import check
from tailpipe_resources.query.tree import parsed, walk, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_assets.detections.rules import RuleTable

_SECONDS = 10
"""No query needs so long for one row."""

_IDS = ("tp_id", "source_id")
_OF_A_ROW = frozenset({"unnest", "json_each", "json_tree", "range", "generate_series"})
"""Functions that make rows of values, and read nothing."""

_RELATIONS = frozenset({"BASE_TABLE", "JOIN", "SUBQUERY", "TABLE_FUNCTION", "EMPTY", "EXPRESSION_LIST"})
Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, understood."""

    table: str
    where: str | None = None
    """Which rows it gives, as a condition; None when that takes more than to look at one row."""

    asks_table: bool = False
    """Whether the condition names the table itself."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """What it calls values of the row: SQL by name, where a row is enough for it."""

    why: str = ""
    """Why there is no condition."""


class Asking:
    """Understands queries over the tables there are."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, tables: Mapping[str, RuleTable]) -> None:
        """Be ready to.

        Args:
            connection: one that reaches nothing.
            tables: those that queries may name.
        """
        self._connection, self._tables = connection, tables
        self._trials: dict[str, Trial] = {}
        self._texts: dict[tuple[Trial, str], str | None] = {}
        [(names,)] = connection.execute(
            "SELECT list(DISTINCT function_name) FROM duckdb_functions() WHERE function_type = 'aggregate'"
        ).fetchall()
        self._aggregates = frozenset(names)

    def understand(self, sql: str) -> Asked:
        """What a query asks.

        Raises:
            QueryError: it does more than to read one of the tables, or fails on a row of it.
        """
        statements = check(self._connection, sql)
        if len(statements) != 1:
            raise QueryError(f"must be one query; found {len(statements)} statements")
        tree = parsed(self._connection, statements[0])
        node = tree["statements"][0]["node"]
        name = self._table_of(node)
        trial = self._trial(name)
        columns = self._run(statements[0])
        if name == FINDING_TABLE:
            return Asked(name, why="it reads findings, which follow the rows that come in")
        why = self._why_not_at_once(node, frozenset({name}))
        if why:
            return Asked(name, why=why)
        if _is_plain(node):
            _unqualify(node, name)
            where = self._text(node["where_clause"]) if node["where_clause"] else "true"
            if trial.fault(where, is_condition=True) is None:
                return Asked(name, where, columns=self._columns(node, trial))
        column = next((each for each in _IDS if each in columns), None)
        if column is None:
            return Asked(
                name, why="its result has no tp_id, by which its rows would be known; add tp_id to its columns"
            )
        node["modifiers"] = [each for each in node["modifiers"] if each["type"] != "ORDER_MODIFIER"]
        asked = written(self._connection, tree)
        where = f"tp_id IN (SELECT {quote(column)} FROM (\n{asked}\n) AS tp_asked)"
        return Asked(name, where, asks_table=True, columns=self._columns(node, trial))

    def is_by_row(self, statement: str) -> bool:
        """Whether each row that a query gives hangs on one row of one table alone."""
        node = parsed(self._connection, statement)["statements"][0]["node"]
        return _is_plain(node) and not self._why_not_at_once(node, frozenset())

    def _trial(self, table: str) -> Trial:
        if table not in self._trials:
            self._trials[table] = Trial(self._connection, self._tables[table].columns, quote(table))
        return self._trials[table]

    def _text(self, expression: Tree) -> str:
        tree = parsed(self._connection, "SELECT 1")
        tree["statements"][0]["node"]["select_list"] = [{**expression, "alias": ""}]
        return written(self._connection, tree).removeprefix("SELECT ")

    def _table_of(self, node: Tree) -> str:
        """The one table of ours that is read.

        Raises:
            QueryError: there is none, or there are several, or something else is read.
        """
        own = {each["key"].lower() for part in walk(node) for each in part.get("cte_map", {}).get("map", ())}
        read: set[str] = set()
        for part in walk(node):
            _check_part(part)
            if part.get("type") == "BASE_TABLE" and part["table_name"].lower() not in own:
                read.add(".".join(filter(None, (part["catalog_name"], part["schema_name"], part["table_name"]))))
        known = {name.lower(): name for name in self._tables}
        for name in sorted(read):
            if name.lower() not in known:
                raise QueryError(f'no table "{name}"{hint(name, self._tables)}')
        if len(read) != 1:
            raise QueryError(f"reads {' and '.join(sorted(read))}; one table" if read else "reads no table")
        return known[read.pop().lower()]

    def _run(self, statement: str) -> list[str]:
        """The names of its columns; it is run over one row in which everything is NULL."""
        ending = Timer(_SECONDS, self._connection.interrupt)
        ending.start()
        try:
            result = self._connection.execute(statement)
            result.fetchall()
            return [str(each[0]) for each in result.description or ()]
        except duckdb.InterruptException:
            raise QueryError(f"takes more than {_SECONDS} s over one row") from None
        except duckdb.Error as error:
            raise QueryError(in_words(str(error), statement)) from None
        finally:
            ending.cancel()

    def _columns(self, node: Tree, trial: Trial) -> dict[str, str]:
        found: dict[str, str] = {}
        for each in node.get("select_list", ()):
            name = each.get("alias") or (each["column_names"][-1] if each.get("class") == "COLUMN_REF" else "")
            text = self._value(each, trial) if name else None
            if text is not None:
                found.setdefault(name, text)
        return found

    def _value(self, expression: Tree, trial: Trial) -> str | None:
        """An expression as SQL; None when a row of the table is not enough for it. Mods repeat them in every query."""
        key = trial, json.dumps(_unplaced(expression))
        if key not in self._texts:
            text = self._text(expression)
            self._texts[key] = text if trial.fault(text, is_condition=False) is None else None
        return self._texts[key]

    def _why_not_at_once(self, node: Tree, tables: frozenset[str]) -> str:
        """Why the rows that come in are not enough to answer it; nothing when they are."""
        for part in walk(node):
            function = str(part.get("function_name") or "")
            counts = part.get("group_expressions") or part.get("having") or part.get("qualify")
            if counts or part.get("class") == "WINDOW" or function in self._aggregates:
                return "it aggregates: rows that come in are not all there are to count"
            if part.get("sample") or any(each["type"] == "LIMIT_MODIFIER" for each in part.get("modifiers") or ()):
                return "it limits its rows: those that come in are not all there are to choose from"
        if _times_read(node, tables) > 1:
            return "it compares rows with one another: those that come in are not all there are"
        return ""


def _check_part(part: Tree) -> None:
    """Refuse what reads anything but tables.

    Raises:
        QueryError: it may.
    """
    function = str(part.get("function_name") or "").lower()
    if is_forbidden(function):
        raise QueryError(f"the function {function} is not allowed in a mod")
    if "alias" in part and "sample" in part and "query_location" in part and part.get("type") not in _RELATIONS:
        raise QueryError(f"{part.get('type')} is not allowed in a mod")
    if part.get("type") == "TABLE_FUNCTION":
        called = str(part["function"].get("function_name") or "").lower()
        if called not in _OF_A_ROW:
            raise QueryError(f"the table function {called} is not allowed in a mod")


def _is_plain(node: Tree) -> bool:
    """Whether it gives rows of the table for which its condition holds, each once."""
    return (
        node["type"] == "SELECT_NODE"
        and (node["from_table"] or {}).get("type") == "BASE_TABLE"
        and not node["cte_map"]["map"]
        and not any(str(part.get("function_name") or "") in _OF_A_ROW for part in walk(node["select_list"]))
        and not any(part.get("class") == "SUBQUERY" for part in walk(node["where_clause"]))
    )


def _unqualify(node: Tree, table: str) -> None:
    """Take the table's name from before its columns."""
    names = {table.lower(), str(node["from_table"].get("alias") or table).lower()}
    for part in walk(node):
        path = part.get("column_names")
        if part.get("class") == "COLUMN_REF" and path and len(path) > 1 and path[0].lower() in names:
            part["column_names"] = path[1:]


def _times_read(node: Tree, tables: frozenset[str]) -> int:
    """How often a query reads a table, by itself or through what it names in `WITH`; of a union the most of a part."""
    named: dict[str, Tree] = {}
    for part in walk(node):
        for each in part.get("cte_map", {}).get("map", ()):
            named[each["key"].lower()] = each["value"]

    def times(tree: Any, seen: frozenset[str]) -> int:
        if isinstance(tree, list):
            return sum(times(each, seen) for each in tree)
        if not isinstance(tree, dict):
            return 0
        if tree.get("type") == "BASE_TABLE":
            name = str(tree["table_name"]).lower()
            if name in named:
                # One that reads itself compares rows by its nature.
                return 2 if name in seen else times(named[name], seen | {name})
            return int(name in tables)
        if tree.get("type") == "SET_OPERATION_NODE" and str(tree.get("setop_type")).startswith("UNION"):
            return max(times(each, seen) for each in tree["children"])
        return sum(times(value, seen) for key, value in tree.items() if key != "cte_map")

    return times(node, frozenset())


def _unplaced(tree: Any) -> Any:
    """A tree without where it stood in its text."""
    if isinstance(tree, list):
        return [_unplaced(each) for each in tree]
    if isinstance(tree, dict):
        return {key: _unplaced(value) for key, value in tree.items() if not key.startswith("query_location")}
    return tree
