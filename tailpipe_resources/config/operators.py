"""What operators and indexes make of values, and digits of numbers.

Numbers are reckoned with as the decimals that were written, as HCL does: `0.1 + 0.2` is `0.3`.
"""

from __future__ import annotations

import math
import operator
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from tailpipe_resources.config.values import ExpressionError, Value, kind_of, revealed
from tailpipe_resources.model.names import hint

if TYPE_CHECKING:
    from collections.abc import Callable

_ARITHMETIC: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": lambda left, right: left - right * math.trunc(left / right),
}
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def number(digits: str) -> int | float:
    """The number that digits, a point and an exponent are.

    Raises:
        ExpressionError: when it is too large.
    """
    value = float(digits)
    if math.isinf(value):
        raise ExpressionError("the number is too large")
    exact = Decimal(digits)
    return int(exact) if exact == exact.to_integral_value() else value


def compute(symbol: str, left: Value, right: Value) -> Value:
    """`left symbol right`, for what compares and calculates.

    Raises:
        ExpressionError: when they cannot be put together.
    """
    if symbol in {"==", "!="}:
        return (_comparable(left) == _comparable(right)) is (symbol == "==")
    first, second = numeric(left, f'"{symbol}"'), numeric(right, f'"{symbol}"')
    if symbol in _COMPARE:
        return _COMPARE[symbol](first, second)
    if symbol in "/%" and second == 0:
        raise ExpressionError("division by zero")
    result = _ARITHMETIC[symbol](_exact(first), _exact(second))
    try:
        rounded = float(result)
    except OverflowError:
        raise ExpressionError("the result is too large") from None
    return int(result) if result.denominator == 1 else rounded


def item(of: Value, key: Value) -> Value:
    """`of[key]`.

    Raises:
        ExpressionError: when there is none.
    """
    if isinstance(of, dict) and isinstance(key, str):
        if key not in of:
            raise ExpressionError(f'the object has no "{key}"{hint(key, of)}')
        return of[key]
    if isinstance(of, list) and isinstance(key, int) and not isinstance(key, bool):
        if not 0 <= key < len(of):
            raise ExpressionError(f"the list has no item {key}; it has {len(of)}, counted from 0")
        return of[key]
    raise ExpressionError(f"{kind_of(of)} has no items called by {kind_of(key)}")


def truth(value: Value, who: str) -> bool:
    """A value that `who` takes for true or false.

    Raises:
        ExpressionError: when it is neither.
    """
    if isinstance(value, bool):
        return value
    raise ExpressionError(f"{who} needs true or false, not {kind_of(value)}")


def numeric(value: Value, who: str) -> int | float:
    """A value that `who` takes for a number.

    Raises:
        ExpressionError: when it is none.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    raise ExpressionError(f"{who} needs numbers, not {kind_of(value)}")


def _exact(value: float) -> Fraction:
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def _comparable(value: Value) -> object:
    """The value with the kind of each part, because to Python `true` is 1."""
    plain = revealed(value)
    if isinstance(plain, list):
        return [_comparable(part) for part in plain]
    if isinstance(plain, dict):
        return {key: _comparable(part) for key, part in plain.items()}
    return kind_of(plain), plain
