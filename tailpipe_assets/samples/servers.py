"""Lines of web servers and of syslog, as many as are asked for; to try and to measure tables with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tailpipe_assets.samples.chance import seeded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from random import Random

_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
_DAY_SECONDS = 86_400


def server_lines(kind: str, count: int) -> Iterator[str]:
    """That many lines of 7 February 2024, in order; the same each time.

    Args:
        kind: one of `KINDS`.
        count: how many.
    """
    make, random = KINDS[kind], seeded(0, "servers", kind)
    for number in range(count):
        minute, second = divmod(number * _DAY_SECONDS // count, 60)
        yield make(random, f"{minute // 60:02}:{minute % 60:02}:{second:02}")


def _address(random: Random) -> str:
    if random.random() < 0.1:
        return f"2001:db8::{random.randrange(1, 0xFFFF):x}"
    return f"203.0.113.{random.randrange(1, 255)}"


def _nginx(random: Random, time: str) -> str:
    user = random.choice(("-", "-", "-", "ada"))
    request = f"GET /products/{random.randrange(10_000)}?page={random.randrange(9)} HTTP/1.1"
    status, size = random.choice((200, 200, 200, 304, 404)), random.randrange(100_000)
    return f'{_address(random)} - {user} [07/Feb/2024:{time} +0000] "{request}" {status} {size} "-" "{_AGENT}"'


def _apache(random: Random, time: str) -> str:
    line = _nginx(random, time)
    return line if random.random() < 0.9 else line.rsplit(' "-" ', 1)[0]


def _syslog(random: Random, time: str) -> str:
    port, process = random.randrange(1024, 65_536), random.randrange(100, 30_000)
    said = f"Failed password for root from {_address(random)} port {port} ssh2"
    host, priority = f"web-{random.randrange(9)}", random.randrange(192)
    if random.random() < 0.5:
        return f"<{priority}>1 2024-02-07T{time}.{random.randrange(1000):03}Z {host} sshd {process} - - {said}"
    return f"<{priority}>Feb  7 {time} {host} sshd[{process}]: {said}"


KINDS: Final[Mapping[str, Callable[[Random, str], str]]] = {
    "apache_access_log": _apache,
    "nginx_access_log": _nginx,
    "syslog": _syslog,
}
"""What makes a line of each kind, by the name of the table it is for."""
