"""A writer of small databases in MaxMind's format, by its specification.

https://maxmind.github.io/MaxMind-DB/
"""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_MARKER = b"\xab\xcd\xefMaxMind.com"
_BITS = 128
_EXTENDED = 7
"""Types from 8 on are told by a second byte, less this."""

_SHORT = 29
"""Sizes from here on are told by a second byte."""


def mmdb(records: Mapping[str, Any]) -> bytes:
    """A database with a record for each network; narrow networks within wide ones are found first."""
    data = b""
    nodes: list[list[Side]] = [[None, None]]
    for network in sorted(records, key=lambda each: ipaddress.ip_network(each).prefixlen):
        _insert(nodes, network, _Data(len(data)))
        data += _value(records[network])
    count = len(nodes)
    tree = b"".join(_side(side, count) for node in nodes for side in node)
    metadata = {
        "binary_format_major_version": _unsigned16(2),
        "binary_format_minor_version": _unsigned16(0),
        "build_epoch": _control(9, 8) + struct.pack(">Q", 1_700_000_000),
        "database_type": "Test-City",
        "description": {"en": "made by a test"},
        "ip_version": _unsigned16(6),
        "languages": ["en"],
        "node_count": count,
        "record_size": _unsigned16(32),
    }
    return tree + bytes(16) + data + _MARKER + _value(metadata)


@dataclass(frozen=True, slots=True)
class _Data:
    """Where a record begins in the data."""

    offset: int


Side = int | _Data | None
"""Where a bit leads: to another node, to a record, or nowhere."""


def _insert(nodes: list[list[Side]], network: str, data: _Data) -> None:
    """Lead the bits of a network to its record. What a wider one leads to is pushed down to where they part."""
    found = ipaddress.ip_network(network)
    length = found.prefixlen + (_BITS - found.max_prefixlen)
    bits = f"{int(found.network_address):0{_BITS}b}"[:length]
    node = 0
    for bit in map(int, bits[:-1]):
        side = nodes[node][bit]
        if not isinstance(side, int):
            nodes.append([side, side])
            side = nodes[node][bit] = len(nodes) - 1
        node = side
    nodes[node][int(bits[-1])] = data


def _side(side: Side, count: int) -> bytes:
    return struct.pack(">I", count if side is None else count + 16 + side.offset if isinstance(side, _Data) else side)


def _unsigned16(value: int) -> bytes:
    return _control(5, 2) + struct.pack(">H", value)


def _value(value: Any) -> bytes:
    """A value with its type before it; bytes are one already."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, bool):
        return _control(14, int(value))
    if isinstance(value, str):
        return _control(2, len(value.encode())) + value.encode()
    if isinstance(value, float):
        return _control(3, 8) + struct.pack(">d", value)
    if isinstance(value, int):
        return _control(6, 4) + struct.pack(">I", value)
    if isinstance(value, dict):
        return _control(7, len(value)) + b"".join(_value(key) + _value(each) for key, each in value.items())
    return _control(11, len(value)) + b"".join(map(_value, value))


def _control(kind: int, size: int) -> bytes:
    short = min(size, _SHORT)
    first = bytes([short]) + bytes([kind - _EXTENDED]) if kind > _EXTENDED else bytes([kind << 5 | short])
    return first if size < _SHORT else first + bytes([size - _SHORT])
