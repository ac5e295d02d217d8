"""Options: what a plugin accepts in its HCL block. A field is an attribute, its docstring the documentation."""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from textwrap import dedent
from typing import cast

from pydantic import BaseModel, ConfigDict


class Options(BaseModel):
    """Base of every plugin's options."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True, defer_build=True)

    @property
    def taken_from(self) -> str | None:
        """What is gone for others once this has read it, so that no second block may read it; None for nothing."""
        return None


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
