"""`format()`: values put into a text where Go's verbs stand."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tailpipe_resources.config.values import ExpressionError, Value, kind_of, plain, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

_VERB = re.compile(r"%([-+ #0]*\d{0,3}(?:\.\d{1,3})?)(.?)", re.DOTALL)
_KNOWN = "v s q t d x X o e f g"


def formatted(spec: str, values: Iterable[Value]) -> str:
    """The text with each verb replaced by the value whose turn it is.

    Raises:
        ExpressionError: when verbs and values do not go together.
    """
    waiting = list(values)

    def fill(match: re.Match[str]) -> str:
        flags, verb = match.groups()
        if verb == "%":
            return "%"
        if verb not in _KNOWN.split():
            raise ExpressionError(f'"{match[0]}" is no verb; there is %{_KNOWN.replace(" ", " %")} %%')
        if not waiting:
            raise ExpressionError("has fewer values than verbs")
        return _put(flags, verb, waiting.pop(0))

    text = _VERB.sub(fill, spec)
    if waiting:
        raise ExpressionError("has more values than verbs")
    return text


def _put(flags: str, verb: str, value: Value) -> str:
    if verb in "vsq":
        as_json = verb == "q" or isinstance(value, (list, dict))
        text = json.dumps(plain(value), separators=(",", ":"), ensure_ascii=False) if as_json else _text(value)
        return f"%{flags}s" % text
    if verb == "t":
        if not isinstance(value, bool):
            raise ExpressionError(f"%t needs true or false, not {kind_of(value)}")
        return f"%{flags}s" % text_of(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ExpressionError(f"%{verb} needs a number, not {kind_of(value)}")
    if verb in "dxXo" and value != int(value):
        raise ExpressionError(f"%{verb} needs a whole number")
    if verb == "g" and "." not in flags:
        return f"%{flags}.{_digits(value)}g" % value
    return f"%{flags}{verb}" % (int(value) if verb in "dxXo" else value)


def _text(value: Value) -> str:
    if isinstance(value, (str, int, float)):
        return text_of(value)
    raise ExpressionError(f"needs a string, not {kind_of(value)}")


def _digits(value: float) -> int:
    """How many digits `%g` has to write to lose none: six, or as many more as it takes."""
    return next(digits for digits in range(6, 18) if float(f"%.{digits}g" % value) == float(value))
