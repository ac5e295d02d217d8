"""What is to be read, and what came of reading it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.content import Mark
from tailpipe_assets.pipeline.grow import Span
from tailpipe_assets.pipeline.reply import Reply
from tailpipe_resources.model.artifact import generation_mark

if TYPE_CHECKING:
    from tailpipe_assets.formats.base import Format, Piece
    from tailpipe_assets.pipeline.grow import Before
    from tailpipe_resources.errors import TailpipeError
    from tailpipe_resources.model.artifact import Artifact
    from tailpipe_resources.model.results import Status


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """An artifact to be read once, on the ground of what is known of it."""

    listed: Artifact
    before: Before
    forms: tuple[Format, ...]
    """What it is cut into records by, each for itself."""

    grows: bool = False
    """Whether others may be writing to it, line by line."""


@dataclass(slots=True)
class Loaded:
    """What came of reading an artifact."""

    artifact: Artifact
    """As it will be remembered: its version tells the generation too."""

    task: Task
    form: Format
    pieces: list[Piece] = field(default_factory=list)
    status: Status = "ok"
    reason: str = ""
    large: bool = False
    """Its pieces are still to be read, with `Reader.pieces`."""

    salvaged: bool = False
    """Broken, and `pieces` are what could be read of it."""

    span: Span | Reply | None = None
    """What was read of one that may have more the next time; None for an artifact that is read whole."""

    stops: TailpipeError | None = None
    """Why there is no use in asking for anything else."""

    put_off: bool = False
    """Left for the next run: another file of its family, read in this one or being copied to it, may hold the same."""

    @property
    def was_taken(self) -> bool:
        """Whether its records count, all or what could be salvaged."""
        return self.status == "ok" or self.salvaged

    @property
    def has_more(self) -> bool:
        """Whether something of it is left for the next run."""
        span = self.span
        is_left = isinstance(span, Span) and Mark.has_more(str(span.mark), self.artifact.size)
        # What is put off and was taken as it is, is a copy of something that was read.
        is_copy = self.task.before.again and self.task.before.is_unchanged
        return (self.put_off and not is_copy) or (is_left and self.status == "ok")

    @classmethod
    def of(cls, task: Task, span: Span | Reply | None = None) -> list[Loaded]:
        """One a format, before anything was read."""
        generation = task.before.generation if span is None else span.generation
        version = span.version if isinstance(span, Reply) else task.listed.version
        artifact = replace(task.listed, version=f"{generation_mark(generation)}{version}")
        return [cls(artifact, task, form, span=span) for form in task.forms]

    def ended(self, status: Status, error: Exception, *, stops: TailpipeError | None = None) -> Loaded:
        """The same, after reading came to a bad end."""
        self.status, self.reason, self.stops = status, reason_of(error, self.artifact), stops
        return self


def reason_of(error: Exception, artifact: Artifact) -> str:
    """Why an artifact could not be read, without its name before it."""
    return str(error).removeprefix(f"{artifact.location}: ")
