"""What the formats of AWS's text logs have in common: lines, without settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tailpipe_assets.formats.lines import split_lines
from tailpipe_assets.formats.spaced import host_and_port, struct_of
from tailpipe_resources.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from tailpipe_assets.formats.base import Piece, Readable
    from tailpipe_assets.formats.quoted import QuotedLines
    from tailpipe_assets.formats.spaced import Columns, SpacedLines


class AwsTextLogOptions(Options):
    """These logs need no settings."""

    description: str = ""
    """What the format is for."""


class AwsTextLog:
    """Lines as one AWS service writes them."""

    by_lines: ClassVar[bool] = True
    options: ClassVar[type[Options]] = AwsTextLogOptions
    lines: ClassVar[QuotedLines | SpacedLines]
    names: ClassVar[tuple[str, ...]]
    """The fields of a line."""

    endpoints: ClassVar[tuple[str, ...]] = ()
    """Those of the form `host:port`: they become two, such as `client_ip` and `client_port`."""

    def __init__(self, options: AwsTextLogOptions) -> None:
        del options

    @property
    def groups(self) -> tuple[str, ...]:
        """The fields of a line, addresses and ports apart."""
        parts = (f"{name}_{part}" for name in self.endpoints for part in ("ip", "port"))
        return (*(name for name in self.names if name not in self.endpoints), *parts)

    def split(self, stream: Readable, *, piece_bytes: int) -> Iterator[Piece]:
        """Cut a stream into lines.

        Raises:
            BadArtifactError: from the stream.
        """
        return split_lines(stream, piece_bytes=piece_bytes)

    def fields(self, raw: pa.Array) -> pa.Array:
        """The fields of each line; null for a line that is none of this log."""
        return self.lines.read(raw, self._made)

    def _made(self, columns: Columns, null: pa.Array | None) -> pa.Array:
        parts = {}
        for name in self.endpoints:
            parts[f"{name}_ip"], parts[f"{name}_port"] = host_and_port(columns[name])
        return struct_of(self.groups, {**columns, **parts}, null)
