"""Regular expressions for lines with a time in them, guessed from how the lines look."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tailpipe_assets.recognition.known_lines import KNOWN_LINES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?"
_TIMES = (
    _ISO,
    r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d+)?",
    r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d(?: [+-]\d{4})?",
    r"[A-Z][a-z]{2} +\d+ \d{4} \d\d:\d\d:\d\d(?:\.\d+)?(?: [A-Z]{3})?",
    r"[A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d(?:\.\d+)? \d{4}",
    r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}",
    r"\d\d?[./-]\d\d?[./-]\d{4} \d\d:\d\d:\d\d(?: [AP]M)?",
    r"\d\d?-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d",
    r"\d\d?/\d\d?/\d\d \d\d:\d\d:\d\d",
    r"\d{8} \d\d:\d\d:\d\d",
    r"\d{10}(?:\.\d+)?",
)
_LEVEL = (
    "(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|SEVERE|FATAL|CRITICAL"
    "|trace|debug|info|notice|warn|warning|error|fatal|critical)"
)
_LEVELLED = rf"(?P<level>{_LEVEL})"
_THREAD = r"\[(?P<thread>[^\]]+)\]"
_MESSAGE = r"(?P<message>.*)$"
_REST = (
    (rf"\s+{_THREAD}\s+{_LEVELLED}\s+(?P<logger>\S+)\s+(?:-|:)\s+{_MESSAGE}", "thread, level, logger"),
    (rf"\s+{_LEVELLED}\s+{_THREAD}\s+(?P<logger>\S+?):?\s+(?:- )?{_MESSAGE}", "level, thread, logger"),
    (rf"\s+{_LEVELLED}\s+(?P<logger>[\w.$]+)(?:\s+-|:)\s+{_MESSAGE}", "level, logger"),
    (rf"\s+-\s+(?P<logger>[\w.]+)\s+-\s+{_LEVELLED}\s+-\s+{_MESSAGE}", "logger, level"),
    (rf"\]?:?\s+\[?{_LEVELLED}\]?:?\s+{_MESSAGE}", "level"),
)
_PARTED = rf"date=(?P<date>\d{{4}}-\d\d-\d\d)[ ,]+time=(?P<time>\d\d:\d\d:\d\d)[ ,]*{_MESSAGE}"
_MOST_BEFORE = 120
_FITTING = 0.4


def line_patterns(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Expressions that fit many of the lines, the most telling first, each with what it takes apart.

    Lines that carry on the one before, as stack traces do, fit none.
    """
    for known in KNOWN_LINES:
        if _fits(lines, known.pattern):
            yield known.pattern, f"lines as written by {known.program}"
    if _fits(lines, _PARTED):
        yield _PARTED, "lines of text with date= and time= in them"
    for time in _TIMES:
        if not _fits(lines, rf"^.{{0,{_MOST_BEFORE}}}?{time}"):
            continue
        begin = rf"^\[?(?P<timestamp>{time})\]?"
        for rest, what in _REST:
            pattern = begin + rest
            if _fits(lines, pattern):
                yield pattern, f"lines of text: time, {what}, message"
        yield rf"^\[?(?P<timestamp>{time})\]?\s*(?P<message>.*)$", "lines of text that begin with a time"
        yield rf"^(?P<prefix>.*?)\s*\[?(?P<timestamp>{time})\]?\s*(?P<message>.*)$", "lines of text with a time in them"


def _fits(lines: Sequence[str], pattern: str) -> bool:
    compiled = re.compile(pattern)
    return bool(lines) and sum(bool(compiled.search(each[:2000])) for each in lines) >= _FITTING * len(lines)
