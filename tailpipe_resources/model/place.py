"""Where in the configuration something was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailpipe_resources.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of a configuration file."""

    path: str
    """The file, as the user named it."""

    line: int
    """Counted from 1."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"

    def problem(self, message: str) -> Problem:
        """Something wrong at this place."""
        return Problem(self.path, self.line, message)


class Problems:
    """Collects everything wrong, so that one reading reports all of it."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(self, place: Place, message: str) -> None:
        """Note a problem and carry on."""
        self._found.append(place.problem(message))

    def extend(self, found: Iterable[Problem]) -> None:
        """Note problems that something else found."""
        self._found.extend(found)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found)

    def __bool__(self) -> bool:
        return bool(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def raise_any(self) -> None:
        """Raise all that was noted.

        Raises:
            ConfigError: if anything was.
        """
        if self._found:
            raise ConfigError(self._found)
