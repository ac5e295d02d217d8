"""Comparing: SQL for what Sigma compares, each made of SQL for text."""

from __future__ import annotations

import re
from enum import Enum
from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING

from tailpipe_resources.model.names import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

_BYTE = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = literal(rf"{_BYTE}(?:\.{_BYTE}){{3}}")
_SOME = "[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6}"
_IPV6 = literal(f"(?:[0-9a-f]{{1,4}}:){{7}}[0-9a-f]{{1,4}}|(?:{_SOME})?::(?:{_SOME})?")
_GROUP = "tp_group"
_HEX_DIGITS = 32


class Wild(Enum):
    """What stands for other letters."""

    MANY = "%"
    ONE = "_"


_IN_REGEX = {Wild.MANY: ".*", Wild.ONE: "."}


def matches(text: str, parts: Sequence[str | Wild], *, cased: bool = False) -> str:
    """Whether text is as a pattern says; as Sigma has it, in whatever case.

    Args:
        text: SQL.
        parts: what the pattern consists of.
        cased: whether capitals count.
    """
    if parts and all(each is Wild.MANY for each in parts):
        return f"{text} IS NOT NULL"
    words = [each for each in parts if isinstance(each, str)]
    if not cased and any(each.lower() != each.upper() for each in words):
        text, fold = f"lower({text})", True
    else:
        fold = False
    ends = tuple(each if isinstance(each, Wild) else "" for each in parts)
    if len(words) < 2:
        word = _literal("".join(words), fold=fold)
        match ends:
            case () | ("",):
                return f"{text} = {word}"
            case ("", Wild.MANY):
                return f"starts_with({text}, {word})"
            case (Wild.MANY, ""):
                return f"ends_with({text}, {word})"
            case (Wild.MANY, "", Wild.MANY):
                return f"contains({text}, {word})"
    pattern = "".join(each.value if isinstance(each, Wild) else _escaped(each) for each in parts)
    return f"{text} LIKE {_literal(pattern, fold=fold)} ESCAPE '\\'"


def among(text: str, words: Sequence[str]) -> str:
    """Whether text is one of several, in whatever case."""
    fold = any(each.lower() != each.upper() for each in words)
    shown = ", ".join(_literal(each, fold=fold) for each in words)
    return f"lower({text}) IN ({shown})" if fold else f"{text} IN ({shown})"


def searched(parts: Sequence[str | Wild]) -> str:
    """A pattern as a regular expression that is looked for anywhere, so that wildcards at its ends say nothing."""
    first, last = 0, len(parts)
    while first < last and parts[first] is Wild.MANY:
        first += 1
    while last > first and parts[last - 1] is Wild.MANY:
        last -= 1
    return "".join(re.escape(each) if isinstance(each, str) else _IN_REGEX[each] for each in parts[first:last])


def within(text: str, network: IPv4Network | IPv6Network) -> str:
    """Whether text is an address of a network."""
    if isinstance(network, IPv4Network):
        number = " + ".join(
            f"TRY_CAST(split_part({text}, '.', {place}) AS BIGINT) * {256 ** (4 - place)}" for place in range(1, 5)
        )
        first, last = int(network.network_address), int(network.broadcast_address)
        return f"CASE WHEN regexp_full_match({text}, {_IPV4}) THEN {number} BETWEEN {first} AND {last} END"
    first_hex, last_hex = (f"{int(each):032x}" for each in (network.network_address, network.broadcast_address))
    address = f"split_part(lower({text}), '%', 1)"  # what follows names a link, as in fe80::1%eth0
    before, after = (_groups(f"split_part({address}, '::', {place})") for place in (1, 2))
    zeros = f"repeat('0', greatest({_HEX_DIGITS} - length({before}) - length({after}), 0))"
    number = f"({before} || {zeros} || {after})"
    return f"CASE WHEN regexp_full_match({address}, {_IPV6}) THEN {number} BETWEEN '{first_hex}' AND '{last_hex}' END"


def _groups(text: str) -> str:
    """The groups of half an IPv6 address as one number, every one four digits long."""
    groups = f"list_filter(string_split({text}, ':'), lambda {_GROUP}: {_GROUP} <> '')"
    return f"array_to_string(list_transform({groups}, lambda {_GROUP}: lpad({_GROUP}, 4, '0')), '')"


def _literal(text: str, *, fold: bool) -> str:
    if not fold:
        return literal(text)
    # The database's own idea of small letters counts where there is more than one.
    return literal(text.lower()) if text.isascii() else f"lower({literal(text)})"


def _escaped(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\%_" else letter for letter in text)
