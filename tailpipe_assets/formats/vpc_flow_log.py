"""AWS VPC flow logs: text, with fields in the order that a header line or the user tells, or Parquet.

References:
    https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

import pyarrow as pa
import pyarrow.compute as pc

from tailpipe_assets.formats.dialect import merged
from tailpipe_assets.formats.lines import split_lines
from tailpipe_assets.formats.parquet import parquet_pieces
from tailpipe_assets.formats.spaced import SpacedLines, struct_of
from tailpipe_resources.model.names import hint
from tailpipe_resources.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailpipe_assets.formats.base import Piece, Readable

_RENAMED = {
    "srcaddr": "src_addr",
    "dstaddr": "dst_addr",
    "srcport": "src_port",
    "dstport": "dst_port",
    "start": "start_time",
    "end": "end_time",
    "pkt-srcaddr": "pkt_src_addr",
    "pkt-dstaddr": "pkt_dst_addr",
}
_DEFAULT = (
    *("version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol"),
    *("packets", "bytes", "start", "end", "action", "log-status"),
)
_MORE = (
    *("vpc-id", "subnet-id", "instance-id", "tcp-flags", "type", "pkt-srcaddr", "pkt-dstaddr", "region", "az-id"),
    *("sublocation-type", "sublocation-id", "pkt-src-aws-service", "pkt-dst-aws-service", "flow-direction"),
    *("traffic-path", "ecs-cluster-arn", "ecs-cluster-name", "ecs-container-instance-arn"),
    *("ecs-container-instance-id", "ecs-container-id", "ecs-second-container-id", "ecs-service-name"),
    *("ecs-task-definition-arn", "ecs-task-arn", "ecs-task-id", "reject-reason", "resource-id", "encryption-status"),
)
FIELDS: Final = {name: _RENAMED.get(name, name.replace("-", "_")) for name in (*_DEFAULT, *_MORE)}
"""AWS's names of the fields, and the columns they become."""

GROUPS: Final = tuple(FIELDS.values())
_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_WRAPPED = re.compile(r"\$\{([^}]*)\}")
_PARQUET = b"PAR1"
_EXPORTED = r"^\d{4}-\d\d-\d\dT[0-9:.]+Z "
"""CloudWatch Logs exports each line with the time it took it in before it."""


class VpcFlowLogOptions(Options):
    """Which fields a line has, when no header line says so."""

    layout: str = " ".join(_DEFAULT)
    """The fields in their order, as AWS names them: `version account-id ...`, or `${version} ${account-id} ...`."""

    description: str = ""
    """What the format is for."""


class VpcFlowLogFormat:
    """VPC flow logs as S3 or CloudWatch Logs hold them: Parquet, or fields that a header line or `layout` names."""

    name: ClassVar[str] = "aws_vpc_flow_log"
    description: ClassVar[str] = "AWS VPC flow logs: Parquet, or text whose fields a header line or `layout` tells."
    by_lines: ClassVar[bool] = False
    options: ClassVar[type[Options]] = VpcFlowLogOptions

    def __init__(self, options: VpcFlowLogOptions) -> None:
        names = _WRAPPED.sub(r"\1", options.layout).split()
        for name in names:
            if name not in FIELDS:
                raise ValueError(f'layout: flow logs have no field "{name}"{hint(name, FIELDS)}')
        if not names or len(set(names)) < len(names):
            raise ValueError("layout: it must name each field once, such as: version account-id interface-id")
        self._layout = _Layout(tuple(names))

    @property
    def groups(self) -> tuple[str, ...]:
        """Every field a flow log can have."""
        return GROUPS

    def split(self, stream: Readable, *, piece_bytes: int) -> Iterator[Piece]:
        """Cut a stream into lines, and take these apart; header lines are left out. Rows of Parquet are records too.

        Raises:
            BadArtifactError: from the stream, or it is a Parquet file that is not sound.
        """
        begun = _Begun(stream)
        if begun.first == _PARQUET:
            first = 0
            for piece, rows in parquet_pieces(begun, piece_bytes=piece_bytes):
                yield replace(piece, fields=_of_rows(rows.take(pc.subtract(piece.positions, first))))
                first += rows.num_rows
            return
        layout, header = self._layout, None
        for piece in split_lines(begun, piece_bytes=piece_bytes):
            if header is None and (header := _first_words(piece)) is not None:
                layout = _named_by(header) or layout
            taken = piece if layout is self._layout else _without(piece, header)
            yield replace(taken, fields=layout.fields(taken.raw))

    def fields(self, raw: pa.Array) -> pa.Array:
        """The fields of lines by `layout`, as of a file without a header."""
        return self._layout.fields(raw)


class _Begun:
    """A stream whose first bytes were looked at."""

    def __init__(self, stream: Readable) -> None:
        self.first = b""
        while len(self.first) < len(_PARQUET) and (more := stream.read(len(_PARQUET) - len(self.first))):
            self.first += more
        self._stream, self._held = stream, self.first

    def read(self, size: int = -1, /) -> bytes:
        """The first bytes, and then what follows."""
        held, self._held = self._held, b""
        return held or self._stream.read(size)


def _of_rows(rows: pa.RecordBatch) -> pa.Array:
    """The fields of rows, as the same in a line: AWS names the columns like the fields, but for `_` in place of `-`."""
    named = {name.replace("_", "-"): values for name, values in zip(rows.schema.names, rows.columns, strict=True)}
    columns = {group: _as_text(named[name]) for name, group in FIELDS.items() if name in named}
    return struct_of(GROUPS, columns or {GROUPS[0]: pa.nulls(rows.num_rows, pa.string())})


def _as_text(values: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(values.type):
        values = pc.cast(values, pa.timestamp("s"), safe=False).cast(pa.int64())
    if pa.types.is_nested(values.type) or pa.types.is_binary(values.type):
        return pa.nulls(len(values), pa.string())
    return values.cast(pa.string())


class _Layout:
    """Lines with these fields."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._lines = SpacedLines([FIELDS.get(name, f"unknown_{number}") for number, name in enumerate(names)])

    def fields(self, raw: pa.Array) -> pa.Array:
        """The fields of each line; null for a line with more or fewer."""
        found = self._read(raw)
        if not found.null_count:
            return found
        fits, misfits = found.is_valid(), raw.filter(found.is_null())
        return merged(fits, found.filter(fits), self._read(pc.replace_substring_regex(misfits, _EXPORTED, "")))

    def _read(self, raw: pa.Array) -> pa.Array:
        return self._lines.read(raw, lambda columns, null: struct_of(GROUPS, columns, null))


def _first_words(piece: Piece) -> str | None:
    """The first line that is not blank."""
    return next((line for each in piece.raw if (line := each.as_py()).strip()), None)


def _named_by(line: str) -> _Layout | None:
    """The layout a line tells, when it is a header: words, half of which at least are fields we know."""
    names = line.split()
    known = [name for name in names if name in FIELDS]
    is_header = 2 * len(known) >= len(names) and len(set(known)) == len(known) and all(map(_NAME.fullmatch, names))
    return _Layout(tuple(names)) if is_header else None


def _without(piece: Piece, header: str | None) -> Piece:
    """A piece without its header lines: files put one after the other have several."""
    others = pc.not_equal(piece.raw, header)
    if pc.all(others, min_count=0).as_py():
        return piece
    return replace(piece, raw=piece.raw.filter(others), positions=piece.positions.filter(others))
