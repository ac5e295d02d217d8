"""Where a JSON document holds its records."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|[{}\[\],:]')
_DEEPEST = 6


def records_path(text: str) -> str | None:
    """The keys, with dots between them, that lead to the array of records; empty when the document is the array.

    None when it is no JSON document or holds no array of objects. Of several arrays the one with most objects is meant.
    A document that is cut off is followed up to its first array of objects.
    """
    body = text.lstrip()
    if body[:1] not in {"{", "["}:
        return None
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return _first(body)
    found = max(_arrays(document, ()), key=lambda each: each[1], default=None)
    return None if found is None else ".".join(found[0])


def _arrays(value: Any, way: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
    if isinstance(value, list):
        count = sum(isinstance(each, dict) for each in value)
        if count:
            yield way, count
    elif isinstance(value, dict) and len(way) < _DEEPEST:
        for key, each in value.items():
            if key and "." not in key:
                yield from _arrays(each, (*way, key))


def _first(text: str) -> str | None:
    """The way to the first array that begins with an object."""
    way: list[str] = []
    key, before = "", ""
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark == "{" and before == "[":
            return ".".join(filter(None, way))
        if mark in "{[":
            way.append(key)
            key = ""
        elif mark in "}]":
            way.pop()
            if not way:
                return None
        elif token[1] is not None and before in {"{", ","}:
            key = token[1]
        before = mark
    return None
