"""Access logs: the quick dialect and the exact expression say the same of every line."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tailpipe_assets.formats import access_log
from tailpipe_assets.formats.access_log import AccessLogOptions, CombinedFormat, CommonFormat

COMBINED = CombinedFormat(AccessLogOptions())
COMMON = CommonFormat(AccessLogOptions())
TIME = "[07/Feb/2024:13:00:00 +0100]"

ODD = st.sampled_from(
    [
        "",
        " ",
        '"',
        '""',
        "\\",
        '\\"',
        "[",
        "]",
        "[x]",
        "a b",
        "[a b]",
        "é",
        "\t",
        "\r",
        "'",
        "-",
        "20",
        "1e3",
        "1.5",
        "\\x22",
    ]
)


def field(*usual: str) -> st.SearchStrategy[str]:
    """Mostly what stands there, sometimes not."""
    return st.sampled_from(usual) | st.sampled_from(usual) | ODD | st.tuples(ODD, st.sampled_from(usual)).map("".join)


def quoted(*usual: str) -> st.SearchStrategy[str]:
    """The same in quotes, mostly."""
    return field(*usual).map('"{}"'.format) | field(*usual).map('"{}"'.format) | field(*usual)


REQUEST = quoted("GET / HTTP/1.1", "GET /a\\ b HTTP/1.1", "-", 'GET /?q=\\"x\\" HTTP/1.1')
START = st.tuples(
    field("203.0.113.9", "::1"),
    field("-"),
    field("-", "ada", "ada lovelace"),
    field(TIME),
    REQUEST,
    field("200", "404"),
    field("12", "-"),
)
END = st.tuples(quoted("-", "https://example.com/"), quoted("Mozilla/5.0 (X11; Linux)", "-"))
LINES = st.one_of(
    START.map(" ".join), st.tuples(START.map(" ".join), END.map(" ".join)).map(" ".join), st.text(max_size=20)
).filter(lambda line: line.strip("\r\n") and "\n" not in line)


def exactly(lines: list[str]) -> list[Any]:
    """What the expression says."""
    found: list[Any] = access_log._by_expression(pa.array(lines, pa.string())).to_pylist()
    return found


@examples(max_examples=150)
@given(st.lists(LINES, max_size=6))
def test_dialect_and_expression_agree(lines: list[str]) -> None:
    """Odd quotes, backslashes, brackets and spaces: no line is lost, changed or moved by the quick way."""
    column = pa.array(lines, pa.string())

    assert COMBINED.fields(column).to_pylist() == exactly(lines)
    assert COMMON.fields(column).to_pylist() == exactly(lines)


def read(line: str) -> Any:
    """One line's fields."""
    (found,) = COMBINED.fields(pa.array([line])).to_pylist()
    return found


def test_a_combined_line_is_taken_apart() -> None:
    """Each field as it stands in the line, without what encloses it."""
    assert read(
        f'203.0.113.9 - ada {TIME} "GET /a?b=c HTTP/1.1" 200 1043 "https://example.com/" "Mozilla/5.0 (X11)"'
    ) == {
        "remote_addr": "203.0.113.9",
        "remote_ident": "-",
        "remote_user": "ada",
        "time": "07/Feb/2024:13:00:00 +0100",
        "request": "GET /a?b=c HTTP/1.1",
        "status": "200",
        "body_bytes_sent": "1043",
        "http_referer": "https://example.com/",
        "http_user_agent": "Mozilla/5.0 (X11)",
    }


def test_both_kinds_of_line_may_stand_in_one_file() -> None:
    """A common line has no referer and agent; garbage between them is nothing."""
    lines = [
        f'h - - {TIME} "GET / HTTP/1.1" 200 1 "r" "a"',
        f'h - - {TIME} "GET / HTTP/1.1" 200 2',
        "garbage",
        f'h - ada lovelace {TIME} "GET \\"x\\" HTTP/1.1" 200 3 "r" "a"',
    ]
    for form in (COMBINED, COMMON):
        found = form.fields(pa.array(lines)).to_pylist()

        assert [each and each["body_bytes_sent"] for each in found] == ["1", "2", None, "3"]
        assert [each and each["http_user_agent"] for each in found] == ["a", None, None, "a"]
        assert found[3]["remote_user"] == "ada lovelace"
        assert found[3]["request"] == 'GET \\"x\\" HTTP/1.1'


@pytest.mark.parametrize(
    "line",
    [
        f'h - - {TIME} "GET / HTTP/1.1" 20 1 "r" "a"',
        f'h - - {TIME} "GET / HTTP/1.1" 200 1.5 "r" "a"',
        'h - - 007/Feb/2024:13:00:00 +01000 "GET / HTTP/1.1" 200 1 "r" "a"',
        f' - - {TIME} "GET / HTTP/1.1" 200 1 "r" "a"',
        f'h - - {TIME} "GET / HTTP/1.1\\" 200 1 "r" "a"',
    ],
)
def test_what_only_looks_like_a_line_is_none(line: str) -> None:
    """The dialect could read these; they are no access log lines all the same."""
    assert read(line) is None


def test_very_many_odd_lines_stay_in_their_places() -> None:
    """Over more text than the dialect reads at once."""
    lines = [
        f'h - - {TIME} "GET /{n} HTTP/1.1" 200 {n} "-" "{"x" * 200}"' if n % 3 else f"odd {n}" for n in range(100_000)
    ]
    data = "\n".join(lines).encode()
    assert len(data) > 17_000_000

    found = [
        each and each["body_bytes_sent"]
        for piece in COMBINED.split(io.BytesIO(data), piece_bytes=1 << 25)
        for each in COMBINED.fields(piece.raw).to_pylist()
    ]

    assert found == [str(n) if n % 3 else None for n in range(100_000)]
