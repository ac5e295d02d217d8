"""What a source is: it lists artifacts and opens them. It cannot parse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, ClassVar, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tailpipe_resources.model.artifact import Artifact
    from tailpipe_resources.model.config import Credential
    from tailpipe_resources.model.window import Window
    from tailpipe_resources.options import Options

Action = Literal["list", "read"]


class Source(Protocol):
    """Artifacts somewhere. Made from checked options; reaches nothing until `artifacts` is called."""

    name: ClassVar[str]
    description: ClassVar[str]
    options: ClassVar[type[Options]]
    workers: ClassVar[int]
    """How many artifacts are read at once."""

    def __init__(self, options: Options, credential: Credential | None = None) -> None: ...

    def artifacts(
        self, window: Window, *, prefix: str | None = None, layout: str | None = None, exclude: str | None = None
    ) -> Iterator[Artifact]:
        """List what there is, in a steady order: best in that of locations, which lets several listings share reading.

        Args:
            window: which artifacts, by their time; those without a time are always listed.
            prefix: narrower than the source's own; the full key or path prefix.
            layout: the table's built-in layout for this kind of source, used when the options name none.
            exclude: a regular expression; what has it in its path or key is left out.

        Raises:
            SourceUnavailableError: worth trying again.
            SourceRefusedError: credentials, permission or existence.
        """
        ...

    def open(self, artifact: Artifact) -> BinaryIO:
        """The artifact's bytes as stored, from the first one. Safe to call from several threads.

        Raises:
            ArtifactGoneError: it no longer exists.
            SourceUnavailableError: worth trying again; also from the stream's `read`.
            SourceRefusedError: permission.
        """
        ...


@runtime_checkable
class Identified(Protocol):
    """A source that can say as whom it reads, and what would let it."""

    def identity(self) -> str:
        """As whom.

        Raises:
            SourceError: the credential is not valid, or nobody could be asked.
        """
        ...

    def permission(self, action: Action) -> str:
        """The smallest permission that grants an action, ready to be pasted where permissions are given."""
        ...


@runtime_checkable
class Peeking(Protocol):
    """A source that can deliver the first bytes of an artifact without the rest."""

    def peek(self, artifact: Artifact, count: int) -> BinaryIO:
        """The first so many bytes as stored.

        Raises:
            SourceError: as `Source.open` does.
        """
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source delivers of an artifact that is asked for: what a collection does not have of it."""

    stream: BinaryIO
    """JSON lines, from the first. Can seek; whoever asked closes it."""

    size: int
    """Bytes of it."""

    version: str
    """The artifact's version once this was taken."""

    mark: str
    """To be handed in when it is asked for again: tells what was taken."""

    start: int
    """How many bytes were taken before."""

    is_whole: bool
    """Whether it takes the place of all that was taken before, or comes after it."""


@runtime_checkable
class Asking(Protocol):
    """A source whose artifacts are answers of an API, which has more of them each time."""

    def ask(self, artifact: Artifact, mark: str, stopped: Callable[[], bool]) -> Answer:
        """What there is of an artifact beyond what was taken.

        Args:
            artifact: as it was listed.
            mark: what came with the last answer that was taken; empty to have all.
            stopped: asked from time to time.

        Raises:
            SourceUnavailableError: worth trying again; until then there is no use in asking for others.
            ArtifactUnavailableError: worth trying again, others meanwhile.
            SourceRefusedError: credentials or permission.
            BadArtifactError: less is there than was taken before.
            CancelledError: someone asked to stop.
        """
        ...
