"""Expressions to values: locals, variables, operators, templates and functions.

A secret stays a `Secret`: whole, it is looked up when it is used; as part of a larger text it is looked up at once,
and the text is a secret too.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tailpipe_resources.config import functions
from tailpipe_resources.config.aliases import block_type
from tailpipe_resources.config.operators import compute, item, numeric, truth
from tailpipe_resources.config.syntax import (
    Binary,
    Call,
    Conditional,
    Expression,
    Index,
    ListOf,
    Literal,
    Member,
    Name,
    ObjectOf,
    Template,
    Unary,
)
from tailpipe_resources.config.values import (
    ExpressionError,
    Reference,
    Value,
    hidden,
    holds_secret,
    kind_of,
    revealed,
    text_of,
)
from tailpipe_resources.errors import ConfigError, SourceRefusedError
from tailpipe_resources.model.names import hint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_resources.config.syntax import Attribute

REFERABLE = {
    "collection": 2,
    "credential": 2,
    "destination": 2,
    "format": 2,
    "lookup": 1,
    "notifier": 2,
    "source": 2,
    "table": 1,
}
"""Block types a reference may name, and how many labels follow."""


class Scope:
    """What expressions can see. Locals are evaluated when first used."""

    def __init__(
        self,
        local: Mapping[str, Attribute],
        variables: Mapping[str, Value | None],
        *,
        referable: Mapping[str, int] = REFERABLE,
        root: Path | None = None,
    ) -> None:
        """See these, and nothing else.

        Args:
            local: the attributes of all `locals` blocks.
            variables: their values.
            referable: block types a reference may name, and how many labels follow.
            root: the folder that `file` reads from, for text that others wrote: it may look up no secret. Without it
                `file` reads from the folder of the file that it is written in, and secrets are looked up.
        """
        self._locals = local
        self._variables = variables
        self._referable = referable
        self._root = root
        self._known: dict[str, Value] = {}
        self._failed: dict[str, ConfigError] = {}
        self._under_way: list[str] = []

    def evaluate(self, node: Expression) -> Value:
        """The value of an expression.

        Raises:
            ConfigError: with the one problem that keeps it from having a value.
        """
        try:
            return self._evaluate(node)
        except (ExpressionError, SourceRefusedError) as error:
            raise ConfigError([node.place.problem(str(error))]) from None
        except RecursionError:
            raise ConfigError([node.place.problem("values are nested too deeply in here")]) from None

    def local(self, name: str) -> Value:
        """The value of a `locals` attribute.

        Raises:
            ConfigError: when it has none, because something in it is wrong or it needs itself.
        """
        if name in self._failed:
            raise self._failed[name]
        if name in self._known:
            return self._known[name]
        attribute = self._locals[name]
        if name in self._under_way:
            circle = " -> ".join(f"local.{step}" for step in [*self._under_way[self._under_way.index(name) :], name])
            raise ConfigError([attribute.place.problem(f"{circle}: a local cannot need itself")])
        self._under_way.append(name)
        try:
            self._known[name] = self.evaluate(attribute.value)
        except ConfigError as error:
            self._failed[name] = error
            raise
        finally:
            self._under_way.pop()
        return self._known[name]

    def _evaluate(self, node: Expression) -> Value:
        match node:
            case Literal():
                return node.value
            case Template():
                return self._template(node)
            case Name() | Member():
                return self._member(node)
            case Index():
                return item(self.evaluate(node.of), self.evaluate(node.key))
            case Call():
                return self._call(node)
            case ListOf():
                return [self.evaluate(each) for each in node.items]
            case ObjectOf():
                return self._object(node)
            case _:
                return self._operation(node)

    def _operation(self, node: Conditional | Unary | Binary) -> Value:
        match node:
            case Conditional():
                chosen = truth(self.evaluate(node.condition), "a condition")
                return self.evaluate(node.then if chosen else node.otherwise)
            case Unary(operator="!"):
                return not truth(self.evaluate(node.operand), '"!"')
            case Unary():
                return -numeric(self.evaluate(node.operand), '"-"')
            case Binary(operator="&&" | "||"):
                left = truth(self.evaluate(node.left), f'"{node.operator}"')
                if left is (node.operator == "||"):
                    return left
                return truth(self.evaluate(node.right), f'"{node.operator}"')
            case Binary():
                return compute(node.operator, self.evaluate(node.left), self.evaluate(node.right))

    def _template(self, node: Template) -> Value:
        if len(node.parts) == 1:
            return self.evaluate(node.parts[0])
        parts = [self.evaluate(part) for part in node.parts]
        text = "".join(map(text_of, parts))
        return hidden(text) if holds_secret(parts) else text

    def _call(self, node: Call) -> Value:
        if self._root is None:
            return functions.call(node.function, self._arguments(node), Path(node.place.path).parent)
        if node.function in functions.LOOKS_UP_SECRETS:
            raise ExpressionError(f"{node.function}() is not for mods: it would look up secrets of this machine")
        return functions.call(node.function, self._arguments(node), self._root)

    def _arguments(self, node: Call) -> list[Value]:
        arguments = [self.evaluate(argument) for argument in node.arguments]
        if not node.expand:
            return arguments
        *first, rest = arguments
        if not isinstance(rest, list):
            raise ExpressionError(f'"..." needs a list, not {kind_of(rest)}')
        return [*first, *rest]

    def _object(self, node: ObjectOf) -> Value:
        keys = [text_of(revealed(self.evaluate(key))) for key in node.keys]
        return dict(zip(keys, map(self.evaluate, node.values), strict=True))

    def _member(self, node: Name | Member) -> Value:
        path = _path(node)
        if path and block_type(path[0]) in self._referable:
            return _reference(node, path, self._referable)
        if isinstance(node, Name):
            raise ExpressionError(f'"{node.name}" is not a value; text is written in quotes')
        match node.of:
            case Name(name="local"):
                if node.name not in self._locals:
                    raise ExpressionError(f'there is no local "{node.name}"{hint(node.name, self._locals)}')
                return self.local(node.name)
            case Name(name="var"):
                if node.name not in self._variables:
                    raise ExpressionError(f'there is no variable "{node.name}"{hint(node.name, self._variables)}')
                return self._variables[node.name]
            case Name(name=root):
                raise ExpressionError(
                    f'unknown reference "{root}.{node.name}"{hint(root, [*self._referable, "local", "var"])}'
                )
            case of:
                return item(self.evaluate(of), node.name)


def _path(node: Expression) -> tuple[str, ...]:
    """The words of `a.b.c`; empty when it is anything else."""
    if isinstance(node, Name):
        return (node.name,)
    if isinstance(node, Member):
        path = _path(node.of)
        return (*path, node.name) if path else ()
    return ()


def _reference(node: Expression, path: tuple[str, ...], referable: Mapping[str, int]) -> Reference:
    kind = block_type(path[0])
    written = ".".join(path)
    if len(path) - 1 != referable[kind]:
        wanted = f"{path[0]}.<name>" if referable[kind] == 1 else f"{path[0]}.<type>.<name>"
        raise ExpressionError(f"{written} is no reference; it is written {wanted}")
    return Reference(node.place, kind, path[1:], written)
