"""Load balancers' access logs: AWS's documented records, IPv6, missing targets, old and new lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.services.one_table import OneTable

if TYPE_CHECKING:
    from pathlib import Path

GROUP = "arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067"
CERT = "arn:aws:acm:us-east-2:123456789012:certificate/12345678-1234-1234-1234-123456789012"
ALB_START = (
    "https 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 "
    '0.086 0.048 0.037 200 200 0 57 "GET https://www.example.com:443/ HTTP/1.1" "curl/7.46.0" '
    f'ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 {GROUP} "Root=1-58337281-1d84f3d73c47ec4e58577259" '
    f'"www.example.com" "{CERT}" '
    '1 2018-07-02T22:22:48.364000Z "authenticate,forward" "-" "-"'
)
ALB = f'{ALB_START} "10.0.0.1:80" "200" "-" "-" TID_1234abcd5678ef90'
NLB_START = (
    "tls 2.0 2020-04-01T08:51:42 net/my-network-loadbalancer/c6e77e28c25b2234 g3d4b5e8bb8464cd 72.21.218.154:51341 "
    f"172.100.100.185:443 5 2 98 246 - {CERT} - ECDHE-RSA-AES128-SHA tlsv12 - nlb.example.com"
)
NLB = f'{NLB_START} h2 h2 "h2","http/1.1" 2020-04-01T08:51:20'
CLB = (
    "2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000086 0.001048 0.001337 200 200"
    " 0 57 "
    '"GET https://www.example.com:443/ HTTP/1.1" "curl/7.38.0" DHE-RSA-AES128-SHA TLSv1.2'
)


@pytest.fixture
def alb(tmp_path: Path) -> OneTable:
    """A collection of an Application Load Balancer's logs."""
    return OneTable("aws_alb_access_log", tmp_path)


@pytest.fixture
def nlb(tmp_path: Path) -> OneTable:
    """A collection of a Network Load Balancer's logs."""
    return OneTable("aws_nlb_access_log", tmp_path)


@pytest.fixture
def clb(tmp_path: Path) -> OneTable:
    """A collection of a Classic Load Balancer's logs."""
    return OneTable("aws_clb_access_log", tmp_path)


def test_the_documented_https_request_fills_its_columns(alb: OneTable) -> None:
    """AWS's example, column by column, with what was added since."""
    assert alb.row(f'{ALB} "m.example.com" "/new" "TransformSuccess"') == {
        "actions_executed": ["authenticate", "forward"],
        "chosen_cert_arn": CERT,
        "client_ip": "192.168.131.39",
        "client_port": 2817,
        "conn_trace_id": "TID_1234abcd5678ef90",
        "domain_name": "www.example.com",
        "elb": "app/my-loadbalancer/50dc6c495c0c9188",
        "elb_status_code": 200,
        "matched_rule_priority": 1,
        "received_bytes": 0,
        "request_http_version": "HTTP/1.1",
        "request_http_method": "GET",
        "request_url": "https://www.example.com:443/",
        "request_creation_time": "2018-07-02 22:22:48.364+00",
        "request_processing_time": 0.086,
        "response_processing_time": 0.037,
        "sent_bytes": 57,
        "ssl_cipher": "ECDHE-RSA-AES128-GCM-SHA256",
        "ssl_protocol": "TLSv1.2",
        "target_group_arn": GROUP,
        "target_ip": "10.0.0.1",
        "target_list": "10.0.0.1:80",
        "target_port": 80,
        "target_processing_time": 0.048,
        "target_status_code": 200,
        "target_status_list": "200",
        "timestamp": "2018-07-02 22:23:00.186641+00",
        "trace_id": "Root=1-58337281-1d84f3d73c47ec4e58577259",
        "type": "https",
        "user_agent": "curl/7.46.0",
        "transformed_host": "m.example.com",
        "transformed_uri": "/new",
        "request_transform_status": "TransformSuccess",
    }
    assert alb.common(ALB) == {
        "tp_timestamp": "2018-07-02 22:23:00.186641+00",
        "tp_index": "my-loadbalancer",
        "tp_source_ip": "192.168.131.39",
        "tp_destination_ip": "10.0.0.1",
        "tp_ips": ["192.168.131.39", "10.0.0.1"],
        "tp_domains": ["www.example.com"],
        "tp_akas": [GROUP, CERT],
    }


def test_the_documented_tls_connection_fills_its_columns(nlb: OneTable) -> None:
    """AWS's example with ALPN, column by column."""
    assert nlb.row(NLB) == {
        "alpn_be_protocol": "h2",
        "alpn_client_preference_list": ["h2", "http/1.1"],
        "alpn_fe_protocol": "h2",
        "chosen_cert_arn": CERT,
        "client_ip": "72.21.218.154",
        "client_port": 51341,
        "connection_time": 5,
        "destination_ip": "172.100.100.185",
        "destination_port": 443,
        "domain_name": "nlb.example.com",
        "elb": "net/my-network-loadbalancer/c6e77e28c25b2234",
        "listener": "g3d4b5e8bb8464cd",
        "received_bytes": 98,
        "sent_bytes": 246,
        "tls_cipher": "ECDHE-RSA-AES128-SHA",
        "tls_connection_creation_time": "2020-04-01 08:51:20+00",
        "tls_handshake_time": 2,
        "tls_protocol_version": "tlsv12",
        "timestamp": "2020-04-01 08:51:42+00",
        "type": "tls",
        "version": "2.0",
    }
    assert nlb.common(NLB) == {
        "tp_timestamp": "2020-04-01 08:51:42+00",
        "tp_index": "my-network-loadbalancer",
        "tp_source_ip": "72.21.218.154",
        "tp_destination_ip": "172.100.100.185",
        "tp_ips": ["72.21.218.154", "172.100.100.185"],
        "tp_domains": ["nlb.example.com"],
        "tp_akas": [CERT],
    }


def test_the_documented_classic_request_fills_its_columns(clb: OneTable) -> None:
    """AWS's HTTPS example, column by column."""
    assert clb.row(CLB) == {
        "backend_ip": "10.0.0.1",
        "backend_port": 80,
        "backend_processing_time": 0.001048,
        "backend_status_code": 200,
        "client_ip": "192.168.131.39",
        "client_port": 2817,
        "elb": "my-loadbalancer",
        "elb_status_code": 200,
        "received_bytes": 0,
        "request_http_version": "HTTP/1.1",
        "request_http_method": "GET",
        "request_url": "https://www.example.com:443/",
        "request_processing_time": 0.000086,
        "response_processing_time": 0.001337,
        "sent_bytes": 57,
        "ssl_cipher": "DHE-RSA-AES128-SHA",
        "ssl_protocol": "TLSv1.2",
        "timestamp": "2015-05-13 23:39:43.945958+00",
        "user_agent": "curl/7.38.0",
    }
    assert clb.common(CLB) == {
        "tp_timestamp": "2015-05-13 23:39:43.945958+00",
        "tp_index": "my-loadbalancer",
        "tp_source_ip": "192.168.131.39",
        "tp_destination_ip": "10.0.0.1",
        "tp_ips": ["192.168.131.39", "10.0.0.1"],
    }


@pytest.mark.parametrize("written", ["[2001:db8::17]:2817", "2001:db8::17:2817"])
@pytest.mark.parametrize(("name", "line"), [("alb", ALB), ("nlb", NLB), ("clb", CLB)])
def test_ipv6_addresses_keep_their_colons(tmp_path: Path, name: str, line: str, written: str) -> None:
    """Of clients and targets, in brackets or bare, the port is what follows the last colon."""
    table = OneTable(f"aws_{name}_access_log", tmp_path)
    address = {"alb": "192.168.131.39:2817", "nlb": "72.21.218.154:51341", "clb": "192.168.131.39:2817"}[name]
    target = {"alb": "10.0.0.1:80 0", "nlb": "172.100.100.185:443", "clb": "10.0.0.1:80"}[name]
    line = line.replace(address, written).replace(target, f"{written} 0" if name == "alb" else written, 1)

    assert table.rows("client_ip, client_port, tp_source_ip, tp_destination_ip, tp_ips", line) == [
        ("2001:db8::17", 2817, "2001:db8::17", "2001:db8::17", ["2001:db8::17"])
    ]


def test_without_a_target_there_is_nothing_but_a_duration_of_zero_is_one(alb: OneTable, clb: OneTable) -> None:
    """`-` and -1 are NULL; 0 and 0.000 are numbers."""
    nothing = ALB.replace("10.0.0.1:80 0.086 0.048 0.037 200 200", "- 0.000 -1 -1 503 -").replace('"200"', '"-"')
    classic = CLB.replace("10.0.0.1:80 0.000086 0.001048 0.001337 200 200", "- -1 -1 -1 503 0")

    wanted = "target_ip, target_port, request_processing_time, target_processing_time, target_status_code, tp_ips"
    assert alb.rows(wanted, nothing) == [(None, None, 0.0, None, None, ["192.168.131.39"])]
    assert clb.rows("backend_ip, request_processing_time, backend_status_code, received_bytes", classic) == [
        (None, None, 0, 0)
    ]


def test_lines_of_all_years_are_read(alb: OneTable, nlb: OneTable, clb: OneTable) -> None:
    """AWS added fields at the end, and will add more."""
    oldest = ALB_START[: ALB_START.index(' "www.example.com"')]
    lines = [oldest, ALB_START, ALB.removesuffix(" TID_1234abcd5678ef90"), ALB, f'{ALB} "a" "b" "c" "new" 7']
    assert alb.rows("domain_name, target_list, conn_trace_id, transformed_host", *lines) == [
        (None, None, None, None),
        ("www.example.com", None, None, None),
        ("www.example.com", "10.0.0.1:80", None, None),
        ("www.example.com", "10.0.0.1:80", "TID_1234abcd5678ef90", None),
        ("www.example.com", "10.0.0.1:80", "TID_1234abcd5678ef90", "a"),
    ]
    lines = [f"{NLB_START} - - -", f"{NLB_START} - - - 2018-12-20T02:59:30", f"{NLB} new"]
    assert nlb.rows("tls_connection_creation_time::varchar, alpn_client_preference_list", *lines) == [
        (None, None),
        ("2018-12-20 02:59:30+00", None),
        ("2020-04-01 08:51:20+00", ["h2", "http/1.1"]),
    ]
    assert clb.rows("user_agent", CLB[: CLB.index(' "curl')], CLB) == [(None,), ("curl/7.38.0",)]


@pytest.mark.parametrize(
    ("request_line", "parts"),
    [
        ("GET http://h:80/a b HTTP/1.1", ("GET", "http://h:80/a b", "HTTP/1.1")),
        ("- http://h:80- ", (None, "http://h:80", None)),
        ("- - - ", (None, None, None)),
        ('GET http://h:80/\\"x\\" HTTP/1.1', ("GET", 'http://h:80/\\"x\\"', "HTTP/1.1")),
        ('GET http://h:80/"x" HTTP/1.1', ("GET", 'http://h:80/"x"', "HTTP/1.1")),
        ("GET ws://h:80/ HTTP/1.1", ("GET", "ws://h:80/", "HTTP/1.1")),
    ],
)
def test_requests_are_taken_apart(clb: OneTable, request_line: str, parts: tuple[str | None, ...]) -> None:
    """Where they are HTTP; what they hold otherwise is kept in the URL."""
    line = CLB.replace("GET https://www.example.com:443/ HTTP/1.1", request_line)

    assert clb.rows("request_http_method, request_url, request_http_version", line) == [parts]


TIMES = {"alb": "2018-07-02T22:23:00.186641Z", "nlb": "2020-04-01T08:51:42", "clb": "2015-05-13T23:39:43.945958Z"}


@pytest.mark.parametrize(
    ("name", "line", "bad"),
    [
        ("alb", ALB, {" 57 ": (" lots ", "sent_bytes"), ":80 ": (":http ", "target_port")}),
        ("nlb", NLB, {" 98 ": (" lots ", "received_bytes")}),
        ("clb", CLB, {" 57 ": (" lots ", "sent_bytes"), "0.001337": ("fast", "response_processing_time")}),
    ],
)
def test_lines_that_do_not_fit_are_set_aside_one_by_one(
    tmp_path: Path, name: str, line: str, bad: dict[str, tuple[str, str]]
) -> None:
    """With the reason; those around them are rows."""
    table = OneTable(f"aws_{name}_access_log", tmp_path)
    wrong = {line.replace(old, new): f"{column} is no number" for old, (new, column) in bad.items()}
    wrong["garbage"] = "the line does not fit the format"
    wrong[line.replace(TIMES[name], "noon")] = "its time cannot be read: noon"

    assert dict(table.rejects(line, *wrong, line)) == wrong
    assert table.project.one(f"select count(*) from aws_{name}_access_log") == 2
