"""Networks on a line of numbers: which of many, nested in each other or not, holds an address most narrowly."""

from __future__ import annotations

import socket
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    Span = tuple[int, int]
    """The first and the last address of a network, as numbers."""

_IPV4_IN_IPV6 = b"\0" * 10 + b"\xff\xff"
_ABOVE_IPV6 = 1 << 128
"""Where the addresses of IPv4 begin: beside those of IPv6, so that `::/0` holds none of them."""


class NetworkError(ValueError):
    """Text that is no network; says why."""


def number_of(address: str) -> int | None:
    """An address as a number; None for text that is none. `::ffff:192.0.2.1` is the address of IPv4 it stands for."""
    try:
        if ":" not in address:
            return _ABOVE_IPV6 + int.from_bytes(socket.inet_pton(socket.AF_INET, address))
        packed = socket.inet_pton(socket.AF_INET6, address)
    except (OSError, ValueError):
        return None
    is_mapped = packed.startswith(_IPV4_IN_IPV6)
    return _ABOVE_IPV6 + int.from_bytes(packed[12:]) if is_mapped else int.from_bytes(packed)


def span_of(network: str) -> Span:
    """The addresses of a network such as `192.0.2.0/24`, or of an address, which is a network of one.

    Raises:
        NetworkError: it is none, or its address lies inside of it rather than at its beginning.
    """
    address, slash, length = network.partition("/")
    first = number_of(address)
    if first is None:
        raise NetworkError("is no network such as 192.0.2.0/24 or 2001:db8::/32")
    bits = 128 if ":" in address else 32
    if slash and not (length.isascii() and length.isdigit() and int(length) <= bits):
        raise NetworkError(f'has no length from 0 to {bits} after the "/"')
    width = bits - int(length) if slash else 0
    if bits == 128 and first >= _ABOVE_IPV6 and width > 32:
        raise NetworkError("is wider than all addresses of IPv4; write those as 0.0.0.0/0")
    if first & ((1 << width) - 1):
        raise NetworkError(f"begins inside of the network; with /{length} its last {width} bits have to be 0")
    return first, first + (1 << width) - 1


class Networks:
    """Knows which of many networks holds an address most narrowly."""

    def __init__(self, spans: Iterable[tuple[Span, int]]) -> None:
        """Lay the networks out as ranges that do not overlap.

        Args:
            spans: networks, each of which is there once, with the number to find it by.
        """
        self._starts: list[int] = []
        self._owners: list[int | None] = []
        around: list[tuple[int, int]] = []
        """The networks that hold the place reached, the narrowest last: their ends and numbers."""
        for (first, last), owner in sorted(spans, key=lambda item: (item[0][0], -item[0][1])):
            self._leave(around, before=first)
            self._begin(first, owner)
            around.append((last, owner))
        self._leave(around, before=None)

    def find(self, address: str) -> int | None:
        """The number of the narrowest network that holds an address; None when none does, or it is no address."""
        number = number_of(address)
        place = -1 if number is None else bisect_right(self._starts, number) - 1
        return None if place < 0 else self._owners[place]

    def _leave(self, around: list[tuple[int, int]], *, before: int | None) -> None:
        """What follows a network that ends belongs to the one around it."""
        while around and (before is None or around[-1][0] < before):
            last, _ = around.pop()
            self._begin(last + 1, around[-1][1] if around else None)

    def _begin(self, place: int, owner: int | None) -> None:
        if self._starts and self._starts[-1] == place:
            self._owners[-1] = owner
        else:
            self._starts.append(place)
            self._owners.append(owner)
