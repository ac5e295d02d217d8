"""Access logs as a table: what clients send, however odd."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.tables.http_log import HTTP_LOG

if TYPE_CHECKING:
    from tests.services.project import Project

TIME = "[07/Feb/2024:13:00:00 +0100]"


@pytest.fixture
def web(project: Project) -> Project:
    """A collection of every line."""
    project.configure('collection "http_log" "web" {\n  source = source.file.logs\n  format = "combined"\n}\n')
    return project


def collected(web: Project, columns: str, *lines: str) -> list[tuple[Any, ...]]:
    """What these lines come to, in their order."""
    web.write("access.log", "\n".join(lines))
    web.collect_one()
    return web.ask(f"select {columns} from http_log order by tp_source_offset")


def test_its_columns_are_these() -> None:
    """Names, types and order."""
    assert [(each.name, each.type) for each in HTTP_LOG.columns] == [
        ("remote_addr", "VARCHAR"),
        ("remote_ident", "VARCHAR"),
        ("remote_user", "VARCHAR"),
        ("timestamp", "TIMESTAMP WITH TIME ZONE"),
        ("request", "VARCHAR"),
        ("request_method", "VARCHAR"),
        ("request_uri", "VARCHAR"),
        ("server_protocol", "VARCHAR"),
        ("status", "INTEGER"),
        ("body_bytes_sent", "BIGINT"),
        ("http_referer", "VARCHAR"),
        ("http_user_agent", "VARCHAR"),
    ]


@pytest.mark.parametrize(
    ("request_line", "parts"),
    [
        ("GET /a?b=c HTTP/1.1", ("GET", "/a?b=c", "HTTP/1.1")),
        ("GET /with some spaces HTTP/2.0", ("GET", "/with some spaces", "HTTP/2.0")),
        ("GET / HTTP/9 HTTP/1.0", ("GET", "/ HTTP/9", "HTTP/1.0")),
        ("GET /", ("GET", "/", None)),
        ("GET", (None, None, None)),
        ("\\x16\\x03\\x01", (None, None, None)),
        ("one two three", (None, None, None)),
        ('GET /\\"quoted\\" HTTP/1.1', ("GET", '/\\"quoted\\"', "HTTP/1.1")),
        ("OPTIONS * HTTP/1.1", ("OPTIONS", "*", "HTTP/1.1")),
    ],
)
def test_requests_are_taken_apart_where_they_are_http(web: Project, request_line: str, parts: tuple[Any, ...]) -> None:
    """The line itself is always there, as it was sent."""
    assert collected(
        web, "request, request_method, request_uri, server_protocol", f'h - - {TIME} "{request_line}" 400 1 "-" "-"'
    ) == [(request_line, *parts)]


def test_a_dash_is_nothing(web: Project) -> None:
    """In every column, and in the common ones made of them."""
    ((*found,),) = collected(
        web,
        "remote_addr, remote_ident, remote_user, request, request_method, request_uri, server_protocol, status, "
        "body_bytes_sent, http_referer, http_user_agent, tp_source_ip, tp_ips, tp_usernames",
        f'- - - {TIME} "-" - - "-" "-"',
    )

    assert found == [None] * 14


def test_addresses_users_and_sizes(web: Project) -> None:
    """IPv6, names with spaces, and more bytes than four of them can count."""
    assert collected(
        web,
        "remote_addr, tp_source_ip, tp_ips, remote_user, tp_usernames, body_bytes_sent, status, tp_index",
        f'2001:db8::1 - ada lovelace {TIME} "GET / HTTP/1.1" 206 9007199254740993 "-" "x"',
    ) == [
        (
            "2001:db8::1",
            "2001:db8::1",
            ["2001:db8::1"],
            "ada lovelace",
            ["ada lovelace"],
            9007199254740993,
            206,
            "default",
        )
    ]


def test_times_are_instants(web: Project) -> None:
    """The zone counts, also where it moves the row to another day."""
    assert collected(
        web,
        "timestamp::varchar, tp_date::varchar, tp_timestamp = timestamp",
        f'h - - {TIME} "GET / HTTP/1.1" 200 1',
        'h - - [08/Feb/2024:00:30:00 +0100] "GET / HTTP/1.1" 200 1',
    ) == [("2024-02-07 12:00:00+00", "2024-02-07", True), ("2024-02-07 23:30:00+00", "2024-02-07", True)]


def test_lines_that_do_not_fit_are_set_aside(web: Project) -> None:
    """With the reason, the place and the text; the others stay."""
    bad = {
        "garbage": "the line does not fit the format",
        'h - - [07/Foo/2024:13:00:00 +0100] "GET / HTTP/1.1" 200 1': (
            "its time cannot be read: 07/Foo/2024:13:00:00 +0100"
        ),
        'h - - [31/Dec/1969:13:00:00 +0000] "GET / HTTP/1.1" 200 1': (
            "its time is out of range: 31/Dec/1969:13:00:00 +0000"
        ),
        f'h - - {TIME} "GET / HTTP/1.1" 200 99999999999999999999': "the number of bytes sent is no number",
    }
    good = f'h - - {TIME} "GET / HTTP/1.1" 200 1'

    assert len(collected(web, "tp_id", good, *bad, good)) == 2
    assert dict(web.ask("select record, reason from tailpipe_rejected")) == bad
    assert web.one("select min(position) from tailpipe_rejected") == len(good) + 1


def test_equal_lines_are_different_rows(web: Project) -> None:
    """The place in the file tells them apart."""
    line = f'h - - {TIME} "GET / HTTP/1.1" 200 1'

    found = collected(web, "tp_id, tp_source_offset", line, line)

    assert [offset for _, offset in found] == [0, len(line) + 1]
    assert len({identity for identity, _ in found}) == 2
