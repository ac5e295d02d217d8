"""What the exit code of a command says."""

from __future__ import annotations

from enum import IntEnum
from typing import Self

from tailpipe_resources import errors


class Exit(IntEnum):
    """The codes a command ends with. They are part of the interface: scripts rely on them."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        """A code that knows what it says."""
        made = int.__new__(cls, code)
        made._value_ = code
        made.meaning = meaning
        return made

    OK = 0, "done"
    FAILED = 1, "it did not work: SQL refused, access denied, lake unreadable"
    USAGE = 2, "a bad flag or a bad configuration; nothing ran"
    SOURCE = 3, "a source or a lake could not be reached; worth trying again"
    INCOMPLETE = 4, "done, but some artifacts could not be read"
    BUSY = 5, "another run holds what this one needs"
    CANCELLED = 130, "stopped by Ctrl-C; what was committed stays"


MEANING: tuple[tuple[type[errors.TailpipeError], Exit], ...] = (
    (errors.ConfigError, Exit.USAGE),
    (errors.UsageError, Exit.USAGE),
    (errors.PluginError, Exit.USAGE),
    (errors.BusyError, Exit.BUSY),
    (errors.CancelledError, Exit.CANCELLED),
    (errors.SourceUnavailableError, Exit.SOURCE),
    (errors.LakeUnavailableError, Exit.SOURCE),
    (errors.TailpipeError, Exit.FAILED),
)
"""Errors and the code each ends with; the first that fits counts."""


def exit_of(error: errors.TailpipeError) -> Exit:
    """The code a command ends with when this stops it."""
    return next(code for kind, code in MEANING if isinstance(error, kind))
