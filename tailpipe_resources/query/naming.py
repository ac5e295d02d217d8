"""Which views an SQL text may name, told from its words alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tailpipe_resources.model.names import folded
from tailpipe_resources.query.layers import MAIN

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from tailpipe_resources.query.described import Key

_NAME = re.compile(r'"((?:[^"]|"")*)"|\w+')
_NO_NAME = re.compile(r"""("(?:[^"]|"")*")|'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/""", re.DOTALL)
"""Texts and comments, and names to tell them apart."""


def is_named(key: Key, words: AbstractSet[str]) -> bool:
    """Whether a view's schema, or its name where it stands in `main`, is among some words."""
    return folded(key[1] if key[0] == MAIN else key[0]) in words


def words_of(statement: str) -> set[str]:
    """The names that may be in a statement, without regard to case."""
    # Texts are looked into as well, for those of a search path; a quote in one must not hide the names behind it.
    texts = (statement, _NO_NAME.sub(lambda found: found[1] or " ", statement))
    return {
        folded(found[0] if found[1] is None else found[1].replace('""', '"'))
        for text in texts
        for found in _NAME.finditer(text)
    }
