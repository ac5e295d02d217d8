"""Configuration as text: blocks with their attributes aligned, and values quoted so that they are read back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Reference:
    """The address of another block."""

    address: str


Value = str | list[str] | Reference
"""What an attribute may be."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block."""

    kind: str
    labels: tuple[str, ...]
    attributes: Mapping[str, Value] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> list[str]:
        title = " ".join([self.kind, *(f'"{label}"' for label in self.labels)])
        widest = max(map(len, self.attributes), default=0)
        inside = [f"{name:<{widest}} = {_value(value)}" for name, value in self.attributes.items()]
        for block in self.blocks:
            inside += block._lines()  # noqa: SLF001 - its own kind
        return [f"{title} {{", *(f"  {line}" for line in inside), "}"] if inside else [f"{title} {{}}"]


def document(blocks: tuple[Block, ...]) -> str:
    """Blocks with a line between them."""
    return "\n\n".join(map(str, blocks)) + "\n"


def name_of(text: str, default: str = "logs") -> str:
    """A label or a column's name that is like a text."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").lower()[:60]
    if not name:
        return default
    return f"_{name}" if name[0].isdigit() else name


def _value(value: Value) -> str:
    if isinstance(value, Reference):
        return value.address
    return f"[{', '.join(map(_text, value))}]" if isinstance(value, list) else _text(value)


def _text(text: str) -> str:
    if "\\" in text and "`" not in text and text.isprintable():
        return f"`{text}`"
    plain = (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    )
    return '"' + plain.replace("${", "$${").replace("%{", "%%{") + '"'
