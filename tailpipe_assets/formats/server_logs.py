"""The logs of nginx by its `log_format`, and of Apache by its `LogFormat`.

References:
    https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format
    https://httpd.apache.org/docs/2.4/mod/mod_log_config.html#formats
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from tailpipe_assets.formats.dialect import merged
from tailpipe_assets.formats.layout import OTHERS, Layout, Part, Variable
from tailpipe_assets.formats.lines import split_lines
from tailpipe_resources.options import Options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from tailpipe_assets.formats.base import Piece, Readable

NGINX_COMBINED = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'
)
APACHE_COMBINED = '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"'
APACHE_COMMON = '%h %l %u %t "%r" %>s %b'

NGINX_GROUPS = (
    *("remote_addr", "host", "remote_user", "time_local", "request", "request_method", "request_uri"),
    *("server_protocol", "status", "body_bytes_sent", "http_referer", "http_user_agent", "http_x_forwarded_for"),
    *("scheme", "http_host", "http_cookie", "content_length", "content_type", "request_length", "server_name"),
    *("server_addr", "server_port", "connection", "connection_requests", "msec", "time_iso8601", "bytes_sent"),
    *("request_time", "pipe", "upstream_addr", "upstream_status", "upstream_connect_time", "upstream_header_time"),
    *("upstream_response_time", "ssl_protocol", "ssl_cipher", "ssl_session_id", "ssl_client_cert", "gzip_ratio"),
    OTHERS,
)
APACHE_GROUPS = (
    *("remote_addr", "remote_host", "remote_logname", "remote_user", "time", "epoch", "request", "request_method"),
    *("request_uri", "server_protocol", "status", "body_bytes_sent", "http_referer", "http_user_agent"),
    *("http_x_forwarded_for", "local_addr", "request_filename", "keepalive_requests", "server_name", "server_port"),
    *("client_port", "apache_port", "pid", "thread_id", "hex_thread_id", "query_string", "handler", "request_time"),
    *("request_time_ms", "request_time_us", "connection_status", "bytes_received", "bytes_sent", "bytes_transferred"),
    OTHERS,
)
_LIST = r"\S+(?:(?:,| :) \S+)*"
_FREE = frozenset({"request", "http_user_agent", "http_cookie", "http_referer", "ssl_client_cert"})
_NGINX = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_APACHE = re.compile(r"%%|%[!0-9,]*[<>]?(?:\{([^}]*)\})?(\^ti|\^to|[a-zA-Z])")
_APACHE_NAMES = {
    "a": "remote_addr",
    "{c}a": "remote_addr",
    "h": "remote_addr",
    "{c}h": "remote_addr",
    "A": "local_addr",
    "B": "body_bytes_sent",
    "b": "body_bytes_sent",
    "D": "request_time_us",
    "f": "request_filename",
    "H": "server_protocol",
    "k": "keepalive_requests",
    "l": "remote_logname",
    "m": "request_method",
    "p": "server_port",
    "{canonical}p": "server_port",
    "{local}p": "apache_port",
    "{remote}p": "client_port",
    "P": "pid",
    "{pid}P": "pid",
    "{tid}P": "thread_id",
    "{hextid}P": "hex_thread_id",
    "q": "query_string",
    "r": "request",
    "R": "handler",
    "s": "status",
    "t": "time",
    "T": "request_time",
    "{s}T": "request_time",
    "{ms}T": "request_time_ms",
    "{us}T": "request_time_us",
    "u": "remote_user",
    "U": "request_uri",
    "v": "server_name",
    "V": "server_name",
    "X": "connection_status",
    "I": "bytes_received",
    "O": "bytes_sent",
    "S": "bytes_transferred",
    "{referer}i": "http_referer",
    "{user-agent}i": "http_user_agent",
    "{x-forwarded-for}i": "http_x_forwarded_for",
    "{sec}t": "epoch",
    "{msec}t": "epoch",
    "{usec}t": "epoch",
    "{begin:sec}t": "epoch",
    "{begin:msec}t": "epoch",
}


class NginxOptions(Options):
    """How lines are written."""

    layout: str = NGINX_COMBINED
    """The `log_format` of nginx's configuration; `combined` unless said."""

    description: str = ""
    """What the format is for."""


class ApacheOptions(Options):
    """How lines are written."""

    layout: str = ""
    """The `LogFormat` of Apache's configuration; `combined` or `common`, in one file too, unless said."""

    description: str = ""
    """What the format is for."""


class _ServerLog:
    """Lines written by a layout."""

    by_lines: ClassVar[bool] = True

    def split(self, stream: Readable, *, piece_bytes: int) -> Iterator[Piece]:
        """Cut a stream into lines.

        Raises:
            BadArtifactError: from the stream.
        """
        return split_lines(stream, piece_bytes=piece_bytes)


class NginxFormat(_ServerLog):
    """Access logs of nginx by any `log_format`."""

    name: ClassVar[str] = "nginx_access_log"
    description: ClassVar[str] = "Access logs of nginx, by the log_format of its configuration."
    options: ClassVar[type[Options]] = NginxOptions
    groups: ClassVar[tuple[str, ...]] = NGINX_GROUPS

    def __init__(self, options: NginxOptions) -> None:
        self._layout = Layout(_nginx_parts(options.layout), NGINX_GROUPS)

    def fields(self, raw: pa.Array) -> pa.Array:
        """The variables of each line; null where it was not written by the layout."""
        return self._layout.fields(raw)


class ApacheFormat(_ServerLog):
    """Access logs of Apache by any `LogFormat`."""

    name: ClassVar[str] = "apache_access_log"
    description: ClassVar[str] = "Access logs of Apache, by the LogFormat of its configuration."
    options: ClassVar[type[Options]] = ApacheOptions
    groups: ClassVar[tuple[str, ...]] = APACHE_GROUPS

    def __init__(self, options: ApacheOptions) -> None:
        layouts = [options.layout] if options.layout else [APACHE_COMBINED, APACHE_COMMON]
        self._layouts = [Layout(_apache_parts(each), APACHE_GROUPS) for each in layouts]

    def fields(self, raw: pa.Array) -> pa.Array:
        """The directives' values of each line; null where it was not written by the layout."""
        return self._quickly(raw, self._layouts)

    def _quickly(self, lines: pa.Array, layouts: list[Layout]) -> pa.Array:
        """By the dialects first: no line that one of them reads fits another layout, which has more quotes or fewer."""
        if not layouts:
            return self._by_expressions(lines)
        return layouts[0].fields(lines, lambda others: self._quickly(others, layouts[1:]))

    def _by_expressions(self, lines: pa.Array) -> pa.Array:
        first, *others = self._layouts
        found = first.by_expression(lines)
        for layout in others:
            if found.null_count:
                missing = found.is_null()
                found = merged(found.is_valid(), found.drop_null(), layout.by_expression(lines.filter(missing)))
        return found


def _nginx_parts(layout: str) -> list[Part]:
    def variable(found: re.Match[str]) -> Variable:
        name = found[1] or found[2]
        if name == "time_local":
            return Variable(name, r"\S+ \S+?", is_word=False, is_time=_is_bracketed(layout, found))
        if name.startswith("upstream_") or name == "http_x_forwarded_for":
            return Variable(name, _LIST)
        if name == "remote_user":
            return Variable(name, ".+?")
        return Variable(name, ".*?", is_word=False) if name in _FREE else Variable(name)

    return _parts(layout, _NGINX, variable)


def _apache_parts(layout: str) -> list[Part]:
    layout = layout.replace('\\"', '"')
    has_address = re.search(r"%(?:\{c\})?a", layout) is not None

    def variable(found: re.Match[str]) -> Part:
        if found[0] == "%%":
            return "%"
        argument, letter = (f"{{{found[1]}}}" if found[1] is not None else ""), found[2]
        name = _APACHE_NAMES.get(argument.lower() + letter, f"%{argument}{letter}")
        if letter == "t" and name not in {"time", "epoch"}:
            raise ValueError(f"the time {found[0]} cannot be read; write %t, or read the log by a regex of your own")
        if name == "remote_addr" and letter == "h" and has_address:
            name = "remote_host"
        if name == "time":
            return Variable(name, r"\[[^\]]*\]", is_word=False, is_time=True)
        if name == "http_x_forwarded_for":
            return Variable(name, _LIST)
        if name == "remote_user":
            return Variable(name, ".+?")
        is_free = name in _FREE or (bool(argument) and name.startswith("%"))
        return Variable(name, ".*?", is_word=False) if is_free else Variable(name)

    parts = _parts(layout, _APACHE, variable)
    # %t writes the brackets around the time itself.
    bracketed: list[list[Part]] = [
        ["[", part, "]"] if isinstance(part, Variable) and part.is_time else [part] for part in parts
    ]
    return _joined([part for several in bracketed for part in several])


def _parts(layout: str, pattern: re.Pattern[str], variable: Callable[[re.Match[str]], Part]) -> list[Part]:
    """Fixed text and variables, in order."""
    parts: list[Part] = []
    end = 0
    for found in pattern.finditer(layout):
        parts += [layout[end : found.start()], variable(found)]
        end = found.end()
    return _joined([*parts, layout[end:]])


def _joined(parts: list[Part]) -> list[Part]:
    """The same without empty text, and with texts that follow one another as one."""
    joined: list[Part] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return joined


def _is_bracketed(layout: str, found: re.Match[str]) -> bool:
    return layout[: found.start()].endswith("[") and layout[found.end() :].startswith("]")
