"""Events of tests: values as people write them, made SQL of the types that columns have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tailpipe_assets.detections.expressions import fields_of
from tailpipe_resources.model.names import hint, literal, quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_resources.model.schema import Column


class EventError(Exception):
    """A value does not fit its column; says why."""


def event_sql(event: Mapping[str, Any], columns: Mapping[str, Column], given: Mapping[str, str]) -> str:
    """A query for the one row that an event is.

    Args:
        event: values by column.
        columns: all there are; those that nothing is said of are NULL.
        given: SQL for columns that the event does not say.

    Raises:
        EventError: a value does not fit its column.
    """
    said = {name: value_sql(value, columns[name].type, name) for name, value in event.items() if name in columns}
    made = {name: said.get(name) or given.get(name) or f"CAST(NULL AS {each.type})" for name, each in columns.items()}
    return "SELECT " + ", ".join(f"{value} AS {quote(name)}" for name, value in made.items())


def value_sql(value: Any, kind: str, name: str) -> str:
    """SQL of a type for a value.

    Args:
        value: text, a number, true or false, nothing, or lists and maps of those.
        kind: the type.
        name: of the column or field, for the message.

    Raises:
        EventError: it does not fit.
    """
    if value is None:
        return f"CAST(NULL AS {kind})"
    if kind.upper() == "JSON":
        return f"CAST({literal(_json(value))} AS JSON)"
    fields = fields_of(kind)
    if fields:
        return _struct_sql(value, kind, fields, name)
    if kind.endswith("[]"):
        if not isinstance(value, list | tuple):
            raise EventError(f"{name} is a list; write [...]")
        elements = ", ".join(value_sql(each, kind[:-2], name) for each in value)
        return f"CAST([{elements}] AS {kind})"
    if isinstance(value, dict | list | tuple):
        if kind.upper().startswith("MAP("):
            return f"CAST(CAST({literal(json.dumps(value))} AS JSON) AS {kind})"
        raise EventError(f"{name} is {kind}, a single value")
    return f"CAST({literal(_text(value))} AS {kind})"


def _struct_sql(value: Any, kind: str, fields: Mapping[str, str], name: str) -> str:
    if not isinstance(value, dict):
        raise EventError(f"{name} has fields; write {name} = {{ {next(iter(fields))} = ... }}")
    for each in value:
        if each not in fields:
            raise EventError(f'{name} has no field "{each}"{hint(each, fields)}')
    parts = ", ".join(
        f"{quote(each)} := {value_sql(value.get(each), inner, f'{name}.{each}')}" for each, inner in fields.items()
    )
    return f"CAST(struct_pack({parts}) AS {kind})"


def _json(value: Any) -> str:
    """JSON of a value; text that is itself an object or a list, as from `jsonencode`, stays as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            json.loads(value)
        except ValueError:
            return json.dumps(value)
        return value
    return json.dumps(value, default=str)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
