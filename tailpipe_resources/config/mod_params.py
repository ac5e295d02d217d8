"""Parameters of a mod's queries: `$1`, `$2` in the SQL, each with the value it is given or its default."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tailpipe_resources.errors import ConfigError
from tailpipe_resources.model.names import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tailpipe_resources.config.syntax import Attribute, Block, Expression
    from tailpipe_resources.model.place import Place

_PLACE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$(?P<number>\d+)")
"""What `$1` is, and what it is not: a part of quoted text."""


def bound(sql: str, query: Block, detection: Block, evaluate: Callable[[Expression], Any]) -> str:
    """The SQL of a query with the values of its parameters in their places.

    Args:
        sql: as it is written.
        query: declares parameters, and may give values for them.
        detection: may give values too; they win.
        evaluate: what an expression of the mod comes to.

    Raises:
        ConfigError: a parameter has no value, or one that SQL has no word for.
    """
    params = [each for each in query.blocks if each.type == "param" and len(each.labels) == 1]
    names = [each.labels[0] for each in params]
    values: dict[int, Any] = {}
    for number, each in enumerate(params):
        default = next((one for one in each.attributes if one.name == "default"), None)
        if default is not None:
            values[number] = evaluate(default.value)
    for block in (query, detection):
        said = next((one for one in block.attributes if one.name == "args"), None)
        if said is not None:
            values |= _given(said, names, evaluate)

    def put(found: re.Match[str]) -> str:
        if found["number"] is None:
            return found[0]
        number = int(found["number"]) - 1
        if number not in values:
            name = names[number] if number < len(names) else f"${number + 1}"
            raise _wrong(detection.place, f'{query.title}: nothing gives the parameter "{name}" a value')
        return _sql(values[number], detection.place)

    return _PLACE.sub(put, sql)


def _given(said: Attribute, names: Sequence[str], evaluate: Callable[[Expression], Any]) -> dict[int, Any]:
    values = evaluate(said.value)
    if isinstance(values, dict):
        for name in values:
            if name not in names:
                raise _wrong(said.place, f'args: the query has no parameter "{name}"')
        return {names.index(name): value for name, value in values.items()}
    if isinstance(values, list | tuple):
        return dict(enumerate(values))
    raise _wrong(said.place, "args: write a list of values, or { name = value }")


def _sql(value: Any, place: Place) -> str:
    """A value as SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_sql(each, place) for each in value)}]"
    raise _wrong(place, "a parameter is text, a number, true or false, or a list of those")


def _wrong(place: Place, message: str) -> ConfigError:
    return ConfigError([place.problem(message)])
