"""What an expression gives, and how messages call it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from tailpipe_resources.model.place import Place  # noqa: TC001 - pydantic reads the annotations
from tailpipe_resources.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class ExpressionError(ValueError):
    """An expression has no value. Never leaves this room: who evaluates adds the place and notes a problem."""


@dataclass(frozen=True, slots=True)
class Reference:
    """`source.aws_s3.logs`: another block, by its address."""

    place: Place
    kind: str
    """The block's type, aliases resolved."""

    labels: tuple[str, ...]
    written: str
    """As the user wrote it."""


Value = str | int | float | bool | None | Secret | Reference | list["Value"] | dict[str, "Value"]


def kind_of(value: object) -> str:
    """What a value is, in words that do not show it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    return "a reference" if isinstance(value, Reference) else "a string"


def text_of(value: Value) -> str:
    """A value as it appears inside a string.

    Raises:
        ExpressionError: when it has no such form.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    if isinstance(value, (str, int)):
        return str(value)
    if isinstance(value, Secret):
        return value.reveal()
    raise ExpressionError(f"{kind_of(value)} cannot be part of a string")


def holds_secret(value: object) -> bool:
    """Whether a secret is in there somewhere."""
    if isinstance(value, dict):
        return any(map(holds_secret, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(holds_secret, value))
    return isinstance(value, Secret)


def revealed(value: Value) -> Value:
    """The same value with every secret in it as plain text.

    Raises:
        SourceRefusedError: when a variable is not set or a file cannot be read.
    """
    if isinstance(value, dict):
        return {key: revealed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [revealed(item) for item in value]
    return value.reveal() if isinstance(value, Secret) else value


def hidden(value: Value) -> Value:
    """The same value with every text in it as a secret, because it was made from one."""
    if isinstance(value, dict):
        return {key: hidden(item) for key, item in value.items()}
    if isinstance(value, list):
        return [hidden(item) for item in value]
    return Secret("value", value) if isinstance(value, str) else value


def plain(value: Mapping[str, Value] | Sequence[Value] | Value) -> object:
    """A value for `jsonencode`: the same, once it is certain that it holds no reference.

    Raises:
        ExpressionError: when it does.
    """
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, Reference):
        raise ExpressionError(f"{value.written} is a block, not a value")
    return value
