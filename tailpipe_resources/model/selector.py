"""Selectors: how users say which collections they mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_PREFIX = re.compile(r"(?:partition|collection)[=.]")
_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Selector:
    """A collection, a table or table.collection; with shell wildcards."""

    written: str

    @property
    def pattern(self) -> str:
        """Without `partition=` before it."""
        return _PREFIX.sub("", self.written, count=1)

    @property
    def is_wild(self) -> bool:
        """Whether it may mean several by a wildcard."""
        return _WILD.search(self.pattern) is not None

    def fits(self, names: Iterable[str]) -> bool:
        """Whether it means what has these names."""
        return any(fnmatchcase(name, self.pattern) for name in names)


def names_of(collection: str, *tables: str) -> set[str]:
    """What a collection can be called: by its own name, its table's, and both."""
    return {collection, *tables, *(f"{table}.{collection}" for table in tables)}
