"""What checking a lake finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]
"""`error`: rows are lost, doubled or unreadable, or will be; `warning`: something is left to tidy up."""

RESTORE = "restore it from a backup, see docs/lake.md"
REPAIR = "run tailpipe lake repair"
COLLECT = "the next collect sees to it; tailpipe lake repair does it now"


def counted(count: int, noun: str) -> str:
    """A number and what it counts."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that is not as it should be."""

    table: str
    severity: Severity
    what: str
    where: str
    """A file of the lake, or a collection."""

    advice: str
    """What to do."""

    repairable: bool = False
    """Whether `repair` sees to it."""
