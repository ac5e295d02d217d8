"""Which of Delta's primitive types hold every value of which others."""

from __future__ import annotations

import re

_DIGITS = {"byte": 3, "short": 5, "integer": 10, "long": 19}
"""Decimal digits that hold every whole number of a type; each type is wider than those before it."""

_EXACT = {"float": ("byte", "short"), "double": ("byte", "short", "integer", "float")}
"""What a floating-point number holds to the last digit."""

_DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")


def is_wider(wide: object, narrow: object) -> bool:
    """Whether one of Delta's primitive types holds every value of another, and is another."""
    if not isinstance(wide, str) or not isinstance(narrow, str) or wide == narrow:
        return False
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
