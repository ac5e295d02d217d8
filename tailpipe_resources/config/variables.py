"""`variable` and `locals` blocks, and the values given to variables outside the files."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from tailpipe_resources.config.document import parse
from tailpipe_resources.config.expressions import Scope
from tailpipe_resources.config.syntax import Attribute, Call, Expression, Name
from tailpipe_resources.config.values import Value, kind_of
from tailpipe_resources.errors import ConfigError
from tailpipe_resources.model.names import hint
from tailpipe_resources.model.place import Place, Problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tailpipe_resources.config.syntax import Block

_ENVIRONMENT = "TAILPIPE_VAR_"
_ATTRIBUTES = ("default", "description", "type")
_KINDS = {
    "any": None,
    "bool": "true or false",
    "list": "a list",
    "map": "an object",
    "number": "a number",
    "object": "an object",
    "set": "a list",
    "string": "a string",
    "tuple": "a list",
}
_COLLECTIONS = {"list", "map", "set"}


def scope_of(blocks: Iterable[Block], given: Mapping[str, str], problems: Problems) -> Scope:
    """What expressions can see: every local and every variable, the latter with its value."""
    locals_: dict[str, Attribute] = {}
    variables: dict[str, Block] = {}
    for block in blocks:
        if block.type == "locals":
            _add_locals(locals_, block, problems)
        elif block.type == "variable" and block.labels:
            first = variables.setdefault(block.labels[0], block)
            if first is not block:
                problems.add(block.place, f"duplicate {block.title}; the first is at {first.place}")
    for name in given.keys() - variables.keys():
        problems.add(Place("--var", 0), f'there is no variable "{name}"{hint(name, variables)}')
    values = {name: _value(name, block, given, problems) for name, block in variables.items()}
    return Scope(locals_, values)


def check_locals(blocks: Iterable[Block], scope: Scope, problems: Problems) -> None:
    """Note what is wrong in locals, those that nothing uses included."""
    for block in blocks:
        for attribute in block.attributes if block.type == "locals" else ():
            try:
                scope.local(attribute.name)
            except ConfigError as error:
                problems.extend(error.problems)


def _add_locals(locals_: dict[str, Attribute], block: Block, problems: Problems) -> None:
    for attribute in block.attributes:
        first = locals_.setdefault(attribute.name, attribute)
        if first is not attribute:
            problems.add(attribute.place, f"duplicate local.{attribute.name}; the first is at {first.place}")


def _value(name: str, block: Block, given: Mapping[str, str], problems: Problems) -> Value:
    attributes = _attributes(block, problems)
    written = attributes.get("type")
    try:
        default = Scope({}, {}).evaluate(attributes["default"].value) if "default" in attributes else None
        kind = _kind(written, default)
    except ConfigError as error:
        problems.extend(error.problems)
        return None
    text = given.get(name, os.environ.get(_ENVIRONMENT + name))
    if text is None and "default" not in attributes:
        problems.add(
            block.place, f"{block.title} has no value; give it a default, --var {name}=... or {_ENVIRONMENT}{name}"
        )
    value = default if text is None else text if kind == "a string" else _literal(text)
    origin = "its default" if text is None else "the value given"
    if kind is not None and value is not None and kind_of(value) != kind:
        problems.add(block.place, f"{block.title} is {kind}; {origin} is {kind_of(value)}")
        return None
    misfit = None if written is None else _misfit(written.value, value)
    if misfit is not None:
        problems.add(block.place, f"{block.title} takes {misfit[0]} for each element; {origin} has {misfit[1]}")
        return None
    return value


def _attributes(block: Block, problems: Problems) -> dict[str, Attribute]:
    attributes: dict[str, Attribute] = {}
    for attribute in block.attributes:
        first = attributes.setdefault(attribute.name, attribute)
        if first is not attribute:
            problems.add(attribute.place, f'"{attribute.name}" is set twice; the first is at {first.place}')
        elif attribute.name not in _ATTRIBUTES:
            message = f'{block.title} has no attribute "{attribute.name}"{hint(attribute.name, _ATTRIBUTES)}'
            problems.add(attribute.place, message)
    if "description" in attributes:
        _check_description(attributes["description"], problems)
    return attributes


def _check_description(attribute: Attribute, problems: Problems) -> None:
    try:
        value = Scope({}, {}).evaluate(attribute.value)
    except ConfigError as error:
        problems.extend(error.problems)
        return
    if kind_of(value) != "a string":
        problems.add(attribute.place, f'"description" must be a string, not {kind_of(value)}')


def _kind(attribute: Attribute | None, default: Value) -> str | None:
    """What the variable's values are, in words; None for anything."""
    if attribute is None:
        return "a string" if default is None else kind_of(default)
    _check_type(attribute.value)
    return _KINDS[_type_name(attribute.value)]


def _check_type(node: Expression) -> None:
    name = _type_name(node)
    if name not in _KINDS:
        raise ConfigError([node.place.problem(f'"type" is not a type{hint(name, _KINDS)}')])
    for inner in _element_types(node):
        _check_type(inner)


def _element_types(node: Expression) -> tuple[Expression, ...]:
    """What each element of a collection is; nothing of tuples and objects, whose elements differ."""
    return node.arguments if isinstance(node, Call) and node.function in _COLLECTIONS else ()


def _misfit(node: Expression, value: Value) -> tuple[str, str] | None:
    """The kind that each element of a collection has to be, and that of one which is not."""
    elements = [*value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    for inner in _element_types(node):
        kind = _KINDS[_type_name(inner)]
        for element in elements:
            if kind is not None and element is not None and kind_of(element) != kind:
                return kind, kind_of(element)
            deeper = _misfit(inner, element)
            if deeper is not None:
                return deeper
    return None


def _type_name(node: Expression) -> str:
    if isinstance(node, Call):
        return node.function
    return node.name if isinstance(node, Name) else ""


def _literal(text: str) -> Value:
    """A value typed outside a file, as JSON or as HCL; as text when it is neither."""
    try:
        decoded: Value = json.loads(text)
    except ValueError:
        problems = Problems()
        block = parse(f"value = {text}\n", "--var", problems)
        if problems or [attribute.name for attribute in block.attributes] != ["value"]:
            return text
        return _evaluated(block.attributes[0], text)
    return decoded


def _evaluated(attribute: Attribute, text: str) -> Value:
    try:
        return Scope({}, {}).evaluate(attribute.value)
    except ConfigError:
        return text
