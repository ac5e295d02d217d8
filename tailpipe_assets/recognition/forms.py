"""Forms: the formats that bytes nobody knows may be of, the surest first."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tailpipe_assets.recognition.json_paths import records_path
from tailpipe_assets.recognition.line_guess import line_patterns
from tailpipe_resources import plugins

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tailpipe_assets.formats.base import Format
    from tailpipe_assets.recognition.head import Head

_PAIR = re.compile(r'(?:^|\s|^<\d{1,3}>)[A-Za-z_@][\w.@-]*=(?:"|\S)')
_CEF = re.compile(r"CEF:\s*\d")
_LEEF = re.compile(r"LEEF:\s*\d")
_DELIMITERS = ("\t", ";", "|", ",")
_NAME = re.compile(r"[A-Za-z_#@][\w .:/()#@%-]{0,60}")
_W3C = re.compile(r"#fields:?\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Form:
    """A format with its options."""

    type: str
    options: dict[str, Any] = field(default_factory=dict)
    what: str = ""
    """What it is, in words."""

    @property
    def key(self) -> str:
        """The same for equal forms."""
        return f"{self.type} {json.dumps(self.options, sort_keys=True)}"

    def made(self) -> Format:
        """The format.

        Raises:
            ValueError: its options make none, as when a log names a field twice.
        """
        kind = plugins.load("format", self.type)
        made: Format = kind(kind.options(**self.options))
        return made


def forms(head: Head) -> Iterator[Form]:
    """Everything a head may be."""
    if head.is_parquet:
        yield Form("parquet", {}, "Parquet")
        return
    if not head.is_text:
        return
    lines = head.lines
    if lines and lines[0].lstrip()[:1] in {"{", "["}:
        yield from _json(head, lines)
    if _most(lines, _CEF):
        yield Form("cef", {}, "CEF events")
    if _most(lines, _LEEF):
        yield Form("leef", {}, "LEEF events")
    yield from _w3c(lines)
    if _is_pairs(lines):
        yield Form("logfmt", {}, "name=value pairs (logfmt)")
    yield from _delimited(lines)
    for pattern, what in line_patterns(lines):
        yield Form("regex", {"layout": pattern}, what)


def _json(head: Head, lines: Sequence[str]) -> Iterator[Form]:
    whole = lines if not head.is_cut else lines[:-1] or lines
    by_line = Form("jsonl", {}, "JSON lines")
    are_objects = all(_is_object(each) for each in whole[:50])
    if are_objects and len(whole) > 1:
        yield by_line
        return
    path = records_path(head.data.decode(errors="replace"))
    if path is not None:
        where = f"records under {path}" if path else "an array of records"
        yield Form("json", {"records": path} if path else {}, f"JSON documents, {where}")
    if are_objects:
        yield by_line
    elif not head.is_cut and _is_object(head.data.decode(errors="replace")):
        yield Form("json", {}, "one JSON object a file")


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _most(lines: Sequence[str], pattern: re.Pattern[str], share: float = 0.6) -> bool:
    return bool(lines) and sum(bool(pattern.search(each)) for each in lines) >= share * len(lines)


def _is_pairs(lines: Sequence[str]) -> bool:
    fits = [
        len(_PAIR.findall(each)) >= 2 and re.match(r"(?:<\d{1,3}>)?\s*[\w.@-]+=", each) is not None for each in lines
    ]
    return bool(lines) and sum(fits) >= 0.7 * len(lines)


def _w3c(lines: Sequence[str]) -> Iterator[Form]:
    """Logs of IIS and others by the W3C's layout, and of Zeek, which has taken it over."""
    said = next((each for each in lines[:20] if _W3C.match(each)), None)
    if said is not None:
        names = list(dict.fromkeys(_W3C.sub("", said, count=1).split()))
        # CloudFront names the columns between spaces, and has tabs between the fields.
        first = next((each for each in lines if not each.startswith("#")), said)
        options = {"delimiter": "\t" if "\t" in first else " ", "quote": "", "comment": "#", "columns": names}
        yield Form("delimited", options, "delimited text, a comment names the columns")


def _delimited(lines: Sequence[str]) -> Iterator[Form]:
    comment = "#" if lines and lines[0].startswith("#") and any(not each.startswith("#") for each in lines) else ""
    rows = [each for each in lines if not comment or not each.startswith(comment)]
    for delimiter in _DELIMITERS:
        table = _table(rows, delimiter)
        (width, count), *_ = Counter(map(len, table)).most_common(1) or [(0, 0)]
        if width < 2 or count < 0.9 * len(table) or len(table) < 2:
            continue
        options: dict[str, Any] = {} if delimiter == "," else {"delimiter": delimiter}
        options |= {"comment": comment} if comment else {}
        if _is_header(table[0], table[1:]):
            yield Form("delimited", options, f"{_called(delimiter)}, a header names the columns")
        elif width >= 3 or delimiter != ",":
            columns = [f"column_{number}" for number in range(1, width + 1)]
            yield Form("delimited", {**options, "columns": columns}, f"{_called(delimiter)} without a header")


def _table(rows: Sequence[str], delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader([each[:8000] for each in rows], delimiter=delimiter))
    except csv.Error:
        return []


def _is_header(first: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    names = [each.strip() for each in first]
    if len(set(names)) < len(names) or not all(_NAME.fullmatch(each) for each in names):
        return False
    values = {each.strip() for row in others[:50] for each in row}
    return not set(names) & values


def _called(delimiter: str) -> str:
    return {"\t": "tab-separated text", ",": "comma-separated text"}.get(delimiter, f"text separated by {delimiter}")
