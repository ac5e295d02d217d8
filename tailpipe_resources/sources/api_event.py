"""Events as an API delivers them: the text as it came, who it is, and when it happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tailpipe_resources.sources.api_errors import Unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

MICROS: Final = 1_000_000
_MILLIS_FROM = 10**11
_MICROS_FROM = 10**14
_NANOS_FROM = 10**17
_NO_TIME_FROM = 10**20

Path = tuple[str, ...]
"""The way to a value within objects."""


@dataclass(frozen=True, slots=True)
class Event:
    """One record."""

    raw: bytes
    """On one line."""

    key: int
    """64 bits that stand for its id."""

    time: int | None
    """Microseconds since 1970; None when it has none that can be read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Where things are in a page."""

    records: Path
    """The way to the array of records; an empty one means the page itself."""

    id: Path | None
    """The way to an event's id within a record; without one, or where it is empty, equal records are one."""

    time: Path
    is_optional: bool = False
    """Whether the array may be absent, or the whole page."""

    def events(self, page: bytes) -> list[Event]:
        """The events of a page.

        Raises:
            Unreadable: it is no JSON, or has no array where one should be.
        """
        return [self._event(raw) for raw in records_of(page, self.records, is_optional=self.is_optional)]

    def _event(self, raw: bytes) -> Event:
        try:
            record = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            # The pipeline sets it aside and says why.
            return Event(raw.replace(b"\n", b" ").replace(b"\r", b" "), key_of(raw), None)
        line = msgspec.json.format(raw, indent=-1) if b"\n" in raw or b"\r" in raw else raw
        found = value_at(record, self.id) if self.id is not None else None
        key = key_of(raw if found in (None, "") else msgspec.json.encode(found))
        return Event(line, key, micros(value_at(record, self.time)))


def records_of(page: bytes, path: Path, *, is_optional: bool = False) -> Sequence[bytes]:
    """The records of a page as they are written in it.

    Raises:
        Unreadable: there is no array of them.
    """
    part: bytes | msgspec.Raw = page
    if is_optional and not page.strip():
        return ()
    try:
        for name in path:
            found = msgspec.json.decode(part, type=dict[str, msgspec.Raw])
            if name not in found and is_optional:
                return ()
            if name not in found:
                raise Unreadable(f'the answer has no "{".".join(path)}"')
            part = found[name]
        if bytes(part).strip() == b"null":
            return ()
        return [bytes(each) for each in msgspec.json.decode(part, type=list[msgspec.Raw])]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        where = f'an array under "{".".join(path)}"' if path else "an array"
        raise Unreadable(f"the answer is no JSON with {where}") from None


def value_at(found: Any, path: Path) -> Any:
    """What is there at the end of a way, or None."""
    for name in path:
        if not isinstance(found, dict):
            return None
        found = found.get(name)
    return found


def value_in(page: bytes, path: Path) -> Any:
    """The same within JSON text, of which nothing else is looked at: not even whether the rest is right."""
    part: bytes | msgspec.Raw = page
    try:
        for name in path:
            part = msgspec.json.decode(part, type=dict[str, msgspec.Raw])[name]
        return msgspec.json.decode(part)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError):
        return None


def path_of(text: str) -> Path:
    """A way as users write it: `data.items`."""
    return tuple(part for part in text.split(".") if part)


def key_of(data: bytes) -> int:
    """64 bits of a digest."""
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big")


def micros(value: Any) -> int | None:
    """An instant as APIs write it: ISO 8601, or a number since 1970 whose unit its size tells."""
    if isinstance(value, str):
        return _of_text(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    size = abs(value)
    if size >= _NANOS_FROM:
        return int(value // 1000) if size < _NO_TIME_FROM else None
    if size >= _MICROS_FROM:
        return int(value)
    return round(value * 1000) if size >= _MILLIS_FROM else round(value * MICROS)


def _of_text(text: str) -> int | None:
    try:
        return micros(float(text) if "." in text else int(text))
    except (ValueError, OverflowError):
        pass
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return of_instant(when if when.tzinfo else when.replace(tzinfo=UTC))


def of_instant(when: datetime) -> int:
    """An instant in microseconds since 1970, exactly."""
    span = when - datetime(1970, 1, 1, tzinfo=UTC)
    return (span.days * 86400 + span.seconds) * MICROS + span.microseconds
