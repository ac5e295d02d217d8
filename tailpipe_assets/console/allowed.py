"""What the console runs: everything that reads, and views, tables and schemas that live as long as the session."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb

from tailpipe_resources.errors import QueryError
from tailpipe_resources.query.statements import check

if TYPE_CHECKING:
    from collections.abc import Container

_WORD = re.compile(r"\w+|\"(?:[^\"]|\"\")*\"|[^\w\s]")
_QUALIFIERS = {"OR", "REPLACE", "TEMP", "TEMPORARY", "RECURSIVE"}
_MADE = {"VIEW", "TABLE", "SCHEMA"}
_SEARCH_PATH = re.compile(
    r"\s*SET\s+(?:SESSION\s+|GLOBAL\s+|LOCAL\s+)?search_path\s*(?:=|\bTO\b)\s*'[^']*'\s*", re.IGNORECASE
)


def is_change(connection: duckdb.DuckDBPyConnection, statement: str, taken: Container[str]) -> bool:
    """Whether a statement changes what names mean in this session; else it reads.

    Args:
        connection: what checks it.
        statement: one, without its semicolon.
        taken: names of the lake's tables, in lower case, which nothing else can have.

    Raises:
        QueryError: it does anything but read or make something in memory.
    """
    if _SEARCH_PATH.fullmatch(statement):
        return True
    tokens = _tokens(statement)
    if not tokens or tokens[0][0].upper() != "CREATE":
        check(connection, statement)
        return False
    _check_create(connection, statement, tokens, taken)
    return True


def _check_create(
    connection: duckdb.DuckDBPyConnection, statement: str, tokens: list[tuple[str, int]], taken: Container[str]
) -> None:
    words = [word.upper() for word, _ in tokens]
    place = next((place for place, word in enumerate(words) if place and word not in _QUALIFIERS), 0)
    if words[place] not in _MADE:
        raise QueryError(
            f"the console makes views, tables and schemas in memory: CREATE {words[place] if place else ''} is refused"
        )
    kinds = [found.type.name for found in _parsed(statement)]
    if kinds != ["CREATE"]:
        raise QueryError("query only reads: this statement is refused")
    if words[place] != "SCHEMA":
        _check_name(connection, tokens, place + 1, taken)
        body = _body(tokens)
        if body is not None:
            check(connection, statement.encode()[body:].decode())


def _check_name(
    connection: duckdb.DuckDBPyConnection, tokens: list[tuple[str, int]], place: int, taken: Container[str]
) -> None:
    if [word.upper() for word, _ in tokens[place : place + 3]] == ["IF", "NOT", "EXISTS"]:
        place += 3
    parts = [tokens[place][0]] if place < len(tokens) else []
    while place + 2 < len(tokens) and tokens[place + 1][0] == ".":
        place += 2
        parts.append(tokens[place][0])
    schema, name = ([None, None, *(part.strip('"').lower() for part in parts)])[-2:]
    if schema in (None, "memory"):  # DuckDB takes `memory.t` for a table of the database `memory` where it can
        [(schema,)] = connection.execute("SELECT current_schema()").fetchall()
    if schema == "main" and name in taken:
        raise QueryError(f"{name} is a table of the lake; choose another name, or put it into a schema of your own")


def _body(tokens: list[tuple[str, int]]) -> int | None:
    """Where the query behind AS begins, in bytes."""
    depth = 0
    for number, (word, _) in enumerate(tokens):
        depth += (word == "(") - (word == ")")
        if depth == 0 and word.upper() == "AS" and number + 1 < len(tokens):
            return tokens[number + 1][1]
    return None


def _tokens(statement: str) -> list[tuple[str, int]]:
    """Words and signs without comments, each with its place in bytes."""
    data = statement.encode()
    found = duckdb.tokenize(statement)
    ends = [place for place, _ in found[1:]] + [len(data)]
    tokens: list[tuple[str, int]] = []
    for (start, kind), end in zip(found, ends, strict=True):
        if kind == duckdb.token_type.comment:
            continue
        text = data[start:end].decode()
        if kind in (duckdb.token_type.string_const, duckdb.token_type.numeric_const):
            tokens.append((text.strip(), start))
        else:
            tokens += [(word[0], start + len(text[: word.start()].encode())) for word in _WORD.finditer(text)]
    return tokens


def _parsed(statement: str) -> list[duckdb.Statement]:
    try:
        return duckdb.extract_statements(statement)
    except duckdb.Error as error:
        from tailpipe_resources.query.engine import translate

        raise translate(error) from error
    except ValueError:
        raise QueryError("query only reads: this statement is refused") from None
