"""Access logs of nginx, by its `log_format`."""

from __future__ import annotations

from tailpipe_assets.tables import web_columns as web
from tailpipe_assets.tables.declaration import Field, Table
from tailpipe_assets.tables.web_columns import last_number, number, text
from tailpipe_resources.model.schema import INSTANT

_UPSTREAM_IP = (
    r"nullif(regexp_extract(upstream_addr, '(?:^|[ ,\[])([0-9]+(?:[.][0-9]+){3}|"
    r"[0-9a-fA-F]*:[0-9a-fA-F:.]*:[0-9a-fA-F.]*)\]?(?::[0-9]+)?$', 1), '')"
)

FIELDS = (
    text("remote_addr", "The client's address."),
    text("host", "The host asked for: of the request line, the Host field or the server's name."),
    text("remote_user", "The user's name, when the server asked for one."),
    text("time_local", "When the request was logged, as it stands in the log."),
    web.REQUEST,
    web.METHOD,
    web.URI,
    web.PROTOCOL,
    web.STATUS,
    web.BODY_BYTES_SENT,
    web.REFERER,
    web.USER_AGENT,
    web.FORWARDED_FOR,
    text("scheme", "`http` or `https`."),
    text("http_host", "The Host field of the request."),
    text("http_cookie", "The cookies of the request."),
    number("content_length", "BIGINT", "The request's Content-Length."),
    text("content_type", "The request's Content-Type."),
    number("request_length", "BIGINT", "Bytes of the request, headers included."),
    text("server_name", "The server that took the request, by its configuration."),
    text("server_addr", "The address it came in at."),
    number("server_port", "INTEGER", "The port it came in at."),
    text("connection", "The connection's serial number."),
    number("connection_requests", "BIGINT", "How many requests the connection had had."),
    number("msec", "DOUBLE", "When the request was logged, in seconds since 1970."),
    Field("time_iso8601", INSTANT, "try_cast(r.time_iso8601 AS TIMESTAMPTZ)", "When the request was logged."),
    number("bytes_sent", "BIGINT", "Bytes sent, headers included."),
    number("request_time", "DOUBLE", "Seconds from the request's first byte to the answer's last."),
    text("pipe", "`p` when requests were pipelined, else `.`."),
    text("upstream_addr", "The servers behind that were asked."),
    last_number("upstream_status", "INTEGER", "The status of the last server behind."),
    last_number("upstream_connect_time", "DOUBLE", "Seconds to connect to the last server behind."),
    last_number("upstream_header_time", "DOUBLE", "Seconds to the headers of the last server behind."),
    last_number("upstream_response_time", "DOUBLE", "Seconds to the whole answer of the last server behind."),
    text("ssl_protocol", "The protocol of TLS."),
    text("ssl_cipher", "The cipher of TLS."),
    text("ssl_session_id", "The session of TLS."),
    text("ssl_client_cert", "The client's certificate."),
    number("gzip_ratio", "DOUBLE", "How far the answer was compressed."),
    web.OTHERS,
)

NGINX_ACCESS_LOG = Table(
    name="nginx_access_log",
    description="Requests nginx answered, by any log_format.",
    formats=("nginx_access_log",),
    presets={"combined": "nginx_access_log"},
    time="coalesce(r.time_local, r.time_iso8601, r.msec)",
    timestamp=(
        "coalesce(try_strptime(r.time_local, '%d/%b/%Y:%H:%M:%S %z'), try_cast(r.time_iso8601 AS TIMESTAMPTZ), "
        "to_timestamp(try_cast(r.msec AS DOUBLE)))"
    ),
    checks=web.number_checks(FIELDS),
    fields=FIELDS,
    enrichment={
        "tp_source_ip": "remote_addr",
        "tp_ips": (
            "CASE WHEN server_addr IS NOT NULL OR upstream_addr IS NOT NULL THEN list_distinct(list_filter("
            f"[remote_addr, server_addr, {_UPSTREAM_IP}], lambda x: x IS NOT NULL)) "
            "WHEN remote_addr IS NOT NULL THEN [remote_addr] END"
        ),
        "tp_usernames": "CASE WHEN remote_user IS NOT NULL THEN [remote_user] END",
        "tp_domains": (
            "CASE WHEN host IS NOT NULL OR http_host IS NOT NULL "
            "THEN list_distinct(list_filter([host, http_host], lambda x: x IS NOT NULL)) END"
        ),
    },
    references=("https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format",),
    sample=(
        b'203.0.113.9 - ada [07/Feb/2024:13:00:00 +0100] "GET /index.html?a=b HTTP/1.1" 200 5000000000 '
        b'"https://example.com/" "Mozilla/5.0 (X11)"\n'
        b'2001:db8::1 - - [07/Feb/2024:12:00:01 +0000] "-" 400 0 "-" "-"\n'
        b'198.51.100.7 - - [07/Feb/2024:12:00:02 +0000] "\\x16\\x03\\x01" 400 157 "-" "-"\n'
    ),
)
