"""Access logs of Apache, by its `LogFormat`."""

from __future__ import annotations

from tailpipe_assets.tables import web_columns as web
from tailpipe_assets.tables.declaration import Field, Table
from tailpipe_assets.tables.web_columns import number, text
from tailpipe_resources.model.schema import INSTANT

_EPOCH = "try_cast(r.epoch AS BIGINT)"

FIELDS = (
    text("remote_addr", "The client's address, or its host name where the server looked that up."),
    text("remote_host", "The client's host name, where the layout has its address too."),
    text("remote_logname", "The client's identity by RFC 1413; almost always absent."),
    text("remote_user", "The user's name, when the server asked for one."),
    Field("timestamp", INSTANT, "tp_timestamp", "When the request was received."),
    web.REQUEST,
    web.METHOD,
    web.URI,
    web.PROTOCOL,
    web.STATUS,
    web.BODY_BYTES_SENT,
    web.REFERER,
    web.USER_AGENT,
    web.FORWARDED_FOR,
    text("local_addr", "The address the request came in at."),
    text("request_filename", "The file that was asked for."),
    number("keepalive_requests", "BIGINT", "How many requests the connection had had before."),
    text("server_name", "The server that took the request."),
    number("server_port", "INTEGER", "Its port, as it is known to clients."),
    number("client_port", "BIGINT", "The client's port."),
    number("apache_port", "INTEGER", "The port the request came in at."),
    number("pid", "BIGINT", "The process that answered."),
    number("thread_id", "BIGINT", "Its thread."),
    text("hex_thread_id", "Its thread, in hexadecimal."),
    text("query_string", "The query, with the question mark before it."),
    text("handler", "What made the answer."),
    number("request_time", "DOUBLE", "Seconds it took to answer."),
    number("request_time_ms", "DOUBLE", "Milliseconds it took to answer."),
    number("request_time_us", "DOUBLE", "Microseconds it took to answer."),
    text("connection_status", "What became of the connection: `X` broken off, `+` kept, `-` closed."),
    number("bytes_received", "BIGINT", "Bytes of the request, headers included."),
    number("bytes_sent", "BIGINT", "Bytes sent, headers included."),
    number("bytes_transferred", "BIGINT", "Bytes received and sent."),
    web.OTHERS,
)

APACHE_ACCESS_LOG = Table(
    name="apache_access_log",
    description="Requests Apache answered, by any LogFormat.",
    formats=("apache_access_log",),
    presets={"combined": "apache_access_log", "common": "apache_access_log"},
    time="coalesce(r.time, r.epoch)",
    timestamp=(
        "coalesce(try_strptime(r.time, '%d/%b/%Y:%H:%M:%S %z'), make_timestamptz(CASE length(r.epoch) "
        f"WHEN 10 THEN {_EPOCH} * 1000000 WHEN 13 THEN {_EPOCH} * 1000 WHEN 16 THEN {_EPOCH} END))"
    ),
    checks=web.number_checks(FIELDS),
    fields=FIELDS,
    enrichment={
        "tp_source_ip": "remote_addr",
        "tp_ips": (
            "CASE WHEN remote_addr IS NOT NULL OR local_addr IS NOT NULL "
            "THEN list_distinct(list_filter([remote_addr, local_addr], lambda x: x IS NOT NULL)) END"
        ),
        "tp_usernames": "CASE WHEN remote_user IS NOT NULL THEN [remote_user] END",
        "tp_domains": "CASE WHEN server_name IS NOT NULL THEN [server_name] END",
    },
    references=("https://httpd.apache.org/docs/2.4/mod/mod_log_config.html#formats",),
    sample=(
        b'203.0.113.9 - ada [07/Feb/2024:13:00:00 +0100] "GET /index.html?a=b HTTP/1.1" 200 5000000000 '
        b'"https://example.com/" "Mozilla/5.0 (X11)"\n'
        b'2001:db8::1 - - [07/Feb/2024:12:00:01 +0000] "-" 408 -\n'
        b'203.0.113.9 - - [07/Feb/2024:12:00:02 +0000] "HEAD / HTTP/2.0" 304 -\n'
    ),
)
