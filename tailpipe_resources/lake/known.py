"""What a ledger knows of one artifact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tailpipe_resources.model.results import Status


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger says of an artifact."""

    version: str
    status: Status
    rows: int
    """Rows of this or, where this one could not be read, of an earlier version of it that are in the lake."""

    salvaged: bool = False
    folded: int = 0
    """Rows of it that were folded."""

    since: int = 0
    """The batch that read it from its start; what earlier ones folded of it is of no use any more."""

    mark: str = ""
    """How far it was read, where it may grow."""

    older: int = 0
    """Rows of what was in its place before it was begun afresh; they stay."""

    @property
    def held(self) -> bool:
        """Whether the lake has rows of it."""
        return self.rows > 0
