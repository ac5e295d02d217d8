"""Log sources: which tables a Sigma rule is about, and the names that rules have for the columns of web servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_resources.model.names import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_assets.detections.rules import RuleTable

WEB_TABLES = ("http_log", "nginx_access_log", "apache_access_log")

_BY_SERVICE = {
    ("aws", "cloudtrail"): ("aws_cloudtrail_log",),
    ("azure", "activitylogs"): ("azure_activity_log",),
    ("gcp", "gcp.audit"): ("gcp_audit_log",),
    ("github", "audit"): ("github_audit_log",),
    ("okta", "okta"): ("okta_system_log",),
    ("", "nginx"): ("http_log", "nginx_access_log"),
    ("", "apache"): ("http_log", "apache_access_log"),
}
_BY_CATEGORY = {"webserver": WEB_TABLES, "proxy": WEB_TABLES}
_MAPPED = frozenset(table for tables in (*_BY_SERVICE.values(), *_BY_CATEGORY.values()) for table in tables)

PREFIXES = {"gcp_audit_log": ("gcp.audit.", "data.protoPayload.", "protoPayload.")}
"""What rules write before the fields of a table."""

_URI = "request_uri"
_STEM = f"split_part({_URI}, '?', 1)"
_HOST_OF_URI = (
    f"CASE WHEN request_method = 'CONNECT' THEN split_part({_URI}, ':', 1) "
    f"ELSE nullif(regexp_extract({_URI}, '^[A-Za-z][A-Za-z0-9+.-]*://([^/:?#]+)', 1), '') END"
)
_HOSTS = {"nginx_access_log": "host", "apache_access_log": "server_name"}


def fault_of(logsource: Mapping[str, str], table: str) -> str | None:
    """Why a rule is not about a table, or None."""
    if table not in _MAPPED:
        return None
    tables = tables_of(logsource)
    if table in tables:
        return None
    shown = "/".join(filter(None, (logsource.get(part, "") for part in ("product", "category", "service"))))
    return f'log source "{shown}" is ' + (f"in {', '.join(tables)}, not in {table}" if tables else f"not in {table}")


def tables_of(logsource: Mapping[str, str]) -> tuple[str, ...]:
    """The tables that hold a log source; none when it is not known."""
    product, service = logsource.get("product", ""), logsource.get("service", "")
    by_category = _BY_CATEGORY.get(logsource.get("category", ""), ())
    return _BY_SERVICE.get((product, service), by_category)


def aliases(table: RuleTable) -> dict[str, str]:
    """SQL for the names of the extended log format and of proxies, where the table is of a web server."""
    if table.name not in WEB_TABLES:
        return {}
    host = _HOSTS.get(table.name)
    host = f"coalesce({_HOST_OF_URI}, {quote(host)})" if host else _HOST_OF_URI
    query = f"CASE WHEN contains({_URI}, '?') THEN substr({_URI}, strpos({_URI}, '?') + 1) END"
    cookie = {"cs-cookie": "http_cookie"} if any(each.name == "http_cookie" for each in table.columns) else {}
    return {
        **dict.fromkeys(("c-uri", "cs-uri"), _URI),
        **dict.fromkeys(("c-uri-stem", "cs-uri-stem"), _STEM),
        **dict.fromkeys(("c-uri-query", "cs-uri-query"), query),
        **dict.fromkeys(
            ("c-uri-extension", "cs-uri-extension"), f"nullif(regexp_extract({_STEM}, '[.]([^./]+)$', 1), '')"
        ),
        **dict.fromkeys(("c-useragent", "cs-user-agent", "cs(user-agent)"), "http_user_agent"),
        **dict.fromkeys(("cs-host", "r-dns"), host),
        **dict.fromkeys(("cs-referer", "cs-referrer", "cs(referer)"), "http_referer"),
        **dict.fromkeys(("c-ip", "src_ip"), "remote_addr"),
        "cs-method": "request_method",
        "cs-username": "remote_user",
        "cs-version": "server_protocol",
        "sc-status": "status",
        "sc-bytes": "body_bytes_sent",
        **cookie,
    }
