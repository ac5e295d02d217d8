"""A process that the server keeps running."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Child:
    """What to run, and when."""

    name: str
    """What people know it by, and its log is called."""

    argv: tuple[str, ...]
    """A module to run as `python -m` does, and its arguments. No secrets: `ps` shows them to everyone."""

    env: Mapping[str, str] = field(default_factory=dict)
    """Its whole environment."""

    after: Path | None = None
    """A socket that must take connections before it is started."""

    passes: tuple[int, ...] = ()
    """Descriptors it is given."""

    @property
    def command(self) -> list[str]:
        """The command line, with the life line around the module."""
        return [sys.executable, "-P", "-m", "tailpipe_assets.server.lifeline", *self.argv]
