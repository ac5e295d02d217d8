"""Sources, formats and tables are plugins: entry points of the groups `tailpipe.source`, `.format` and `.table`.

Ours come through the same door as a stranger's. Names are known without importing anything; one is imported when
it is used.
"""

from __future__ import annotations

import ast
import inspect
from functools import cache
from importlib.metadata import EntryPoint, distributions
from itertools import pairwise
from textwrap import dedent
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict

from tailpipe_resources.errors import PluginError
from tailpipe_resources.model.names import hint

Kind = Literal["source", "format", "table"]


class Options(BaseModel):
    """What a plugin accepts in its HCL block: a field an attribute, its docstring the documentation."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True, defer_build=True)


@cache
def _installed() -> tuple[EntryPoint, ...]:
    # Looking through all installed packages takes a while; once is enough.
    return tuple(
        point for package in distributions() for point in package.entry_points if point.group.startswith("tailpipe.")
    )


@cache
def _points(kind: Kind) -> dict[str, EntryPoint]:
    return {point.name: point for point in _installed() if point.group == f"tailpipe.{kind}"}


def documentation(options: type[Options]) -> dict[str, str]:
    """What the docstrings under an options class's fields say, by field."""
    found: dict[str, str] = {}
    for each in reversed([base for base in options.__mro__ if issubclass(base, Options) and base is not Options]):
        body = cast("ast.ClassDef", ast.parse(dedent(inspect.getsource(each))).body[0]).body
        for field, text in pairwise(body):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and _is_text(text):
                found[field.target.id] = inspect.cleandoc(ast.literal_eval(cast("ast.Expr", text).value))
    return found


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


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
    except (ImportError, AttributeError) as error:
        raise PluginError(f"the {kind} {name} ({point.value}) does not import: {error}") from error
