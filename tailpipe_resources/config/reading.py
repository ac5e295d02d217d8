"""One block's attributes, evaluated and checked against what they may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

from pydantic import ValidationError

from tailpipe_resources.config.complaints import complaints
from tailpipe_resources.config.syntax import Call, Conditional, Expression, Member, Name, Template
from tailpipe_resources.config.values import hidden, holds_secret, revealed
from tailpipe_resources.errors import ConfigError, SourceRefusedError
from tailpipe_resources.model.names import hint
from tailpipe_resources.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tailpipe_resources.config.context import Context
    from tailpipe_resources.config.syntax import Attribute, Block
    from tailpipe_resources.model.place import Place
    from tailpipe_resources.options import Options

Model = TypeVar("Model", bound="Options")

_IN_QUOTES = 'a secret is text in quotes, env("NAME") or secret_file("path")'


class Reading:
    """A block while it is read. Whatever is wrong becomes a problem at the attribute's own line."""

    def __init__(
        self, block: Block, context: Context, models: Iterable[type[Options]], aliases: Mapping[str, str] | None = None
    ) -> None:
        self._block = block
        self._problems = context.problems
        self._scope = context.scope
        fields = {name: field.annotation for model in models for name, field in model.model_fields.items()}
        self._annotations: dict[str, Any] = fields
        self._attributes = self._known(distinct(block, context, aliases or {}), aliases or {})
        self._tainted: set[str] = set()
        self._broken: set[str] = set()
        self._values = {name: value for name in self._attributes if (value := self._value(name)) is not None}

    def checked(self, model: type[Model]) -> Model | None:
        """The attributes this model declares; None when what is right does not make one.

        What is wrong and not required is left out, so that the rest can still be checked.
        """
        given = {name: value for name, value in self._values.items() if name in model.model_fields}
        wrong: set[str] = set()
        while True:
            try:
                return model.model_validate(given)
            except ValidationError as error:
                # Whether the attributes go together cannot be said once one of them is left out.
                wrong = self._complain(error, given, whole=not wrong and not self._broken)
                if not wrong & given.keys():
                    return None
                given = {name: value for name, value in given.items() if name not in wrong}

    def place(self, name: str) -> Place:
        """Where an attribute is written; the block's own place when it is not."""
        return self._attributes[name].place if name in self._attributes else self._block.place

    def says(self, name: str) -> bool:
        """Whether an attribute is written and not null; what it says may be wrong."""
        return name in self._values or name in self._broken

    def is_secret(self, name: str) -> bool:
        """Whether an attribute's text was made from a secret."""
        return name in self._tainted

    def shown(self, name: str, text: str) -> str:
        """Text of an attribute for a message: hidden when it was made from a secret."""
        return "(secret)" if self.is_secret(name) else f'"{text}"'

    def _known(self, attributes: dict[str, Attribute], aliases: Mapping[str, str]) -> dict[str, Attribute]:
        names = [*self._annotations, *(alias for alias, name in aliases.items() if name in self._annotations)]
        for name in attributes.keys() - self._annotations.keys():
            written = attributes[name].name
            message = f'{self._block.title} has no attribute "{written}"{hint(written, names)}'
            self._problems.add(attributes[name].place, message)
        return {name: attribute for name, attribute in attributes.items() if name in self._annotations}

    def _value(self, name: str) -> object:
        attribute = self._attributes[name]
        secret = _mentions(self._annotations[name], Secret)
        try:
            value = self._scope.evaluate(attribute.value)
            if secret:
                return hidden(value)
            if holds_secret(value):
                self._tainted.add(name)
            return _as_tuple(revealed(value), self._annotations[name])
        except ConfigError as error:
            if secret and not _names_no_secret(attribute.value):
                self._problems.add(attribute.place, f'"{name}" has no value; {_IN_QUOTES}')
            else:
                self._problems.extend(error.problems)
        except SourceRefusedError as error:
            self._problems.add(attribute.place, str(error))
        self._broken.add(name)
        return None

    def _complain(self, error: ValidationError, given: dict[str, Any], *, whole: bool) -> set[str]:
        secret = self._tainted | {name for name in given if _mentions(self._annotations[name], Secret)}
        wrong = set()
        for name, message in complaints(error, given, secret):
            wrong.add(name)
            if message == "missing":
                self._missing(name)
            elif name or whole:
                prefix = "" if name else f"{self._block.title}: "
                self._problems.add(self.place(name), prefix + message)
        return wrong

    def _missing(self, name: str) -> None:
        already_said = name in self._broken or (name in self._attributes and name in self._values)
        if not already_said:
            self._problems.add(self._block.place, f'{self._block.title} needs "{name}"')


def distinct(block: Block, context: Context, aliases: Mapping[str, str]) -> dict[str, Attribute]:
    """A block's attributes by name, aliases resolved. One that is set twice is a problem."""
    attributes: dict[str, Attribute] = {}
    for attribute in block.attributes:
        first = attributes.setdefault(aliases.get(attribute.name, attribute.name), attribute)
        if first is not attribute:
            message = f'"{attribute.name}" is set twice; the first is at {first.place}'
            context.problems.add(attribute.place, message)
    return attributes


def _as_tuple(value: object, annotation: object) -> object:
    if isinstance(value, list) and _mentions(annotation, tuple) and not _mentions(annotation, list):
        return tuple(value)
    return value


def _mentions(annotation: object, wanted: type) -> bool:
    if annotation is wanted or get_origin(annotation) is wanted:
        return True
    return any(_mentions(part, wanted) for part in get_args(annotation))


def _names_no_secret(node: Expression) -> bool:
    """Whether a message about this expression can be shown where a secret belongs: its words are not the secret's."""
    if isinstance(node, Member):
        return isinstance(node.of, Name) and node.of.name in {"local", "var"}
    return isinstance(node, (Call, Conditional, Template))
