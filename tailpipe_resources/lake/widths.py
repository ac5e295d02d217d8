"""Which of Delta's types hold every value of which others.

A type is what Delta's schema says in JSON: a name, or an object for a struct, a list or a map.
"""

from __future__ import annotations

import re
from typing import Any

_DIGITS = {"byte": 3, "short": 5, "integer": 10, "long": 19}
"""Decimal digits that hold every whole number of a type; each type is wider than those before it."""

_EXACT = {"float": ("byte", "short"), "double": ("byte", "short", "integer", "float")}
"""What a floating-point number holds to the last digit."""

_DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")


def has_fields_of(wide: Any, narrow: Any) -> bool:
    """Whether a nested type has every field that another has, and each of the same type; more may be there.

    The two are not the same to DuckDB: of texts, one is JSON. Then neither holds the other, unless they are nested.
    """
    members = _members(wide, narrow)
    return members is not None and all(to == of or has_fields_of(to, of) for to, of in members)


def is_wider(wide: Any, narrow: Any) -> bool:
    """Whether a type holds every value of another, and the values must be written anew to be of it.

    A nested type is wider when something in it is, and it has all the rest, too.
    """
    if isinstance(wide, str) and isinstance(narrow, str):
        return wide != narrow and _is_wider_primitive(wide, narrow)
    members = _members(wide, narrow) or []
    wider = [is_wider(to, of) for to, of in members]
    others = (pair for pair, is_one in zip(members, wider, strict=True) if not is_one)
    return any(wider) and all(to == of or has_fields_of(to, of) for to, of in others)


def _members(wide: Any, narrow: Any) -> list[tuple[Any, Any]] | None:
    """What two nested types of one kind are made of, in pairs; None when one of them lacks what the other has."""
    if not isinstance(wide, dict) or not isinstance(narrow, dict) or wide["type"] != narrow["type"]:
        return None
    if wide["type"] != "struct":
        parts = {"array": ("elementType",), "map": ("keyType", "valueType")}[wide["type"]]
        return [(wide[part], narrow[part]) for part in parts]
    fields = {each["name"]: each["type"] for each in wide["fields"]}
    pairs = [(fields.get(each["name"]), each["type"]) for each in narrow["fields"]]
    return None if any(to is None for to, _ in pairs) else pairs


def _is_wider_primitive(wide: str, narrow: str) -> bool:
    if narrow in _EXACT.get(wide, ()):
        return True
    if narrow in _DIGITS and wide in _DIGITS:
        return _DIGITS[wide] > _DIGITS[narrow]
    to, of = _DECIMAL.fullmatch(wide), _DECIMAL.fullmatch(narrow)
    if to is None or (of is None and narrow not in _DIGITS):
        return False
    scale = int(of[2]) if of else 0
    whole = int(of[1]) - scale if of else _DIGITS[narrow]
    return int(to[2]) >= scale and int(to[1]) - int(to[2]) >= whole
