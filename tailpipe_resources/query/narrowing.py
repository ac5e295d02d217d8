"""Which files a question can need at all, found out before any of them is opened.

The question is planned over tables of the same columns that hold nothing. DuckDB then says which conditions it would
push into each scan; what they say of the time, the day, the collection and the index is compared with what the lake's
log knows of each file, and texts that are asked for with its lookup. A condition that is not understood leaves no file
out.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from tailpipe_resources.model.names import quote
from tailpipe_resources.query.ask import shape_of
from tailpipe_resources.query.engine import connect
from tailpipe_resources.query.layers import MAIN
from tailpipe_resources.query.lookup import digest, may_hold, parts_of
from tailpipe_resources.query.tree import parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

    from tailpipe_resources.model.stored_file import StoredFile
    from tailpipe_resources.query.ask import Shape
    from tailpipe_resources.query.views import View

    Test = Callable[[StoredFile], bool]
    """Whether a file may hold rows that meet a condition."""

_OPTIONAL = re.compile(r"'(?:[^']|'')*'|optional: ")
_EQUALITY = re.compile(r"\((\w+(?:\.\w+)*) = '((?:[^']|'')*)'\)")
"""A column or a field of one, and a text."""

_MIRRORED = {
    "COMPARE_EQUAL": "COMPARE_EQUAL",
    "COMPARE_LESSTHAN": "COMPARE_GREATERTHAN",
    "COMPARE_LESSTHANOREQUALTO": "COMPARE_GREATERTHANOREQUALTO",
    "COMPARE_GREATERTHAN": "COMPARE_LESSTHAN",
    "COMPARE_GREATERTHANOREQUALTO": "COMPARE_LESSTHANOREQUALTO",
}
_MEMBERSHIP = frozenset({"contains", "list_contains", "list_has", "array_contains", "array_has"})
_FIELD = frozenset({"struct_extract", "array_extract"})
"""What `a.b` and `a['b']` are in a plan."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What a statement reads."""

    scans: tuple[str, ...]
    """The table of each place that reads one."""

    tests: Mapping[str, Test]
    """For each table of which only a part is read, which of its files may hold some of it."""

    text: str
    """The plan, where every column stands that is read."""


class Planner:
    """Plans questions over tables that hold nothing."""

    def __init__(self, views: Iterable[View], time_zone: str = "UTC") -> None:
        self._connection = connect(threads=1, time_zone=time_zone)
        # What DuckDB concludes from the absence of values would not hold for the lake.
        self._connection.execute("SET disabled_optimizers = 'statistics_propagation'")
        self._names: dict[str, str] = {}
        self._parts: dict[str, frozenset[str]] = {}
        """By table, what can be looked up."""
        for view in views:
            self.declare(view)

    def declare(self, view: View) -> None:
        """Have a table, or have it with other columns."""
        columns = ", ".join(f"{quote(each.name)} {each.type}" for each in view.all_columns)
        self._connection.execute(f"CREATE OR REPLACE TABLE {MAIN}.{quote(view.name)} ({columns})")
        self._parts[view.name] = frozenset(part.key for part in parts_of(view.columns))
        first = quote(view.all_columns[0].name)
        self._connection.execute(f"INSERT INTO {MAIN}.{quote(view.name)} ({first}) VALUES (NULL)")
        for shown in (view.name, quote(view.name)):
            self._names[f"memory.{MAIN}.{shown}"] = view.name

    def run(self, statement: str, parameters: Mapping[str, object] | None = None) -> None:
        """Do here what is done where the question will be asked, such as making a view.

        Raises:
            duckdb.Error: it cannot be done here.
        """
        self._connection.execute(statement, parameters)

    def shape(self, statement: str, parameters: Mapping[str, object] | None = None) -> Shape | None:
        """The columns that a SELECT gives; None when it is none, or cannot be planned."""
        return shape_of(self._connection, statement, parameters)

    def plan(self, statement: str, parameters: Mapping[str, object] | None = None) -> Planned | None:
        """What a statement reads; None when it cannot be planned, or reads something that is no table."""
        try:
            [(_, text)] = self._connection.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters).fetchall()
        except (duckdb.Error, ValueError):
            return None
        scans = list(_scans(json.loads(text)))
        if not self._names.keys() >= {scanned for scanned, _ in scans}:
            return None
        tables = tuple(self._names[scanned] for scanned, _ in scans)
        found: dict[str, list[Test | None]] = {}
        for table, (_, filters) in zip(tables, scans, strict=True):
            found.setdefault(table, []).append(self._all_of(filters, self._parts[table]))
        tests = {table: _any_of(tests) for table, each in found.items() if (tests := _whole(each)) is not None}
        return Planned(tables, tests, text)

    def _all_of(self, filters: Sequence[str], parts: Container[str]) -> Test | None:
        """What all filters of one scan say together; None when it is nothing."""
        tests = [test for node in self._nodes(filters) if (test := _understood(node, parts)) is not None]
        return _both(tests) if tests else None

    def _nodes(self, filters: Sequence[str]) -> list[dict[str, Any]]:
        """The filters that DuckDB can read again what it wrote of, taken apart."""
        plain = [
            _OPTIONAL.sub(lambda found: "" if found[0].startswith("optional") else found[0], text) for text in filters
        ]
        equalities = list(filter(None, map(_EQUALITY.fullmatch, plain)))
        if len(equalities) == len(plain):
            return [_equality(*each.groups()) for each in equalities]
        tree = parsed(self._connection, f"SELECT {', '.join(f'({each})' for each in plain)}")
        if not tree.get("error") and len(tree["statements"]) == 1:
            nodes: list[dict[str, Any]] = tree["statements"][0]["node"]["select_list"]
            if len(nodes) == len(plain):
                return nodes
        # One that cannot be read must not hide the others.
        return [node for each in filters for node in self._nodes([each])] if len(filters) > 1 else []


def _equality(name: str, text: str) -> dict[str, Any]:
    """What DuckDB reads of a comparison so simple that asking it takes longer than all the rest."""
    constant = {"class": "CONSTANT", "literal": {"kind": "STRING", "text": text.replace("''", "'")}}
    return {"type": "COMPARE_EQUAL", "left": {"column_names": name.split(".")}, "right": constant}


def _scans(nodes: Iterable[dict[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    for node in nodes:
        about = node.get("extra_info", {})
        if isinstance(about, dict) and "Table" in about:
            filters = about.get("Filters") or []
            yield about["Table"], _unbroken([filters] if isinstance(filters, str) else filters)
        yield from _scans(node.get("children", []))


def _unbroken(pieces: Iterable[str]) -> list[str]:
    """The filters of a plan but for those with a text of several lines: a plan breaks it, and loses empty ones."""
    found: list[str] = []
    is_inside = False
    for piece in pieces:
        is_broken = piece.count("'") % 2 == 1
        if not is_inside and not is_broken:
            found.append(piece)
        is_inside = is_inside != is_broken
    return found


def _whole(tests: Sequence[Test | None]) -> list[Test] | None:
    """The tests, when every scan of a table has one."""
    known = [each for each in tests if each is not None]
    return known if len(known) == len(tests) else None


def _understood(node: dict[str, Any], parts: Container[str]) -> Test | None:
    """What a condition says of a file; None when it is nothing that is known of files."""
    kind = node.get("type")
    if kind in {"CONJUNCTION_AND", "CONJUNCTION_OR"}:
        tests = [_understood(each, parts) for each in node["children"]]
        if kind == "CONJUNCTION_AND":
            known = [each for each in tests if each is not None]
            return _both(known) if known else None
        every = _whole(tests)
        return None if every is None else _any_of(every)
    if kind in _MIRRORED:
        return _compared(kind, node["left"], node["right"], parts)
    if kind == "COMPARE_IN":
        one, *values = node["children"]
        every = _whole([_compared("COMPARE_EQUAL", one, value, parts) for value in values])
        return None if every is None else _any_of(every)
    if node.get("class") == "FUNCTION" and node.get("function_name") in _MEMBERSHIP:
        one, other = (each["expression"] for each in node["arguments"])
        return _looked_up([*_names_of(one), ""], _constant(other), parts)
    return None


def _names_of(node: dict[str, Any]) -> list[str]:
    """A column's name, or with those of the fields that lead to one of its own; none of anything else."""
    if node.get("class") == "FUNCTION" and node.get("function_name") in _FIELD:
        one, other = (each["expression"] for each in node["arguments"])
        names, field = _names_of(one), _constant(other)
        return [*names, field] if names and isinstance(field, str) else []
    return node.get("column_names") or []


def _compared(kind: str, left: dict[str, Any], right: dict[str, Any], parts: Container[str]) -> Test | None:
    if not _names_of(left):
        left, right, kind = right, left, _MIRRORED[kind]
    names, value = _names_of(left), _constant(right)
    if value is None:
        return None
    if names == ["tp_timestamp"] and isinstance(value, datetime):
        return _within(kind, value)
    known = _KNOWN.get(names[0]) if len(names) == 1 else None  # a field of a column may be called like a column
    if known is None:
        return _looked_up(names, value, parts) if kind == "COMPARE_EQUAL" else None
    return _by_value(kind, known[1], value) if type(value) is known[0] else None


def _looked_up(names: Sequence[str], value: object, parts: Container[str]) -> Test | None:
    """A text that a column, or a field of one, must have, or a list among others when the last name is empty."""
    key = f"{'.'.join(names[:-1])}[]" if names[-1:] == [""] else ".".join(names)
    return _Holds(key, digest(value)) if isinstance(value, str) and key in parts else None


@dataclass(frozen=True, slots=True)
class _Holds:
    """Whether a file may hold a text."""

    key: str
    digest: int

    def __call__(self, file: StoredFile) -> bool:
        return not file.lookup or may_hold(file.lookup, self.key, self.digest)


def _within(kind: str, time: datetime) -> Test:
    if kind in {"COMPARE_GREATERTHAN", "COMPARE_GREATERTHANOREQUALTO"}:
        return lambda file: file.may_reach(time)
    if kind in {"COMPARE_LESSTHAN", "COMPARE_LESSTHANOREQUALTO"}:
        return lambda file: file.may_begin(time)
    return lambda file: file.may_reach(time) and file.may_begin(time)


def _by_value(kind: str, of: Callable[[StoredFile], Any], value: Any) -> Test:
    compare: dict[str, Callable[[Any], bool]] = {
        "COMPARE_EQUAL": lambda mine: mine == value,
        "COMPARE_LESSTHAN": lambda mine: mine < value,
        "COMPARE_LESSTHANOREQUALTO": lambda mine: mine <= value,
        "COMPARE_GREATERTHAN": lambda mine: mine > value,
        "COMPARE_GREATERTHANOREQUALTO": lambda mine: mine >= value,
    }
    test = compare[kind]
    return lambda file: test(of(file))


def _constant(node: dict[str, Any]) -> str | int | date | None:
    """A constant's value; None when it is none, or of a kind that no file is known by."""
    if node.get("class") == "CONSTANT":
        literal = node.get("literal") or {}
        if literal.get("kind") == "STRING":
            return str(literal["text"])
        return int(literal["text"]) if literal.get("kind") == "INTEGER" else None
    if node.get("class") != "CAST" or node.get("try_cast"):
        return None
    text, kind = _constant(node["child"]), node["type_expr"].get("type_name")
    if not isinstance(text, str):
        return None
    try:
        if kind == "DATE":
            return date.fromisoformat(text)
        if kind == "TIMESTAMP WITH TIME ZONE":
            found = datetime.fromisoformat(text)
            return found if found.tzinfo is not None else None
    except ValueError:
        return None
    return None


def _both(tests: Sequence[Test]) -> Test:
    # What has to be read comes last.
    ordered = sorted(tests, key=lambda test: isinstance(test, _Holds))
    if len(ordered) == 1:
        return ordered[0]
    return lambda file: all(test(file) for test in ordered)


def _any_of(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]
    return lambda file: any(test(file) for test in tests)


_KNOWN: Mapping[str, tuple[type, Callable[[StoredFile], Any]]] = {
    "tp_partition": (str, lambda file: file.collection),
    "tp_index": (str, lambda file: file.tp_index),
    "tp_date": (date, lambda file: file.day),
    "tp_year": (int, lambda file: file.day.year),
    "tp_month": (int, lambda file: file.day.month),
    "tp_day": (int, lambda file: file.day.day),
}
