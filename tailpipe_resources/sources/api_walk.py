"""A walk back through an API that cannot be asked for a day: each page is fetched once for all days of a run."""

from __future__ import annotations

import struct
import tempfile
from collections import defaultdict
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from tailpipe_resources.sources.api_event import MICROS, Event

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD: Final = struct.Struct(">QqI")
_DAY = 86400 * MICROS


class Walk:
    """Events on the way from the newest back to some instant, kept in a file by the day they happened."""

    def __init__(self, back_to: int) -> None:
        self.back_to = back_to
        """Microseconds since 1970."""

        self.first: Event | None = None
        """The first event that came."""

        self._file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 - kept until `close`
        self._size = 0
        self._parts: dict[int, list[tuple[int, int]]] = defaultdict(list)
        """By day since 1970, stretches of the file: where each begins and ends."""

    def keep(self, event: Event, time: int) -> None:
        """One more event."""
        self.first = self.first or event
        self._file.write(_HEAD.pack(event.key, time, len(event.raw)) + event.raw)
        start, self._size = self._size, self._size + _HEAD.size + len(event.raw)
        parts = self._parts[time // _DAY]
        if parts and parts[-1][1] == start:
            parts[-1] = (parts[-1][0], self._size)
        else:
            parts.append((start, self._size))

    def events(self, start: int) -> Iterator[tuple[Event, int]]:
        """The events of the day that begins then, in the order they came, each with its time."""
        for begin, end in self._parts.get(start // _DAY, ()):
            self._file.seek(begin)
            at = begin
            while at < end:
                key, time, length = _HEAD.unpack(self._file.read(_HEAD.size))
                yield Event(self._file.read(length), key, time), time
                at += _HEAD.size + length

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
