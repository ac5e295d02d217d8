"""SQL as the tree that DuckDB's `json_serialize_sql` makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


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
