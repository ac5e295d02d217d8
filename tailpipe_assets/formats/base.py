"""What a format is: bytes in, raw records out, each with its position.

A format works in two steps. `split` cuts a stream into records without looking inside them; `fields`, for text, takes
a whole batch of them apart at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from tailpipe_resources.options import Options

MAX_RECORD_BYTES = 16 * 1024 * 1024
"""A longer record is rejected."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that cannot become a row."""

    position: int
    reason: str
    record: bytes
    """What there is of it; long ones are cut when they are stored."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some consecutive records of one artifact."""

    raw: pa.Array
    """Their text, one string a record."""

    positions: pa.Array
    """int64: byte offsets of lines, or indexes of JSON records."""

    rejected: tuple[Rejected, ...] = ()
    """Records cut out here because they are no text or too long."""

    fields: pa.Array | None = None
    """The records taken apart, when only `split` can do that, as where a header line names the fields; else None, and
    `Format.fields` does it."""


class Readable(Protocol):
    """Bytes from somewhere."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to so many bytes; none at the end."""
        ...


class Format(Protocol):
    """How bytes become records."""

    name: ClassVar[str]
    description: ClassVar[str]
    options: ClassVar[type[Options]]

    def __init__(self, options: Options) -> None: ...

    @property
    def by_lines(self) -> bool:
        """Whether each line of plain text is a record whatever stands before it: a file can be read from any."""
        ...

    @property
    def groups(self) -> tuple[str, ...] | None:
        """The fields `fields` delivers, all text; None when records stay whole (JSON)."""
        ...

    def split(self, stream: Readable, *, piece_bytes: int) -> Iterator[Piece]:
        """Cut a stream into pieces of about `piece_bytes`.

        Args:
            stream: the unpacked artifact.
            piece_bytes: how much to hold at once.

        Raises:
            BadArtifactError: the stream breaks off or is not of this format; what can be read of it came before.
        """
        ...

    def fields(self, raw: pa.Array) -> pa.Array:
        """Take records apart: a struct of text fields for each, null for a record that does not fit."""
        ...
