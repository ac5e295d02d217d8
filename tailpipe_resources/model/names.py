"""Names: which are allowed, and which one was probably meant."""

from __future__ import annotations

import difflib
import re
from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
"""What a block label of the configuration may look like."""

_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)

MAX_LABEL = 100
"""Letters of a label; a table's and a collection's become one folder's name together."""

HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
"""What readers of hive folders take for no value at all."""


def label_fault(name: str, kind: str = "label") -> str | None:
    """Why a name cannot be used, to follow the name; None when it can."""
    if len(name) > MAX_LABEL:
        return f"is too long for a {kind}; use {MAX_LABEL} letters at most"
    if name == HIVE_NULL:
        return f"cannot be a {kind}: to readers of hive folders it means no value"
    if not LABEL.fullmatch(name):
        return f"is not a {kind}; use letters, digits, _ and -, and start with a letter or _"
    return None


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like this one, or None when none is near."""
    choices = sorted(known)
    folded = {choice.lower(): choice for choice in reversed(choices)}
    if name.lower() in folded:
        return folded[name.lower()]
    matches = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    return folded[matches[0]] if matches else None


def hint(name: str, known: Iterable[str]) -> str:
    """The end of an error message: the nearest name, else all of a few, else nothing."""
    choices = sorted(known)
    near = nearest(name, choices)
    if near is not None:
        return f'; did you mean "{near}"?'
    return f"; there is {', '.join(choices)}" if 0 < len(choices) <= 12 else ""


def folded(name: str) -> str:
    """A name without regard to case, as SQL has none: A and a are one, É and é are two."""
    return name.translate(_LOWER)


def quote(name: str) -> str:
    """A name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Text as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
