"""Web servers' access logs, in Apache's and nginx's `common` and `combined` formats.

References:
    https://httpd.apache.org/docs/2.4/logs.html#accesslog
    https://nginx.org/en/docs/http/ngx_http_log_module.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from tailpipe_assets.formats.dialect import Columns, Dialect, merged
from tailpipe_assets.formats.lines import split_lines
from tailpipe_assets.formats.regex import LinePattern
from tailpipe_resources.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailpipe_assets.formats.base import Piece, Readable

_START = (
    r"^(?P<remote_addr>\S+) (?P<remote_ident>\S+) (?P<remote_user>.*?) \[(?P<time>[^\]]*)\] "
    r'"(?P<request>(?:[^"\\]|\\.)*)" (?P<status>[0-9]{3}|-) (?P<body_bytes_sent>[0-9]+|-)'
)
_AGENT = r' "(?P<http_referer>(?:[^"\\]|\\.)*)" "(?P<http_user_agent>(?:[^"\\]|\\.)*)"'
_WITHOUT_AGENT = LinePattern(f"{_START}\\s*$")
_WITH_AGENT = LinePattern(f"{_START}{_AGENT}\\s*$")
GROUPS = _WITH_AGENT.groups
_START_FIELDS = ("remote_addr", "remote_ident", "remote_user", "time", "zone")
_RESULT_FIELDS = ("status", "body_bytes_sent")
_STATUS_LENGTHS = pa.array([len("-"), len("200")], pa.int32())


class AccessLogOptions(Options):
    """Access logs need no settings."""

    description: str = ""
    """What the format is for."""


class CombinedFormat:
    """Access logs with referer and user agent; lines without them are read too."""

    name: ClassVar[str] = "combined"
    description: ClassVar[str] = "Access logs of Apache or nginx, combined format; common lines are read too."
    by_lines: ClassVar[bool] = True
    options: ClassVar[type[Options]] = AccessLogOptions
    dialect: ClassVar[Dialect] = Dialect(
        (_START_FIELDS, _RESULT_FIELDS, (), ()), ("request", "http_referer", "http_user_agent")
    )

    def __init__(self, options: AccessLogOptions) -> None:
        del options

    @property
    def groups(self) -> tuple[str, ...]:
        """The fields of a line."""
        return GROUPS

    def split(self, stream: Readable, *, piece_bytes: int) -> Iterator[Piece]:
        """Cut a stream into lines.

        Raises:
            BadArtifactError: from the stream.
        """
        return split_lines(stream, piece_bytes=piece_bytes)

    def fields(self, raw: pa.Array) -> pa.Array:
        """The fields of each line: by the dialect, and by the regular expression where the dialect fails."""
        return self.dialect.read(raw, _record, _is_record, _by_expression)


def _record(columns: Columns) -> pa.Array:
    """The dialect's columns as the regular expression's groups."""
    stamp = pc.binary_join_element_wise(columns["time"], columns["zone"], " ")
    return _struct({**columns, "time": pc.utf8_slice_codeunits(stamp, 1, -1)}, len(stamp))


def _is_record(columns: Columns) -> pa.Array:
    """Whether the expression would take them so too."""
    time, zone = columns["time"], columns["zone"]
    bracketed = pc.and_(pc.starts_with(time, "["), pc.ends_with(zone, "]"))
    inner = pc.and_(pc.less(pc.find_substring(time, "]"), 0), pc.equal(pc.find_substring(zone, "]"), _last(zone)))
    status = pc.and_(_is_number(columns["status"]), pc.is_in(pc.binary_length(columns["status"]), _STATUS_LENGTHS))
    return pc.and_(pc.and_(bracketed, inner), pc.and_(status, _is_number(columns["body_bytes_sent"])))


def _last(text: pa.Array) -> pa.Array:
    return pc.subtract(pc.binary_length(text), 1)


def _is_number(text: pa.Array) -> pa.Array:
    return pc.or_(pc.ascii_is_decimal(text), pc.equal(text, "-"))


def _by_expression(lines: pa.Array) -> pa.Array:
    """One file may hold both kinds of line."""
    combined = _WITH_AGENT.fields(lines)
    if not combined.null_count:
        return combined
    rest = lines.filter(combined.is_null())
    common = _WITHOUT_AGENT.fields(rest)
    found = dict(zip(_WITHOUT_AGENT.groups, common.flatten(), strict=True))
    matched = combined.is_valid()
    return merged(matched, combined.filter(matched), _struct(found, len(rest), common.is_null()))


def _struct(columns: Columns, count: int, null: pa.Array | None = None) -> pa.Array:
    absent = pa.nulls(count, pa.string())
    return pa.StructArray.from_arrays([columns.get(group, absent) for group in GROUPS], list(GROUPS), mask=null)


class CommonFormat(CombinedFormat):
    """Access logs without referer and user agent; lines with them are read too."""

    name: ClassVar[str] = "common"
    description: ClassVar[str] = "Access logs of Apache or nginx, common format; combined lines are read too."
    by_lines: ClassVar[bool] = True
    dialect: ClassVar[Dialect] = Dialect((_START_FIELDS, _RESULT_FIELDS), ("request",))
