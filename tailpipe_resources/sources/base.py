"""What a source is: it lists artifacts and opens them. It cannot parse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, ClassVar, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tailpipe_resources.model.artifact import Artifact
    from tailpipe_resources.model.config import Credential
    from tailpipe_resources.model.window import Window
    from tailpipe_resources.options import Options

Action = Literal["list", "read", "notices"]


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


@runtime_checkable
class Explaining(Protocol):
    """A source that can say why it lists nothing."""

    def why_empty(
        self, window: Window, *, prefix: str | None = None, layout: str | None = None, exclude: str | None = None
    ) -> str:
        """Why `Source.artifacts` lists nothing of the same, in words; empty where that cannot be told in short time.

        Raises:
            SourceError: as `Source.artifacts` does.
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


@dataclass(frozen=True, slots=True)
class Notice:
    """One message that says that something may be new."""

    name: str
    """Tells it from others, also when it is received again."""

    receipt: str
    """By which it is acknowledged."""

    hints: tuple[Artifact, ...] = ()
    """What it says there is, as it was then: where to look, and nothing more. May be none."""

    fault: str = ""
    """Why it, or some of it, is not for this source. It is never acknowledged, so that somebody else finds it."""


class Inbox(Protocol):
    """Where a source is told of new artifacts. Messages may come late, twice, in any order, or not at all."""

    @property
    def subject(self) -> str:
        """How we speak of it."""
        ...

    def receive(self, seconds: int, hold: int) -> Sequence[Notice]:
        """Some of the messages that wait; none when none do.

        Args:
            seconds: how long to wait for a first one.
            hold: for so many seconds nobody receives them again, unless they are acknowledged before.

        Raises:
            SourceUnavailableError: worth trying again.
            SourceRefusedError: credentials, permission or existence.
        """
        ...

    def acknowledge(self, notices: Sequence[Notice]) -> None:
        """Have these taken away for good.

        Raises:
            SourceError: as `receive` does; some may be gone and others not.
        """
        ...

    def only(self, hints: Sequence[Artifact]) -> Source:
        """The source as if it had nothing but these, each as it is now; those that are gone as they were hinted at."""
        ...

    def waiting(self) -> int:
        """About how many messages wait.

        Raises:
            SourceError: as `receive` does.
        """
        ...

    def attempt(self) -> str:
        """Use every permission that is needed, and change nothing. What was found, in words.

        Raises:
            SourceError: as `receive` does.
        """
        ...


@runtime_checkable
class Notified(Protocol):
    """A source that can be told of new artifacts, so that it need not be listed each time to find them."""

    def inbox(self) -> Inbox | None:
        """Where it is told; None where it is not set up so. Reaches nothing."""
        ...
