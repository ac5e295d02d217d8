"""The parts of an HCL file, not yet evaluated, each with its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tailpipe_resources.model.place import Place


@dataclass(frozen=True, slots=True)
class Literal:
    """A string without templates, a number, `true`, `false` or `null`."""

    place: Place
    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Template:
    """A string with `${...}` in it."""

    place: Place
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A bare word, such as the `local` of `local.region`."""

    place: Place
    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """`of.name`."""

    place: Place
    of: Expression
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """`of[key]`."""

    place: Place
    of: Expression
    key: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments)`; with `expand` the last argument is a list of arguments."""

    place: Place
    function: str
    arguments: tuple[Expression, ...]
    expand: bool


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[items]`."""

    place: Place
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ObjectOf:
    """`{ keys = values }`."""

    place: Place
    keys: tuple[Expression, ...]
    values: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Conditional:
    """`condition ? then : otherwise`."""

    place: Place
    condition: Expression
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class Unary:
    """`-operand` or `!operand`."""

    place: Place
    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands and what stands between them."""

    place: Place
    operator: str
    left: Expression
    right: Expression


Expression = Literal | Template | Name | Member | Index | Call | ListOf | ObjectOf | Conditional | Unary | Binary


@dataclass(frozen=True, slots=True)
class Attribute:
    """`name = value` in a block."""

    place: Place
    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Block:
    """`type "label" ... { body }`."""

    place: Place
    type: str
    labels: tuple[str, ...]
    attributes: tuple[Attribute, ...]
    blocks: tuple[Block, ...]

    @property
    def title(self) -> str:
        """How messages call it, as it was written."""
        return " ".join([self.type, *(f'"{label}"' for label in self.labels)])
