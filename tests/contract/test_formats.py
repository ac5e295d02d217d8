"""Our formats keep the contract that plugins keep."""

from __future__ import annotations

from tailpipe_assets.testing import FormatContract

LINE = b'10.0.0.%d - - [07/Feb/2024:12:00:00 +0000] "GET /\xc3\xa9 HTTP/1.1" 200 12 "-" "curl"\n'
LINES = b"".join(LINE % number for number in range(5))


class Lines(FormatContract):
    """Formats of a line a record."""

    sample = LINES
    records = 5
    broken = LINES.replace(b"/\xc3\xa9", b"/\xff", 1)


class TestCombined(Lines):
    name = "combined"


class TestCommon(Lines):
    name = "common"


class TestRegex(Lines):
    name = "regex"
    options = {"layout": r"^(?P<remote_addr>\S+) .*$"}


class TestGrok(Lines):
    name = "grok"
    options = {"layout": "%{IP:remote_addr} %{GREEDYDATA:rest}"}


class TestJsonLines(FormatContract):
    name = "jsonl"
    sample = b'{"a": "\xc3\xa9", "b": [1, {"c": "}"}]}\n\n{"a": 2}\n{"a": "\\n"}\n'
    records = 3
    broken = sample.replace(b"\xc3\xa9", b"\xff")


class TestJson(FormatContract):
    name = "json"
    sample = b'[{"a": "\xc3\xa9", "b": [1, {"c": "}"}]}, {"a": 2}, {"a": "]"}]'
    records = 3
