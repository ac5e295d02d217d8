"""Conditions that a row can fail on, made such that none does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tailpipe_resources.query.tree import parsed, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

_JOINED = {"CONJUNCTION_AND": " AND ", "CONJUNCTION_OR": " OR "}


def forgiving(connection: duckdb.DuckDBPyConnection, conditions: Sequence[str]) -> str:
    """All conditions as one, whose value depends on nothing but the row.

    It is NULL where a part raises an error and no other part decides without it. In the original that is left to
    chance: of `a AND b`, whether `b` is looked at where `a` is false depends on the rows beside it. A part that is
    NULL counts as false, as it does in a WHERE.

    Args:
        connection: a DuckDB to parse them with.
        conditions: SQL, of sound form.
    """
    return "(" + " AND ".join(_parts(connection, each) for each in conditions) + ")"


def _parts(connection: duckdb.DuckDBPyConnection, condition: str) -> str:
    tree = parsed(connection, f"SELECT (\n{condition}\n)")
    return _forgiven(connection, tree, tree["statements"][0]["node"]["select_list"][0])


def _forgiven(connection: duckdb.DuckDBPyConnection, tree: dict[str, Any], part: dict[str, Any]) -> str:
    joined = _JOINED.get(part["type"])
    if joined is not None:
        return "(" + joined.join(_forgiven(connection, tree, each) for each in part["children"]) + ")"
    tree["statements"][0]["node"]["select_list"] = [part]
    return f"TRY(coalesce(({written(connection, tree).removeprefix('SELECT ')}), false))"
