"""What the tables of web servers' logs share: the request's first line taken apart, and numbers that may be absent."""

from __future__ import annotations

from tailpipe_assets.tables.declaration import Check, Field

_WORDS = "string_split(r.request, ' ')"
_METHOD = "split_part(r.request, ' ', 1)"
_PROTOCOL = "split_part(r.request, ' ', -1)"
_THREE = f"(len({_WORDS}) = 3 AND starts_with({_WORDS}[3], 'HTTP/'))"
_URI = f"substr(r.request, length({_METHOD}) + 2, length(r.request) - length({_METHOD}) - length({_PROTOCOL}) - 2)"
_FULL = f"(r.request LIKE '% % %' AND starts_with({_PROTOCOL}, 'HTTP/'))"
_SHORT = "(r.request LIKE '% %' AND r.request NOT LIKE '% % %')"


def text(name: str, description: str) -> Field:
    """A column of text, NULL where the log has `-`."""
    return Field(name, "VARCHAR", f"nullif(r.{name}, '-')", description)


def number(name: str, kind: str, description: str) -> Field:
    """A column of numbers, NULL where the log has `-` or nothing."""
    return Field(name, kind, f"try_cast(r.{name} AS {kind})", description)


def last_number(name: str, kind: str, description: str) -> Field:
    """A number that several servers gave, the last of them: it is theirs that was answered with."""
    return Field(name, kind, rf"try_cast(regexp_extract(r.{name}, '([0-9.]+)\s*$', 1) AS {kind})", description)


def number_checks(fields: tuple[Field, ...]) -> tuple[Check, ...]:
    """What has to be a number, where the log has something else than `-`."""
    return tuple(
        Check(
            f"r.{each.name} NOT IN ('-', '') AND try_cast(r.{each.name} AS {each.type}) IS NULL",
            f"{each.name} is no number",
        )
        for each in fields
        if each.expression.startswith(f"try_cast(r.{each.name} ")
    )


METHOD = Field(
    "request_method",
    "VARCHAR",
    f"coalesce(nullif(r.request_method, '-'), CASE WHEN {_THREE} THEN {_WORDS}[1] WHEN {_FULL} OR {_SHORT} "
    f"THEN {_METHOD} END)",
    "The method, when the first line is of HTTP.",
)
URI = Field(
    "request_uri",
    "VARCHAR",
    f"coalesce(nullif(r.request_uri, '-'), CASE WHEN {_THREE} THEN {_WORDS}[2] WHEN {_FULL} THEN {_URI} "
    f"WHEN {_SHORT} THEN {_PROTOCOL} END)",
    "What was asked for: path and query.",
)
PROTOCOL = Field(
    "server_protocol",
    "VARCHAR",
    f"coalesce(nullif(r.server_protocol, '-'), CASE WHEN {_THREE} THEN {_WORDS}[3] WHEN {_FULL} THEN {_PROTOCOL} END)",
    "The protocol, such as `HTTP/1.1`.",
)
REQUEST = text("request", "The request's first line as it was sent.")
STATUS = number("status", "INTEGER", "The response's status.")
BODY_BYTES_SENT = number("body_bytes_sent", "BIGINT", "Bytes sent, without headers.")
REFERER = text("http_referer", "The page the client says it came from.")
USER_AGENT = text("http_user_agent", "The program the client says it is.")
FORWARDED_FOR = text("http_x_forwarded_for", "Whom proxies say they ask for.")
OTHERS = Field("others", "JSON", "r.others", "Variables of the layout without a column of their own, by name.")
