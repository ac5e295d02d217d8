"""Layouts of web servers: the quick dialect and the expression agree, and every layout means what its server writes."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tailpipe_assets.formats.server_logs import (
    APACHE_COMBINED,
    NGINX_COMBINED,
    ApacheFormat,
    ApacheOptions,
    NginxFormat,
    NginxOptions,
)

TIME = "[07/Feb/2024:13:00:00 +0100]"
LAYOUT = (
    '$remote_addr - $remote_user [$time_local] "$request" $status rt=$request_time; "$http_user_agent" $upstream_addr'
)
ODD = ["", " ", '"', "\\", '\\"', "[", "]", "a b", "é", "\t", "-", "rt=", ";", "x;y"]
PIECES = st.sampled_from(
    [*ODD, "203.0.113.9", "ada", TIME, '"GET / HTTP/1.1"', "200", "rt=0.1;", '"curl"', "10.0.0.1:80"]
)
USUAL = st.tuples(
    st.sampled_from(["203.0.113.9", "::1", "a b", ""]),
    st.sampled_from(["-", "- ", "x"]),
    st.sampled_from(["ada", "-", "ada lovelace"]),
    st.sampled_from([TIME, "[x]", "[a b]", "[a b] ", "[a ]b]"]),
    st.sampled_from(['"GET / HTTP/1.1"', '""', '"\\""', '"']),
    st.sampled_from(["200", "-", ""]),
    st.sampled_from(["rt=0.1;", "rt=;", "rt=0;1;", "0.1;", "rt=0.1"]),
    st.sampled_from(['"curl"', '"a b"']),
    st.sampled_from(["10.0.0.1:80", "a, b", "a : b", "é"]),
).map(" ".join)
LINES = (USUAL | st.lists(PIECES, min_size=1, max_size=10).map(" ".join)).filter(lambda line: bool(line.strip()))

COMMON = st.tuples(
    st.sampled_from(["h - -", "h - ada", "h - a b", "h -", '"h" - -']),
    st.sampled_from([TIME, "[a b]", "[x]"]),
    st.sampled_from(['"GET / HTTP/1.1"', '"-"', '"\\""', '"say "hi""', '"']),
    st.sampled_from(["200 1", "408 -", "200", "200 1 "]),
    st.sampled_from(["", ' "-" "curl"', ' "r" "a "b" c"', ' "r"', ' "r" "a"b', "  "]),
).map(lambda parts: " ".join(parts[:-1]) + parts[-1])


def nginx(layout: str, *lines: str) -> list[Any]:
    """What a layout makes of lines, without what is absent."""
    return told(NginxFormat(NginxOptions(layout=layout)), *lines)


def told(form: NginxFormat | ApacheFormat, *lines: str) -> list[Any]:
    """The fields a format finds."""
    found = form.fields(pa.array(lines, pa.string())).to_pylist()
    return [None if each is None else {k: v for k, v in each.items() if v is not None} for each in found]


@examples(max_examples=300)
@given(st.lists(LINES, max_size=5))
def test_dialect_and_expression_agree(lines: list[str]) -> None:
    """Of every line, however odd."""
    column = pa.array(lines, pa.string())
    for layout in (LAYOUT, NGINX_COMBINED):
        made = NginxFormat(NginxOptions(layout=layout))._layout

        assert made._dialect is not None
        assert made.fields(column).to_pylist() == made.by_expression(column).to_pylist()


@examples(max_examples=300)
@given(st.lists(COMMON, max_size=6))
def test_apache_reads_a_line_alike_by_dialects_and_expressions(lines: list[str]) -> None:
    """Whichever of its layouts the line was written by, if any."""
    column = pa.array(lines, pa.string())
    form = ApacheFormat(ApacheOptions())

    assert form.fields(column).to_pylist() == form._by_expressions(column).to_pylist()


def test_a_layout_of_ones_own_is_read() -> None:
    """Text around variables, lists of servers, and variables nobody knows."""
    found = nginx(
        '$remote_addr [$time_iso8601] "$request" $status rt=$request_time '
        'us="$upstream_addr" ut=$upstream_response_time $foo',
        '::1 [2024-02-07T12:00:00+00:00] "GET / HTTP/1.1" 200 rt=0.1 us="10.0.0.1:80, 10.0.0.2:80" ut=0.1, 0.2 x',
        "something else",
    )

    assert found == [
        {
            "remote_addr": "::1",
            "time_iso8601": "2024-02-07T12:00:00+00:00",
            "request": "GET / HTTP/1.1",
            "status": "200",
            "request_time": "0.1",
            "upstream_addr": "10.0.0.1:80, 10.0.0.2:80",
            "upstream_response_time": "0.1, 0.2",
            "others": '{"foo":"x"}',
        },
        None,
    ]


def test_apache_reads_combined_and_common_in_one_file() -> None:
    """Unless a layout says which it is."""
    common = f'h - - {TIME} "GET / HTTP/1.1" 200 1'
    both = told(ApacheFormat(ApacheOptions()), f'{common} "r" "a b"', common, "x")
    one = told(ApacheFormat(ApacheOptions(layout=APACHE_COMBINED)), common)

    assert [each and each.get("http_user_agent") for each in both] == ["a b", None, None]
    assert [each and each["time"] for each in both] == [TIME[1:-1], TIME[1:-1], None]
    assert one == [None]


def test_an_apache_layout_is_read_as_its_configuration_states_it() -> None:
    r"""With `\"`, conditions, and directives in any case."""
    layout = '%v:%p %a %h %l %u %t \\"%r\\" %>s %O \\"%{REFERER}i\\" \\"%{X-Foo}i\\" %{us}T %!200,304{Bar}n %%'
    (found,) = told(
        ApacheFormat(ApacheOptions(layout=layout)),
        f'www.x:80 ::1 h - - {TIME} "GET / HTTP/1.1" 200 1 "-" "a b" 55 - %',
    )

    assert found.pop("others") == '{"%{X-Foo}i":"a b","%{Bar}n":"-"}'
    assert found == {
        "server_name": "www.x",
        "server_port": "80",
        "remote_addr": "::1",
        "remote_host": "h",
        "remote_logname": "-",
        "remote_user": "-",
        "time": TIME[1:-1],
        "request": "GET / HTTP/1.1",
        "status": "200",
        "bytes_sent": "1",
        "http_referer": "-",
        "request_time_us": "55",
    }


@pytest.mark.parametrize(
    ("form", "options", "message"),
    [
        (NginxFormat, NginxOptions(layout="no variable"), "no variable"),
        (NginxFormat, NginxOptions(layout="$status $status"), 'has "status" twice'),
        (NginxFormat, NginxOptions(layout="$status$scheme"), 'nothing stands between "status" and "scheme"'),
        (ApacheFormat, ApacheOptions(layout="%{%Y}t"), "cannot be read"),
    ],
)
def test_a_layout_that_cannot_be_read_back_is_refused(form: Any, options: Any, message: str) -> None:
    """Before any line is read."""
    with pytest.raises(ValueError, match=message.replace("(", "\\(")):
        form(options)
