"""What a source is: it lists artifacts and opens them. It cannot parse."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, ClassVar, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator

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
