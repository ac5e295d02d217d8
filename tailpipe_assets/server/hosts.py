"""Which names the web server answers to. A page that gives its own name our address (DNS rebinding) is told apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

LOCAL = frozenset({"127.0.0.1", "localhost", "[::1]"})
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(?P<port>\d{1,5}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Hosts:
    """The values of the `Host` header that are meant for us."""

    port: int
    bound: str = "127.0.0.1"
    """The address it listens at."""

    names: frozenset[str] = frozenset()
    """More names, with a port or for any port."""

    def know(self, header: str) -> bool:
        """Whether a request with this `Host` header is for us."""
        found = _HOST.fullmatch(header.lower())
        if found is None:
            return False
        name, port = found["name"], int(found["port"] or 80)
        if name in self.names or header.lower() in self.names:
            return True
        return port == self.port and (name in LOCAL or self._is_ours(name.strip("[]")))

    def is_same(self, origin: str, header: str) -> bool:
        """Whether a page of this origin was served by the host of this header."""
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        plain = parts.scheme in {"http", "https"} and not (parts.path or parts.query or parts.fragment)
        return plain and parts.netloc.lower() == header.lower()

    def _is_ours(self, address: str) -> bool:
        # Nobody can give an address another address: where we listen at all of them, each will do.
        return address == self.bound or (not is_loopback(self.bound) and _is_address(address))


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    if host == "localhost":
        return True
    return _is_address(host) and ip_address(host).is_loopback


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
