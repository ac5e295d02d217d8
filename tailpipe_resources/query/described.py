"""What a view set is made from, and the views that follow from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailpipe_resources.model.names import folded
from tailpipe_resources.query.layers import all_log, block_layers, collection_layers, in_own_schemas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_resources.model.view import ViewBlock
    from tailpipe_resources.query.accelerating import Accelerated
    from tailpipe_resources.query.layers import Layer
    from tailpipe_resources.query.views import View

Key = tuple[str, str]
"""Schema and name of a view."""


@dataclass(frozen=True, slots=True)
class Described:
    """What a view set is made from."""

    views: tuple[View, ...]
    collections: tuple[tuple[str, str], ...] = ()
    """Table and name of those that may have no rows yet."""

    blocks: tuple[ViewBlock, ...] = ()
    copies: Mapping[str, Accelerated] = field(default_factory=dict)
    """Where copies of accelerated views may be, by the names of their blocks."""


def layers_of(described: Described) -> tuple[dict[Key, Layer], dict[str, str]]:
    """The views of a view set by schema and name, and what cannot be there, with the reason."""
    blocks = [layer for block in described.blocks for layer in block_layers(block, described.views)]
    parts, refused = in_own_schemas(
        [
            *(layer for layer in blocks if layer.kind != "query"),
            *collection_layers(described.views, described.collections),
        ]
    )
    tables = {folded(view.name) for view in described.views}
    found = {(layer.schema, layer.name): layer for layer in (all_log(described.views), *parts)}
    lost = dict(refused)
    for layer in (each for each in blocks if each.kind == "query"):
        if folded(layer.name) in tables:
            lost[layer.name] = f"the view {layer.name} is not there: a table has its name"
        else:
            found[layer.schema, layer.name] = layer
    return found, lost
