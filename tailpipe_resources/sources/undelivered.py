"""Sources that can be configured but not collected in this version."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, ClassVar

from tailpipe_resources.errors import SourceRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailpipe_resources.model.artifact import Artifact
    from tailpipe_resources.model.config import Credential
    from tailpipe_resources.model.window import Window
    from tailpipe_resources.options import Options


class UndeliveredSource:
    """Accepts its options, so that a configuration may name it, and refuses to collect."""

    name: ClassVar[str]
    description: ClassVar[str]
    options: ClassVar[type[Options]]

    def __init__(self, options: Options, credential: Credential | None = None) -> None:
        self._options = options
        self._credential = credential

    def artifacts(
        self,
        window: Window,  # noqa: ARG002
        *,
        prefix: str | None = None,  # noqa: ARG002
        layout: str | None = None,  # noqa: ARG002
        exclude: str | None = None,  # noqa: ARG002
    ) -> Iterator[Artifact]:
        """Nothing.

        Raises:
            SourceRefusedError: always.
        """
        raise self._refusal()

    def open(self, artifact: Artifact) -> BinaryIO:  # noqa: ARG002
        """Nothing.

        Raises:
            SourceRefusedError: always.
        """
        raise self._refusal()

    def _refusal(self) -> SourceRefusedError:
        return SourceRefusedError(f"collecting from {self.name} is not available in this version yet")
