"""Rules about web servers run on the tables of their logs, by the names that other formats have for the columns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.detections.sigma.converting import Converter
from tailpipe_assets.detections.sigma.logsources import WEB_TABLES, fault_of
from tailpipe_assets.pipeline.rules import rule_table
from tailpipe_resources import plugins
from tailpipe_resources.query.engine import isolated

if TYPE_CHECKING:
    from tests.services.project import Project

RULES = Path(__file__).parents[2] / "data" / "sigma-web"
LINES = (
    '203.0.113.1 - - [20/Nov/2026:10:00:00 +0000] "GET /search?q=1%20union%20select HTTP/1.1" 200 1 "http://a/" "x"',
    '203.0.113.2 - - [20/Nov/2026:10:00:01 +0000] "GET /search/union HTTP/1.1" 200 1 "http://a/?/search" "union"',
    '203.0.114.3 - - [20/Nov/2026:10:00:02 +0000] "GET /shell.PHP?a=b.txt HTTP/1.1" 404 1 "-" "sqlmap/1"',
    '203.0.113.4 - - [20/Nov/2026:10:00:03 +0000] "GET http://www.Evil.test:80/x HTTP/1.1" 200 1 "http://a/" "x"',
    '203.0.114.5 - - [20/Nov/2026:10:00:04 +0000] "CONNECT plain.test:443 HTTP/1.1" 200 1 "-" "curl"',
    '203.0.113.6 - - [20/Nov/2026:10:00:05 +0000] "POST / HTTP/1.1" 500 1 "-" "SQLMAP/2"',
    '203.0.114.7 - - [20/Nov/2026:10:00:06 +0000] "GET /a/../../etc HTTP/1.1" 404 1 "-" "x"',
    '203.0.114.8 - - [20/Nov/2026:10:00:07 +0000] "GET / HTTP/1.1" 200 1 "-" "${JNDI:ldap://x/}"',
)
FOUND = {
    "uri_query": [1],
    "extension": [3],
    "host": [4, 5],
    "agent": [3],
    "referer": [6],
    "keywords": [7, 8],
}


@pytest.mark.parametrize("table", WEB_TABLES)
def test_rules_find_the_lines_they_are_about(table: str, project: Project) -> None:
    """The same lines in each table."""
    form = "" if table == "http_log" else f"  format = format.{table}.combined\n"
    project.configure(f'collection "{table}" "web" {{\n  source = source.file.logs\n{form}}}\n')
    project.write("access.log", "".join(f"{line}\n" for line in LINES))
    project.collect_one()

    found = {}
    with isolated() as connection:
        converter = Converter(connection, rule_table(plugins.load("table", table)), {}, "tp_trial")
        for name in FOUND:
            where = converter.convert((RULES / f"{name}.yml").read_text()).where
            rows = project.ask(f"SELECT split_part(remote_addr, '.', 4)::INTEGER FROM {table} WHERE {where} ORDER BY 1")
            found[name] = [number for (number,) in rows]
        cookie = converter.convert((RULES / "cookie.yml").read_text())

    assert found == FOUND
    if table == "nginx_access_log":
        assert cookie.reason == ""
    else:
        assert cookie.reason == f'field "cs-cookie" is not in {table}'


def test_a_rule_says_which_log_it_is_about() -> None:
    """A table of ones own takes any; those that are built in take their own."""
    assert fault_of({"category": "webserver"}, "nginx_access_log") is None
    assert fault_of({"product": "windows", "service": "security"}, "firewall") is None
    assert fault_of({"product": "aws", "service": "cloudtrail"}, "http_log") == (
        'log source "aws/cloudtrail" is in aws_cloudtrail_log, not in http_log'
    )
    assert fault_of({"product": "windows"}, "http_log") == 'log source "windows" is not in http_log'
