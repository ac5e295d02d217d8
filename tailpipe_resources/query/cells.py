"""Text in the cells of a terminal: how wide it is, and nothing in it that moves the cursor."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from unicodedata import combining, east_asian_width

if TYPE_CHECKING:
    from tailpipe_resources.query.values import Writer

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def shown(write: Writer, value: Any) -> str:
    """A value as one line of harmless text; nothing at all for NULL."""
    return "" if value is None else harmless(write(value))


def harmless(text: str) -> str:
    """Text with control and direction characters written out: a log line must not steer a terminal."""
    return text if text.isascii() and text.isprintable() else _CONTROL.sub(_escaped, text)


def columns_of(text: str) -> int:
    """How many columns of a terminal it takes."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def padded(text: str, width: int, *, right: bool) -> str:
    """Text with space before it, when it stands at the right, or behind it."""
    space = " " * (width - columns_of(text))
    return space + text if right else text + space


def cut(text: str, width: int) -> str:
    """Text that takes at most this many columns."""
    if columns_of(text) <= width:
        return text
    kept = text[: width - 1]
    while columns_of(kept) > width - 1:
        kept = kept[:-1]
    return kept + "…"


def _escaped(found: re.Match[str]) -> str:
    letter = found[0]
    return _NAMED.get(letter) or (f"\\x{ord(letter):02x}" if ord(letter) < 256 else f"\\u{ord(letter):04x}")
