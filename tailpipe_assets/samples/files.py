"""Log files as a service leaves them behind: the bytes, and the time of the last entry on the file."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from isal import igzip

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GZIP_LEVEL = 2


@dataclass(frozen=True, slots=True)
class Written:
    """How much was written."""

    files: int = 0
    records: int = 0
    bytes: int = 0
    """As stored, so after gzip."""

    tally: Counter[str] = field(default_factory=Counter)
    """How often the texts occur that the writer was told to count."""

    def __add__(self, other: Written) -> Written:
        return Written(
            self.files + other.files,
            self.records + other.records,
            self.bytes + other.bytes,
            self.tally + other.tally,
        )


def write(
    path: Path, text: str, *, records: int, modified: datetime, tally: Mapping[str, str] | None = None
) -> Written:
    """Put text into a file, gzipped when its name says so.

    The file's time is the log's, not the clock's: writing the same log again leaves a file that looks untouched.
    """
    content = text.encode()
    if path.suffix == ".gz":
        content = igzip.compress(content, GZIP_LEVEL, mtime=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    stamp = modified.timestamp()
    os.utime(path, (stamp, stamp))
    counted = Counter({name: text.count(sought) for name, sought in (tally or {}).items()})
    return Written(files=1, records=records, bytes=len(content), tally=counted)


def instant(day: date, second: int) -> datetime:
    """A second of a UTC day."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=second)
