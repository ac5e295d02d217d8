"""Which collections selectors mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.names import hint

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tailpipe_resources.model.config import Collection

_PREFIX = re.compile(r"(?:partition|collection)[=.]")
_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is to be collected, and what would be if it were enabled. In the configuration's order."""

    enabled: tuple[Collection, ...]
    disabled: tuple[Collection, ...]


def choose(collections: Sequence[Collection], selectors: Sequence[str]) -> Chosen:
    """The collections meant; all of them when there is no selector.

    Raises:
        UsageError: a selector fits nothing, or names what is disabled.
    """
    if not collections:
        raise UsageError("the configuration has no collection; write one, as tailpipe collection --help shows")
    meant = {each.key for selector in selectors or ["*"] for each in _meant(collections, selector)}
    found = [each for each in collections if each.key in meant]
    return Chosen(tuple(each for each in found if each.enabled), tuple(each for each in found if not each.enabled))


def pattern_of(selector: str) -> str:
    """A selector without the `partition=` or `collection.` that may stand before it."""
    return _PREFIX.sub("", selector, count=1) if _PREFIX.match(selector) else selector


def matching(names: Iterable[str], selector: str) -> bool:
    """Whether a selector means something that has these names."""
    pattern = pattern_of(selector)
    return any(fnmatchcase(name, pattern) for name in names)


def _meant(collections: Sequence[Collection], selector: str) -> list[Collection]:
    pattern = pattern_of(selector)
    found = [each for each in collections if matching(_names(each), selector)]
    if not found:
        known = {name for each in collections for name in _names(each)}
        raise UsageError(f'no collection is called "{pattern}"{hint(pattern, known)}')
    if not _WILD.search(pattern) and not any(each.enabled for each in found):
        places = ", ".join(f"{'.'.join(each.key)} ({each.place})" for each in found)
        raise UsageError(f"disabled: {places}; write enabled = true to collect it")
    return found


def _names(collection: Collection) -> set[str]:
    """What a collection can be called: by its own name, its table's, and both."""
    tables = (collection.table_stored, collection.table)
    return {collection.name, *tables, *(f"{table}.{collection.name}" for table in tables)}
