"""Grok: regular expressions with names for the parts everybody needs, such as `%{IP:client}`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tailpipe_resources.model.names import hint
from tailpipe_resources.sources.grok_patterns import PATTERNS

if TYPE_CHECKING:
    from collections.abc import Mapping

REFERENCE = re.compile(r"%\{(?P<name>[^:}]*)(?::(?P<field>[^:}]*))?(?::(?P<type>[^:}]*))?\}")
"""`%{NAME}`, `%{NAME:field}` or Logstash's `%{NAME:field:int}`, whose type says nothing here: fields are text."""

_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ONIGURUMA_GROUP = re.compile(r"\(\?<(?=[A-Za-z_])")


def compile_grok(pattern: str, patterns: Mapping[str, str] | None = None) -> str:
    """A regular expression that means the same, for Python's `re` and for RE2.

    Args:
        pattern: grok; what is not a reference is taken as a regular expression.
        patterns: patterns beside the common ones; they win over those of the same name.

    Raises:
        ValueError: a reference is not closed, a pattern is not known or refers to itself, or the result is not a
            regular expression.
    """
    if "%{" in REFERENCE.sub("", pattern):
        raise ValueError(f'the grok pattern "{pattern}" holds a %{{ that is not closed')
    known = {**PATTERNS, **(patterns or {})}
    expression = _ONIGURUMA_GROUP.sub("(?P<", _resolve(pattern, known, ()))
    try:
        re.compile(expression)
    except re.error as error:
        raise ValueError(f'the grok pattern "{pattern}" does not make a regular expression: {error}') from None
    return expression


def _resolve(pattern: str, known: Mapping[str, str], within: tuple[str, ...]) -> str:
    return REFERENCE.sub(lambda reference: _group(reference, known, within), pattern)


def _group(reference: re.Match[str], known: Mapping[str, str], within: tuple[str, ...]) -> str:
    name, field = reference["name"], reference["field"]
    if name not in known:
        raise ValueError(f'no grok pattern is called "{name}"{hint(name, known)}')
    if name in within:
        raise ValueError(f'the grok pattern "{name}" refers to itself: {" -> ".join([*within, name])}')
    body = _resolve(known[name], known, (*within, name))
    if not field:
        return f"(?:{body})"
    if _FIELD.fullmatch(field) is None:
        raise ValueError(f'"{field}" in {reference[0]} cannot be a field: use letters, digits and "_"')
    return f"(?P<{field}>{body})"
