"""Web servers' access logs, in Apache's and nginx's `common` and `combined` formats.

References:
    https://httpd.apache.org/docs/2.4/logs.html#accesslog
    https://nginx.org/en/docs/http/ngx_http_log_module.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from tailpipe_assets.formats.dialect import Columns, Dialect, replaced
from tailpipe_assets.formats.lines import split_lines
from tailpipe_assets.formats.regex import LinePattern
from tailpipe_resources.plugins import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailpipe_assets.formats.base import Piece, Readable

_START = (
    r"^(?P<remote_addr>\S+) (?P<remote_ident>\S+) (?P<remote_user>.*?) \[(?P<time>[^\]]*)\] "
    r'"(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}|-) (?P<body_bytes_sent>\d+|-)'
)
_AGENT = r' "(?P<http_referer>(?:[^"\\]|\\.)*)" "(?P<http_user_agent>(?:[^"\\]|\\.)*)"'
_WITHOUT_AGENT = LinePattern(f"{_START}\\s*$")
_WITH_AGENT = LinePattern(f"{_START}{_AGENT}\\s*$")
GROUPS = _WITH_AGENT.groups
_COMMON = ("remote_addr", "remote_ident", "remote_user", "time", "zone", "request", "status", "body_bytes_sent")
_SHAPES = {"remote_addr": r"^\S+$", "remote_ident": r"^\S+$", "status": r"^(\d{3}|-)$", "body_bytes_sent": r"^(\d+|-)$"}
_AROUND = dict.fromkeys(("request", "http_referer", "http_user_agent"), ('"', '"'))


class AccessLogOptions(Options):
    """Access logs need no settings."""

    description: str = ""
    """What the format is for."""


class CombinedFormat:
    """Access logs with referer and user agent; lines without them are read too."""

    name: ClassVar[str] = "combined"
    description: ClassVar[str] = "Access logs of Apache or nginx, combined format; common lines are read too."
    options: ClassVar[type[Options]] = AccessLogOptions
    columns: ClassVar[tuple[str, ...]] = (*_COMMON, "http_referer", "http_user_agent")

    def __init__(self, options: AccessLogOptions) -> None:
        del options
        self._dialect = Dialect(self.columns, around=_AROUND)

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
        return self._dialect.read(raw, _record, _by_expression) if len(raw) else _by_expression(raw)


def _record(columns: Columns) -> pa.Array:
    """The dialect's columns as the regular expression's groups."""
    stamp = pc.binary_join_element_wise(columns["time"], columns["zone"], " ")
    time = pc.utf8_slice_codeunits(stamp, 1, -1)
    misfit = pc.invert(pc.fill_null(_fits(columns, stamp), fill_value=False))
    return _struct({**columns, "time": time}, len(stamp), misfit)


def _fits(columns: Columns, stamp: pa.Array) -> pa.Array:
    """Where the dialect's columns are what the regular expression would have found."""
    fits = pc.match_substring_regex(stamp, r"^\[[^\]]*\]$")
    for name, pattern in _SHAPES.items():
        fits = pc.and_(fits, pc.match_substring_regex(columns[name], pattern))
    for name in _AROUND.keys() & columns.keys():
        fits = pc.and_not(fits, pc.ends_with(columns[name], "\\"))
    return fits


def _by_expression(lines: pa.Array) -> pa.Array:
    """One file may hold both kinds of line."""
    combined = _WITH_AGENT.fields(lines)
    if not combined.null_count:
        return combined
    rest = lines.filter(combined.is_null())
    common = _WITHOUT_AGENT.fields(rest)
    found = dict(zip(_WITHOUT_AGENT.groups, common.flatten(), strict=True))
    return replaced(combined, combined.is_null(), _struct(found, len(rest), common.is_null()))


def _struct(columns: Columns, count: int, null: pa.Array | None = None) -> pa.Array:
    absent = pa.nulls(count, pa.string())
    return pa.StructArray.from_arrays([columns.get(group, absent) for group in GROUPS], list(GROUPS), mask=null)


class CommonFormat(CombinedFormat):
    """Access logs without referer and user agent; lines with them are read too."""

    name: ClassVar[str] = "common"
    description: ClassVar[str] = "Access logs of Apache or nginx, common format; combined lines are read too."
    columns: ClassVar[tuple[str, ...]] = _COMMON
