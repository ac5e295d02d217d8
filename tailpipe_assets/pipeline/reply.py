"""Replies: what a source answered about an artifact it is asked for, as the pipeline hands it on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

from tailpipe_resources.sources.base import Asking

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailpipe_assets.pipeline.grow import Before
    from tailpipe_resources.lake.intent import How
    from tailpipe_resources.model.artifact import Artifact
    from tailpipe_resources.sources.base import Source


@dataclass(frozen=True, slots=True, eq=False)
class Reply:
    """What there was of an artifact beyond what had been taken. Its fields mean what those of a `Span` mean."""

    stream: BinaryIO
    start: int
    stop: int
    how: How
    generation: int
    mark: str
    version: str
    heals: bool = False

    def says_nothing(self, before: Before) -> bool:
        """Whether all is as it was, so that there is nothing to commit."""
        return self.start == self.stop and (self.mark, self.version) == (before.taken, before.version)


def ask(source: Source, artifact: Artifact, before: Before, stopped: Callable[[], bool]) -> Reply:
    """Have a source tell what it has of an artifact beyond what was taken.

    Raises:
        SourceError: it cannot.
        CancelledError: someone asked to stop.
    """
    assert isinstance(source, Asking)
    answer = cast("Asking", source).ask(artifact, before.taken, stopped)
    how: How = "anew" if answer.is_whole else "grown"
    stop = answer.start + answer.size
    return Reply(answer.stream, answer.start, stop, how, before.generation, answer.mark, answer.version)
