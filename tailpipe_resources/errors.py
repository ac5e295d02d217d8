"""Every error Tailpipe raises on purpose, sorted by what the reader does next.

::

    TailpipeError
    |- ConfigError                 edit a file: carries every problem found, each with its place
    |- UsageError                  type the command differently
    |  `- UnknownFolderError       name another folder: there is none where the path begins
    |- PluginError                 install or mend a plugin
    |- BusyError                   wait: another run has hold of it
    |- HeldError                   ask whoever placed the hold: rows must stay
    |- CancelledError              nothing: you pressed Ctrl-C, what was committed stays
    |- SourceError
    |  |- SourceUnavailableError   run again: the other side failed and may recover
    |  |  `- ArtifactUnavailableError  run again: it failed with this artifact, and others can be had
    |  |- SourceRefusedError       mend access: credentials or permission
    |  |  `- AccessDeniedError     grant permission: who asked is known, and may not do this
    |  |- ArtifactGoneError        skip: it was deleted between listing and reading
    |  `- BadArtifactError         skip: its bytes are broken; it is quarantined until it changes
    |- LakeError
    |  |- CommitConflictError      plan again: someone else committed first
    |  |- LakeUnavailableError     run again: the object store failed and may recover
    |  |- LakeFullError            make room: too little is free to begin
    |  |- PastError                ask for a later time: what was there then is no longer kept
    |  `- LakeDamagedError         mend the lake: a file of its own is unreadable
    |- OutboxError                 make room, or mend the folder: alerts wait until their outbox can be written
    `- QueryError                  edit the SQL
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class TailpipeError(Exception):
    """Anything Tailpipe raises on purpose. Its text is written for the person at the terminal."""


_MOVES = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LONGEST = 1000


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong with the configuration, and where."""

    path: str
    """The file, as the user named it."""

    line: int
    """Counted from 1; 0 when the problem has no line."""

    message: str
    """What is wrong and, where one is near, the right name. One line."""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return _on_a_line(f"{place}: {self.message}")


def _on_a_line(text: str) -> str:
    """The text with what would move a cursor as escapes, and without the middle of a value that fills pages."""
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} ... {text[-_LONGEST // 2 :]}"
    return _MOVES.sub(lambda found: found[0].encode("unicode_escape").decode(), shown)


class ConfigError(TailpipeError):
    """Files must be edited. Nothing was read from a source or written to the lake."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        super().__init__("\n".join([*map(str, self.problems), f"tailpipe: {count}; nothing was run."]))


class UsageError(TailpipeError):
    """The command line asks for something that is not there or makes no sense."""


class UnknownFolderError(UsageError):
    """A path begins where there is no folder: at the home of nobody, or in a working folder that is gone."""


class PluginError(TailpipeError):
    """A plugin is not installed, does not import, or failed."""


class BusyError(TailpipeError):
    """Another run holds what this one needs."""


class HeldError(TailpipeError):
    """A hold of the configuration keeps rows that would go. Nothing was touched."""


class CancelledError(TailpipeError):
    """The user stopped the work. Everything committed so far stays; the rest is collected next time."""


class SourceError(TailpipeError):
    """A source could not deliver."""


class SourceUnavailableError(SourceError):
    """The other side failed and may recover. Running the same collection again is safe."""


class ArtifactUnavailableError(SourceUnavailableError):
    """The other side answers, but not about this artifact. Others are worth asking for."""


class SourceRefusedError(SourceError):
    """The other side said no: missing credentials or permission, or no such bucket."""


class AccessDeniedError(SourceRefusedError):
    """The other side knows who asks and does not allow it."""


class ArtifactGoneError(SourceError):
    """An artifact was listed but no longer exists."""


class BadArtifactError(SourceError):
    """An artifact's bytes are broken. It contributes no row and is tried again when it changes."""


class LakeError(TailpipeError):
    """The lake could not be read or written."""


class CommitConflictError(LakeError):
    """Another writer committed first. Nothing of this attempt is visible; plan it again."""


class LakeUnavailableError(LakeError):
    """The object store failed and may recover. Nothing is lost; running again goes on where this ended."""


class LakeFullError(LakeError):
    """Too little space is free to begin. Nothing was read or written."""


class NarrowColumnsError(LakeError):
    """Columns of a table are stored with narrower types than they are to have. Nothing was read or written."""


class PastError(LakeError):
    """The lake cannot show what it held at that time or version."""


class LakeDamagedError(LakeError):
    """A file of the lake's own is missing or unreadable."""


class OutboxError(TailpipeError):
    """What keeps alerts until they are delivered cannot be used. None is lost: findings lie in the lake."""


class QueryError(TailpipeError):
    """The SQL was refused or failed."""
