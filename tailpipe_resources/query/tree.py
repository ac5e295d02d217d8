"""SQL as the tree that DuckDB's `json_serialize_sql` makes of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb


def parsed(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    """The tree of SELECT statements; with `error` set and an `error_message` where they are none, or do not parse."""
    [(text,)] = connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()
    tree: dict[str, Any] = json.loads(text)
    return tree


def written(connection: duckdb.DuckDBPyConnection, tree: dict[str, Any]) -> str:
    """The SQL of a tree."""
    [(text,)] = connection.execute("SELECT json_deserialize_sql(?)", [json.dumps(tree)]).fetchall()
    return str(text)


def walk(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object in it, itself included, in no order to rely on."""
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
