"""Syslog lines by RFC 5424 and by RFC 3164, in one file too, with or without the priority before them.

References:
    https://www.rfc-editor.org/rfc/rfc5424
    https://www.rfc-editor.org/rfc/rfc3164
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from tailpipe_assets.formats.dialect import merged
from tailpipe_assets.formats.lines import split_lines
from tailpipe_resources.model.window import zone_named
from tailpipe_resources.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailpipe_assets.formats.base import Piece, Readable

GROUPS = (
    *("priority", "version", "time", "hostname", "app_name", "proc_id", "msg_id", "structured_data", "message"),
    *("year", "zone"),
)
_NEW = (
    r"^<(?P<priority>\d{1,3})>(?P<version>[1-9]\d{0,2}) (?P<time>\S+) (?P<hostname>\S+) (?P<app_name>\S+) "
    r"(?P<proc_id>\S+) (?P<msg_id>\S+) (?P<structured_data>-|(?:\[[^\]\s]+(?: [^\s=\]\"]+=\"(?:[^\"\\\]]|\\.)*\")*\])+)"
    r"(?: \x{FEFF}?(?P<message>.*))?$"
)
_START = r"^(?:<(?P<priority>\d{1,3})>)?(?P<time>[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2}|\d{4}-\d{2}-\d{2}[T ]\S+) "
_PROGRAM = r"(?P<app_name>[^\s:\[]{1,128})(?:\[(?P<proc_id>[^\]]*)\])?: ?"
_USUAL = _START + r"(?P<hostname>[^\s:\[]+) (?P<app_name>[^\s:\[]+)(?:\[(?P<proc_id>[^\]]*)\])?: ?(?P<message>.*)$"
_OLD = _START + r"(?:(?P<hostname>[^\s:\[]+) )?(?:" + _PROGRAM + r")?(?P<message>.*)$"
_FROM_IPV6 = _START + r"(?P<hostname>[0-9a-fA-F]*:[0-9a-fA-F:.]+) (?:" + _PROGRAM + r")?(?P<message>.*)$"


class SyslogOptions(Options):
    """What lines of RFC 3164 do not say of their times."""

    timezone: str = "UTC"
    """The zone of times without one, such as `Europe/Berlin`."""

    year: int | None = None
    """The year of times without one; unless said, the latest in which they are not in the future."""

    description: str = ""
    """What the format is for."""


class SyslogFormat:
    """Syslog: priority, time, host, program and message."""

    name: ClassVar[str] = "syslog"
    description: ClassVar[str] = "Syslog lines by RFC 5424 or RFC 3164, with or without a priority."
    by_lines: ClassVar[bool] = True
    options: ClassVar[type[Options]] = SyslogOptions
    groups: ClassVar[tuple[str, ...]] = GROUPS

    def __init__(self, options: SyslogOptions) -> None:
        self._zone, self._year = options.timezone, options.year
        if zone_named(options.timezone) is None:
            raise ValueError(f'there is no time zone "{options.timezone}"; write one such as Europe/Berlin')
        if options.year is not None and not 1970 <= options.year <= 9999:
            raise ValueError(f'"year" must be one from 1970 on; it is {options.year}')

    def split(self, stream: Readable, *, piece_bytes: int) -> Iterator[Piece]:
        """Cut a stream into lines.

        Raises:
            BadArtifactError: from the stream.
        """
        return split_lines(stream, piece_bytes=piece_bytes)

    def fields(self, raw: pa.Array) -> pa.Array:
        """The parts of each line; null where it is no syslog."""
        is_new = pc.match_substring_regex(raw, r"^<\d{1,3}>[1-9]\d{0,2} ")
        if not pc.any(is_new, min_count=0).as_py():
            return self._old(raw)
        if pc.all(is_new, min_count=0).as_py():
            return self._struct(pc.extract_regex(raw, _NEW))
        new = self._struct(pc.extract_regex(raw.filter(is_new), _NEW))
        return merged(is_new, new, self._old(raw.filter(pc.invert(is_new))))

    def _old(self, lines: pa.Array) -> pa.Array:
        """Lines of RFC 3164. Most have a host and a program; the rest takes a closer, slower look."""
        found = self._struct(pc.extract_regex(lines, _USUAL))
        for pattern in (_FROM_IPV6, _OLD):
            if not found.null_count:
                break
            rest = self._struct(pc.extract_regex(lines.filter(found.is_null()), pattern))
            found = merged(found.is_valid(), found.drop_null(), rest)
        return found

    def _struct(self, found: pa.Array) -> pa.Array:
        count = len(found)
        values = dict(zip([field.name for field in found.type], found.flatten(), strict=True))
        values["zone"] = _repeated(None if self._zone == "UTC" else self._zone, count)
        values["year"] = _repeated(None if self._year is None else str(self._year), count)
        absent = pa.nulls(count, pa.string())
        columns = [values.get(group, absent) for group in GROUPS]
        return pa.StructArray.from_arrays(columns, list(GROUPS), mask=found.is_null())


def _repeated(value: str | None, count: int) -> pa.Array:
    return pa.nulls(count, pa.string()) if value is None else pa.repeat(pa.scalar(value), count)
