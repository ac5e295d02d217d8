"""Nginx's, Apache's and syslog's tables, by value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.samples.servers import KINDS, server_lines

if TYPE_CHECKING:
    from tests.services.project import Project

NOON = datetime(2024, 2, 7, 12, tzinfo=UTC)
TIME = "[07/Feb/2024:13:00:00 +0100]"


def collect(project: Project, table: str, lines: list[str], form: str = "", options: str = "") -> None:
    """Collect lines into a table, by a format block or a preset."""
    block = f'format "{table}" "f" {{\n{options}\n}}\n' if options else ""
    chosen = f"  format = {form or f'format.{table}.f'}\n" if form or options else ""
    project.configure(f'{block}collection "{table}" "c" {{\n  source = source.file.logs\n{chosen}}}\n')
    project.write("x.log", "\n".join(lines))
    project.collect_one()


def rejects(project: Project) -> list[str]:
    """Why records were set aside, in their order."""
    return [reason for (reason,) in project.ask("select reason from tailpipe_rejected order by position")]


@pytest.mark.parametrize("form", ["", "format.nginx_access_log.combined"])
def test_nginx_combined(project: Project, form: str) -> None:
    """More than two gigabytes, IPv6, absent values, and a request that is none."""
    lines = [
        f'2001:db8::1 - ada {TIME} "GET /a?b HTTP/1.1" 200 5000000000 "https://x/" "curl 8"',
        f'::1 - - {TIME} "\\x16\\x03" 400 0 "-" "-"',
        f'::1 - - {TIME} "GET / HTTP/1.1" two 0 "-" "-"',
        '::1 - - [yesterday x] "GET / HTTP/1.1" 200 0 "-" "-"',
        "nothing like it",
    ]

    collect(project, "nginx_access_log", lines, form)

    assert project.ask(
        "select tp_timestamp, remote_addr, remote_user, request_method, request_uri, server_protocol, status, "
        "body_bytes_sent, http_referer, http_user_agent, tp_source_ip, tp_ips, tp_usernames, time_local, others "
        "from nginx_access_log order by tp_source_offset"
    ) == [
        (NOON, "2001:db8::1", "ada", "GET", "/a?b", "HTTP/1.1", 200, 5_000_000_000, "https://x/", "curl 8",
         "2001:db8::1", ["2001:db8::1"], ["ada"], TIME[1:-1], None),
        (NOON, "::1", None, None, None, None, 400, 0, None, None, "::1", ["::1"], None, TIME[1:-1], None),
    ]  # fmt: skip
    assert rejects(project) == [
        "status is no number",
        "its time cannot be read: yesterday x",
        "the line does not fit the format",
    ]


def test_nginx_by_a_layout(project: Project) -> None:
    """Servers behind, numbers of them, and a variable without a column."""
    layout = (
        "$remote_addr [$time_iso8601] $request_method $request_uri $status $request_time $host "
        '"$upstream_addr" $upstream_status $server_port $foo'
    )
    lines = [
        '::1 [2024-02-07T13:00:00+01:00] GET /a 502 0.25 www.example.com "10.0.0.1:80, [2001:db8::5]:81" 502, 200 84 x',
        '::1 [2024-02-07T13:00:00+01:00] GET /a 200 - - "-" - 80 -',
    ]

    collect(project, "nginx_access_log", lines, options=f"  layout = `{layout}`")

    assert rejects(project) == []
    assert project.ask(
        "select tp_timestamp, request_method, request_uri, status, request_time, upstream_addr, upstream_status, "
        "server_port, others ->> 'foo', tp_ips, tp_domains from nginx_access_log order by tp_source_offset"
    ) == [
        (NOON, "GET", "/a", 502, 0.25, "10.0.0.1:80, [2001:db8::5]:81", 200, 84, "x",
         ["2001:db8::5", "::1"], ["www.example.com"]),
        (NOON, "GET", "/a", 200, None, None, None, 80, "-", ["::1"], None),
    ]  # fmt: skip


def test_apache_by_a_layout(project: Project) -> None:
    """Times taken, ports, and a server by name; what is no number is rejected."""
    layout = '%v:%p %h %l %u %t \\"%r\\" %>s %O %D %I'
    lines = [
        f'www.example.com:443 203.0.113.9 - ada {TIME} "GET / HTTP/2.0" 200 6000000000 1500 77',
        f'www.example.com:https 203.0.113.9 - - {TIME} "GET / HTTP/2.0" 200 1 1 1',
    ]

    collect(project, "apache_access_log", lines, options=f"  layout = `{layout}`")

    assert rejects(project) == ["server_port is no number"]
    assert project.ask(
        "select timestamp, server_name, server_port, remote_user, request_method, bytes_sent, request_time_us, "
        "bytes_received, tp_ips, tp_domains from apache_access_log"
    ) == [(NOON, "www.example.com", 443, "ada", "GET", 6_000_000_000, 1500.0, 77, ["203.0.113.9"], ["www.example.com"])]


@pytest.mark.parametrize("preset", ["combined", "common"])
def test_apache_presets(project: Project, preset: str) -> None:
    """Both read both."""
    lines = [f'h - - {TIME} "GET / HTTP/1.1" 200 -', f'h - - {TIME} "GET / HTTP/1.1" 200 1 "r" "a"']

    collect(project, "apache_access_log", lines, f"format.apache_access_log.{preset}")

    assert project.ask("select body_bytes_sent, http_user_agent from apache_access_log order by tp_source_offset") == [
        (None, None),
        (1, "a"),
    ]


SYSLOG: list[tuple[str, tuple[Any, ...]]] = [
    (
        "<34>1 2024-02-07T12:00:00.5Z host su - ID47 - \ufeffhello  world",
        (NOON + timedelta(milliseconds=500), 4, 2, "host", "su", None, "ID47", None, "hello  world"),
    ),
    (
        '<165>1 2024-02-07T13:00:00+01:00 192.0.2.1 app 17 - [a@1 x="y\\]z"][b] text',
        (NOON, 20, 5, "192.0.2.1", "app", "17", None, '[a@1 x="y\\]z"][b]', "text"),
    ),
    ("<0>1 2024-02-07T12:00:00Z - - - - -", (NOON, 0, 0, None, None, None, None, None, None)),
    (
        "2024-02-07T13:00:00.000000+01:00 web CRON[99]: (root) CMD",
        (NOON, None, None, "web", "CRON", "99", None, None, "(root) CMD"),
    ),
    (
        "<13>2024-02-07T12:00:00Z 2001:db8::1 app: x: y",
        (NOON, 1, 5, "2001:db8::1", "app", None, None, None, "x: y"),
    ),
    ("2024-02-07 12:00:00 web a message", (NOON, None, None, "web", None, None, None, None, "a message")),
]


def test_syslog_of_both_kinds(project: Project) -> None:
    """In one file; what is absent is nothing."""
    bad = ["no syslog", "<34>1 soon host su - - - x", "<192>1 2024-02-07T12:00:00Z h a - - - x", "<34>1 x"]
    collect(project, "syslog", [*(line for line, _ in SYSLOG), *bad])

    columns = "timestamp, facility, severity, hostname, app_name, proc_id, msg_id, structured_data, message"
    assert project.ask(f"select {columns} from syslog order by tp_source_offset") == [row for _, row in SYSLOG]
    assert project.ask("select distinct tp_source_ip from syslog order by 1 nulls last") == [
        ("192.0.2.1",),
        ("2001:db8::1",),
        (None,),
    ]
    assert rejects(project) == [
        "the line does not fit the format",
        "its time cannot be read: soon",
        "its priority is over 191",
        "the line does not fit the format",
    ]


def test_syslog_without_years_is_of_the_latest_that_is_past(project: Project) -> None:
    """Yesterday is of this year or the last; what would be in the future is a year old."""
    now = datetime.now(UTC).replace(microsecond=0)
    times = [now - timedelta(days=1), now - timedelta(days=200), now + timedelta(days=3) - timedelta(days=365)]
    lines = [f"<38>{each:%b} {each.day:2} {each:%H:%M:%S} web sshd[1]: x" for each in times]

    collect(project, "syslog", lines)

    found = [row[0] for row in project.ask("select timestamp from syslog order by tp_source_offset")]
    assert found[:2] == times[:2]
    assert abs(found[2] - times[2]) <= timedelta(days=1)
    assert found[2] < now


def test_syslog_takes_year_and_zone_from_its_options(project: Project) -> None:
    """Where a line says a zone itself, that holds."""
    lines = ["Feb 29 13:00:00 web x: y", "2024-02-07T13:00:00 web x: y", "2024-02-07T12:00:00Z web x: y"]

    collect(project, "syslog", lines, options='  timezone = "Europe/Berlin"\n  year = 2024')

    assert [row[0] for row in project.ask("select timestamp from syslog order by tp_source_offset")] == [
        datetime(2024, 2, 29, 12, tzinfo=UTC),
        NOON,
        NOON,
    ]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_generated_lines_become_rows_of_their_day(project: Project, kind: str) -> None:
    """All of them; nothing is rejected."""
    options = "  year = 2024" if kind == "syslog" else ""

    collect(project, kind, list(server_lines(kind, 5000)), options=options)

    assert project.ask(
        f"select count(*), count(distinct tp_id), min(tp_date)::varchar, max(tp_date)::varchar from {kind}"
    ) == [(5000, 5000, "2024-02-07", "2024-02-07")]
