"""Web servers' access logs."""

from __future__ import annotations

from tailpipe_assets.tables.declaration import Check, Field, Table
from tailpipe_assets.tables.text_columns import request_method, request_protocol, request_target, text
from tailpipe_resources.model.schema import INSTANT

HTTP_LOG = Table(
    name="http_log",
    description="Requests a web server answered: access logs of Apache and nginx, common or combined.",
    formats=("combined", "common"),
    time="r.time",
    timestamp="try_strptime(r.time, '%d/%b/%Y:%H:%M:%S %z')",
    checks=(
        Check("r.status <> '-' AND try_cast(r.status AS INTEGER) IS NULL", "the status is no number"),
        Check(
            "r.body_bytes_sent <> '-' AND try_cast(r.body_bytes_sent AS BIGINT) IS NULL",
            "the number of bytes sent is no number",
        ),
    ),
    fields=(
        text("remote_addr", "The client's address or host name."),
        text("remote_ident", "The client's identity by RFC 1413; almost always absent."),
        text("remote_user", "The user's name, when the server asked for one."),
        Field("timestamp", INSTANT, "tp_timestamp", "When the request was received."),
        text("request", "The request's first line as it was sent."),
        request_method("request_method"),
        request_target("request_uri", "What was asked for: path and query."),
        request_protocol("server_protocol"),
        Field("status", "INTEGER", "try_cast(r.status AS INTEGER)", "The response's status."),
        Field("body_bytes_sent", "BIGINT", "try_cast(r.body_bytes_sent AS BIGINT)", "Bytes sent, without headers."),
        text("http_referer", "The page the client says it came from."),
        text("http_user_agent", "The program the client says it is."),
    ),
    actor="coalesce(remote_user, remote_addr)",
    resource="request_uri",
    enrichment={
        "tp_source_ip": "remote_addr",
        "tp_ips": "CASE WHEN remote_addr IS NOT NULL THEN [remote_addr] END",
        "tp_usernames": "CASE WHEN remote_user IS NOT NULL THEN [remote_user] END",
    },
    references=(
        "https://httpd.apache.org/docs/2.4/logs.html#accesslog",
        "https://nginx.org/en/docs/http/ngx_http_log_module.html",
    ),
    sample=(
        b'203.0.113.9 - ada [07/Feb/2024:13:00:00 +0100] "GET /index.html?a=b HTTP/1.1" 200 1043 '
        b'"https://example.com/" "Mozilla/5.0"\n'
        b'2001:db8::1 - - [07/Feb/2024:12:00:01 +0000] "-" 408 - "-" "-"\n'
        b'203.0.113.9 - - [07/Feb/2024:12:00:02 +0000] "HEAD / HTTP/2.0" 304 0\n'
    ),
)
