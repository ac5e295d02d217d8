"""Which SQL may run: what reads, and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import duckdb

from tailpipe_resources.errors import QueryError
from tailpipe_resources.query.engine import translate
from tailpipe_resources.query.tree import parsed, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

_GAP = r"(?:\s|--[^\n]*\n|/\*(?:(?!/\*|\*/).)*\*/)"
_EXPLAIN = re.compile(
    rf"{_GAP}*explain\b{_GAP}*(?:(?:analyze|verbose)\b{_GAP}*|\({_GAP}*(?:analyze|format)\b[\w\s,]*\){_GAP}*)*",
    re.IGNORECASE | re.DOTALL,
)
_READING_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_HIDING = r"query|json_execute_serialized_sql|\w*external_resource\w*|\w+_grammar_extension"
"""Functions that run SQL or other functions by name, or change how SQL is read."""

_HIDING_FUNCTION = re.compile(_HIDING, re.IGNORECASE)
# DuckDB runs a PIVOT whose values it must find out in several steps, and shows none of them. No keyword can be written
# without its letters standing in the text.
_WRITING_WORD = re.compile(
    r"copy|insert|update|delete|merge|create|alter|drop|attach|detach|install|load|export|import|call|set|pragma|"
    rf"vacuum|checkpoint|{_HIDING}",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")


def check(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[str, ...]:
    """The statements of an SQL text, one by one, when all of them only read.

    Raises:
        QueryError: one does not parse, or does anything but read.
    """
    found = list(_extract(sql))
    for kind, text in found:
        _check_one(connection, kind, text)
    return tuple(text for _, text in found)


def split(sql: str) -> tuple[str, ...]:
    """The statements of an SQL text, whatever they do.

    Raises:
        QueryError: one does not parse.
    """
    return tuple(text for _, text in _extract(sql))


def gives_rows(statement: str) -> bool:
    """Whether a statement's purpose are its rows."""
    return any(kind in {"SELECT", "EXPLAIN", "MULTI"} for kind, _ in _extract(statement))


def parameters_of(statement: str) -> frozenset[str]:
    """The names of what is to be bound, without the dollar sign."""
    try:
        return frozenset(name for each in duckdb.extract_statements(statement) for name in each.named_parameters)
    except (duckdb.Error, ValueError):
        return frozenset()


def _extract(sql: str) -> Iterator[tuple[str, str]]:
    """Kind and text of each statement."""
    try:
        for statement in duckdb.extract_statements(sql):
            yield statement.type.name, _bare(statement.query)
    except duckdb.Error as error:
        raise translate(error) from error
    except ValueError:  # the type of a statement that DuckDB's client for Python has no name for
        raise QueryError("query only reads: this statement is refused") from None


def _bare(text: str) -> str:
    """A statement without the comments before it and the semicolon behind it."""
    data, tokens = text.encode(), duckdb.tokenize(text)
    start = next((place for place, kind in tokens if kind != duckdb.token_type.comment), 0)
    ends = [place for place, _ in tokens if data[place : place + 1] == b";"]
    return data[start : ends[0] if ends else len(data)].decode().strip()


def _check_one(connection: duckdb.DuckDBPyConnection, kind: str, text: str) -> None:
    if kind == "SELECT":
        _check_select(connection, text)
    elif kind == "EXPLAIN":
        _check_explained(connection, text)
    elif kind == "MULTI":
        _check_steps(text)
    else:
        raise QueryError(f"query only reads: {_first_word(text)} is refused")


def _check_explained(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    prefix = _EXPLAIN.match(text)
    if prefix is None:
        raise QueryError("write EXPLAIN at the beginning of the statement")
    check(connection, text[prefix.end() :])


def _check_steps(text: str) -> None:
    word = next((word for word in _WORD.findall(text) if _WRITING_WORD.fullmatch(word)), None)
    if word is not None:
        raise QueryError(
            f'query only reads: "{word}" is refused in a PIVOT that does not name its values; '
            "write PIVOT ... ON column IN (value, ...)"
        )


def _check_select(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    # Some SELECTs write: WITH a AS (COPY ... TO 'file') SELECT ... is one to DuckDB.
    tree = parsed(connection, text)
    if tree.get("error"):
        raise QueryError(f"query only reads: {tree.get('error_message', _first_word(text))}")
    for node in walk(tree):
        _check_node(node)


def _check_node(node: dict[str, Any]) -> None:
    if "cte_map" in node and node.get("type") not in _READING_NODES:
        word = str(node.get("type")).partition("_")[0]
        raise QueryError(f"query only reads: {word} in a WITH clause is refused")
    name = str(node.get("function_name", ""))
    if _HIDING_FUNCTION.fullmatch(name):
        raise QueryError(f"query runs only SQL it can see: the function {name} is refused")


def _first_word(text: str) -> str:
    plain = re.sub(rf"^{_GAP}*", "", text, flags=re.DOTALL)
    word = _WORD.match(plain)
    return word[0].upper() if word else "this statement"
