"""Sources, formats and tables are plugins: entry points of the groups `tailpipe.source`, `.format` and `.table`.

Ours come through the same door as a stranger's. Names are known without importing anything; one is imported when
it is used.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from tailpipe_resources.errors import PluginError
from tailpipe_resources.model.names import hint

Kind = Literal["source", "format", "table"]


class Options(BaseModel):
    """What a plugin accepts in its HCL block: a field an attribute, its docstring the documentation."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True, use_attribute_docstrings=True
    )


@cache
def _points(kind: Kind) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=f"tailpipe.{kind}")}


def names(kind: Kind) -> list[str]:
    """Every installed plugin of this kind, sorted. Imports none of them."""
    return sorted(_points(kind))


def load(kind: Kind, name: str) -> Any:
    """Import exactly one plugin.

    Raises:
        PluginError: when there is none of that name, or its package does not import.
    """
    point = _points(kind).get(name)
    if point is None:
        raise PluginError(f'no {kind} is called "{name}"{hint(name, names(kind))}')
    try:
        return point.load()
    except ImportError as error:
        raise PluginError(f"the {kind} {name} ({point.value}) does not import: {error}") from error
