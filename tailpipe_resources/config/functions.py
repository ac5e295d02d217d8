"""The functions of the configuration language."""

from __future__ import annotations

import errno
import json
import os
import re
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING

from tailpipe_resources.config.operators import number
from tailpipe_resources.config.paths import absolute
from tailpipe_resources.config.values import (
    ExpressionError,
    Value,
    hidden,
    holds_secret,
    kind_of,
    plain,
    revealed,
    text_of,
)
from tailpipe_resources.config.verbs import formatted
from tailpipe_resources.errors import SourceRefusedError, UnknownFolderError
from tailpipe_resources.model.names import hint
from tailpipe_resources.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

LOOKS_UP_SECRETS = frozenset({"env", "secret_file"})
"""What only the user's own configuration may call."""

_GROUP = re.compile(r"\$(?:(?P<dollar>\$)|(?P<bare>\w+)|\{(?P<name>\w+)\})", re.ASCII)
"""What a replacement says of the groups of its expression, as Go writes it."""


def call(name: str, arguments: list[Value], folder: Path) -> Value:
    """What the function makes of its arguments. Text made from a secret is a secret.

    Args:
        name: the function's.
        arguments: evaluated already.
        folder: where the configuration file is.

    Raises:
        ExpressionError: when there is no such function or it cannot work with these arguments; names no secret.
        SourceRefusedError: when a secret it needs cannot be had.
    """
    function = _FUNCTIONS.get(name) or _ON_SECRETS.get(name)
    if name == "file":
        arguments = [str(folder), *arguments]
        function = _file
    if function is None:
        raise ExpressionError(f'there is no function "{name}"{hint(name, [*_FUNCTIONS, *_ON_SECRETS, "file"])}')
    _check_count(name, function, arguments)
    if name in _ON_SECRETS or not holds_secret(arguments):
        return _said_by(name, function, arguments)
    try:
        return hidden(function(*map(revealed, arguments)))
    except (ValueError, ArithmeticError, TypeError):
        raise ExpressionError(f"{name}() cannot work with this secret") from None


def _check_count(name: str, function: Callable[..., Value], arguments: list[Value]) -> None:
    try:
        signature(function).bind(*arguments)
    except TypeError:
        wanted = ", ".join(parameter for parameter in signature(function).parameters if parameter != "folder")
        raise ExpressionError(f"{name}({wanted}) was given other arguments") from None


def _said_by(name: str, function: Callable[..., Value], arguments: list[Value]) -> Value:
    try:
        return function(*arguments)
    except (ValueError, ArithmeticError, TypeError, UnknownFolderError) as error:
        raise ExpressionError(f"{name}(): {error}") from None


def _text(value: Value) -> str:
    if isinstance(value, (str, int, float)):
        return text_of(value)
    raise ExpressionError(f"needs a string, not {kind_of(value)}")


def _list(value: Value) -> list[Value]:
    if isinstance(value, list):
        return value
    raise ExpressionError(f"needs a list, not {kind_of(value)}")


def _env(name: Value) -> Value:
    return Secret("env", _text(name))


def _secret_file(path: Value) -> Value:
    return Secret("file", absolute(_text(path)))


def _file(folder: str, path: Value) -> Value:
    base = Path(folder).resolve()
    try:
        target = (base / _text(path)).resolve()
    except RuntimeError:  # until Python 3.13
        raise ExpressionError(f'"{path}" cannot be read: {os.strerror(errno.ELOOP)}') from None
    if not target.is_relative_to(base):
        raise ExpressionError(f'"{path}" is outside the folder that files are read from')
    try:
        return target.read_text(encoding="utf-8")
    except OSError as error:
        raise ExpressionError(f'"{path}" cannot be read: {error.strerror}') from None
    except UnicodeDecodeError:
        raise ExpressionError(f'"{path}" is not UTF-8 text') from None


def _merge(*objects: Value) -> Value:
    merged: dict[str, Value] = {}
    for item in objects:
        if not isinstance(item, dict):
            raise ExpressionError(f"needs objects, not {kind_of(item)}")
        merged |= item
    return merged


def _concat(*lists: Value) -> Value:
    return [item for part in lists for item in _list(part)]


def _coalesce(*values: Value) -> Value:
    for value in values:
        if value not in (None, "") and not _is_unset(value):
            return value
    raise ExpressionError("every value is null or empty")


def _is_unset(value: Value) -> bool:
    if not isinstance(value, Secret) or value.kind != "env":
        return False
    try:
        return value.reveal() == ""
    except SourceRefusedError:
        return True


def _replace(text: Value, search: Value, replacement: Value) -> Value:
    pattern = _text(search)
    if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/"):
        try:
            expression = re.compile(pattern[1:-1])
        except re.error as error:
            raise ExpressionError(f"{pattern} is not a regular expression: {error}") from None
        template = _text(replacement)
        return expression.sub(lambda match: _expanded(template, match), _text(text))
    return _text(text).replace(pattern, _text(replacement))


def _expanded(template: str, match: re.Match[str]) -> str:
    def group(reference: re.Match[str]) -> str:
        name = reference["bare"] or reference["name"]
        if name is None:
            return "$"
        try:
            return match[int(name) if name.isdigit() else name] or ""
        except IndexError:
            raise ExpressionError(f"{match.re.pattern} has no group {name}") from None

    return _GROUP.sub(group, template)


def _join(separator: Value, items: Value) -> Value:
    return _text(separator).join(_text(item) for item in _list(items))


def _split(separator: Value, text: Value) -> Value:
    return [*_text(text).split(_text(separator))] if _text(separator) else [*_text(text)]


def _lower(text: Value) -> Value:
    return _text(text).lower()


def _upper(text: Value) -> Value:
    return _text(text).upper()


def _trimspace(text: Value) -> Value:
    return _text(text).strip()


def _format(spec: Value, *values: Value) -> Value:
    return formatted(_text(spec), values)


def _jsonencode(value: Value) -> Value:
    return json.dumps(plain(value), separators=(",", ":"), ensure_ascii=False)


def _jsondecode(text: Value) -> Value:
    try:
        decoded: Value = json.loads(_text(text), parse_constant=_no_number, parse_float=number, parse_int=number)
    except RecursionError:
        raise ExpressionError("the text is nested too deeply") from None
    return decoded


def _no_number(word: str) -> Value:
    raise ExpressionError(f"{word} is no number of JSON")


_ON_SECRETS: dict[str, Callable[..., Value]] = {
    "coalesce": _coalesce,
    "concat": _concat,
    "env": _env,
    "merge": _merge,
    "secret_file": _secret_file,
}
"""These hand secrets on without looking into them."""

_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "format": _format,
    "join": _join,
    "jsondecode": _jsondecode,
    "jsonencode": _jsonencode,
    "lower": _lower,
    "replace": _replace,
    "split": _split,
    "trimspace": _trimspace,
    "upper": _upper,
}
