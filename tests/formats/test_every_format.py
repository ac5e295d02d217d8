"""One suite over every format of text: what holds of bytes, whatever they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.formats.base import MAX_RECORD_BYTES
from tailpipe_resources import plugins
from tests.services.cutting import made, read

if TYPE_CHECKING:
    from tailpipe_assets.formats.base import Format

ACCESS = '203.0.113.9 - ada [07/Feb/2024:13:00:00 +0100] "GET /é HTTP/1.1" 200 1043 "-" "curl"'
LINES: dict[str, tuple[dict[str, Any], str]] = {
    "apache_access_log": ({}, ACCESS),
    "cef": ({}, "CEF:0|Acme|Wall|1.0|100|worm é|10|src=10.0.0.1 msg=two words"),
    "combined": ({}, ACCESS),
    "common": ({}, ACCESS),
    "delimited": ({"columns": ["a", "b"]}, '1,"é, ""x"""'),
    "grok": ({"layout": "%{WORD:verb} %{GREEDYDATA:rest}"}, "GET é"),
    "json": ({}, '{"a": "é"}'),
    "jsonl": ({}, '{"a": "é"}'),
    "kv": ({}, 'a=1 b="é x"'),
    "leef": ({}, "LEEF:2.0|Acme|Wall|1.0|100|^|src=10.0.0.1^msg=é x"),
    "logfmt": ({}, 'a=1 b="é x" c'),
    "nginx_access_log": ({}, ACCESS),
    "regex": ({"layout": r"(?P<a>\S+) (?P<b>.*)"}, "GET é"),
    "syslog": ({}, "<34>1 2024-02-07T12:00:00Z host su - ID47 - é"),
}
"""Options, and a line that becomes a record."""

TEXT = sorted(LINES)
OTHER = {
    *("aws_alb_access_log", "aws_clb_access_log", "aws_nlb_access_log"),
    *("aws_s3_server_access_log", "aws_vpc_flow_log", "parquet"),
}


def form(name: str) -> Format:
    """The format with the options that belong to its line."""
    return made(name, **LINES[name][0])


def test_every_installed_format_is_tried_here() -> None:
    """But those that are no text or of one vendor, which have tests of their own."""
    assert set(plugins.names("format")) == set(TEXT) | OTHER


@pytest.mark.parametrize("name", TEXT)
class TestEveryFormat:
    def test_a_line_is_one_record_in_pieces_of_any_size(self, name: str) -> None:
        """Wherever blocks end, in the middle of a letter too; with line ends of both kinds and none after the last."""
        line = LINES[name][1]
        data = "\r\n".join([line] * 3).encode() + b"\n" + line.encode()
        whole, places, rejected = read(form(name), data)

        assert (len(whole), rejected, None in whole) == (4, [], False)
        assert whole == [whole[0]] * 4
        for size in (1, 2, 7, len(line.encode()), len(line.encode()) + 1):
            assert read(form(name), data, size) == (whole, places, [])

    def test_nothing_holds_no_record(self, name: str) -> None:
        """An artifact without a byte, and one of blank lines."""
        assert read(form(name), b"") == ([], [], [])
        assert read(form(name), b"\n\r\n\n") == ([], [], [])

    def test_bytes_that_are_no_text_cost_their_line_alone(self, name: str) -> None:
        """Those before and after come through."""
        line = LINES[name][1].encode()
        data = b"\n".join([line, line + b" \xff\xfe", line])

        records, _, rejected = read(form(name), data)

        assert len(records) == 2
        assert [text[-8:] for _, text in rejected] == ["\\xff\\xfe"]

    def test_a_line_without_an_end_is_set_aside(self, name: str) -> None:
        """More than a record may have is not held, and what follows is read."""
        line = LINES[name][1].encode()
        if name == "json":
            pytest.skip("its documents have a limit of their own")

        records, _, rejected = read(form(name), line + b"\n" + b"x" * (MAX_RECORD_BYTES + 2) + b"\n" + line)

        assert len(records) == 2
        assert [position for position, _ in rejected] == [len(line) + 1]

    def test_its_lines_mean_the_same_from_any_line_on(self, name: str) -> None:
        """What `by_lines` promises to those who read on in files that grow."""
        chosen, line = form(name), LINES[name][1].encode()
        if not chosen.by_lines:
            pytest.skip("it needs what stands before")

        assert read(chosen, line)[0] == read(chosen, line + b"\n" + line)[0][1:]
