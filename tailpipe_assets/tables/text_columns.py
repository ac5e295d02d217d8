"""Columns made of the fields of text logs, where `-` stands for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_assets.tables.declaration import Check, Field

if TYPE_CHECKING:
    from collections.abc import Iterable


def text(name: str, description: str, field: str = "") -> Field:
    """A field as it is.

    Args:
        name: the column's.
        description: what it holds.
        field: the format's name for it, when it is another.
    """
    return Field(name, "VARCHAR", f"nullif(r.{field or name}, '-')", description)


def quoted(name: str, description: str) -> Field:
    """A field between quotes, which may be empty."""
    return Field(name, "VARCHAR", f"nullif(nullif(r.{name}, '-'), '')", description)


def number(name: str, kind: str, description: str) -> Field:
    """A field that is a number; its check is among `number_checks`."""
    return Field(name, kind, f"try_cast(r.{name} AS {kind})", description)


def seconds(name: str, description: str) -> Field:
    """A duration, which AWS writes as -1 where there is none."""
    return Field(name, "DOUBLE", f"nullif(try_cast(r.{name} AS DOUBLE), -1)", description)


def number_checks(fields: Iterable[Field]) -> tuple[Check, ...]:
    """That the fields of these columns which are no text are what they say, when they are there at all."""
    numbers = (each for each in fields if f"try_cast(r.{each.name} AS {each.type})" in each.expression)
    return tuple(_number_check(each.name, each.type) for each in numbers)


def _number_check(name: str, kind: str) -> Check:
    misfit = f"r.{name} <> '-' AND try_cast(r.{name} AS {kind}) IS NULL"
    return Check(misfit, f"{name} is no number")


# A first line of three words, `GET /path HTTP/1.1`, is the rule. Others: HTTP/0.9 has no protocol, and a target that
# holds spaces reaches from the first to the last of them.
_WORDS = "string_split(r.request, ' ')"
_THREE = f"(len({_WORDS}) = 3 AND starts_with({_WORDS}[3], 'HTTP/'))"
_METHOD = "split_part(r.request, ' ', 1)"
_PROTOCOL = "split_part(r.request, ' ', -1)"
_URI = f"substr(r.request, length({_METHOD}) + 2, length(r.request) - length({_METHOD}) - length({_PROTOCOL}) - 2)"
_FULL = f"(r.request LIKE '% % %' AND starts_with({_PROTOCOL}, 'HTTP/'))"
_SHORT = "(r.request LIKE '% %' AND r.request NOT LIKE '% % %')"


def request_method(name: str) -> Field:
    """The method of the field `request`."""
    made = f"CASE WHEN {_THREE} THEN {_WORDS}[1] WHEN {_FULL} OR {_SHORT} THEN {_METHOD} END"
    return Field(name, "VARCHAR", made, "The method, when the first line is of HTTP.")


def request_target(name: str, description: str, otherwise: str = "NULL") -> Field:
    """What the field `request` asks for.

    Args:
        name: the column's.
        description: what it holds.
        otherwise: SQL for what stands for it in a request that is not of HTTP.
    """
    known = f"WHEN {_THREE} THEN {_WORDS}[2] WHEN {_FULL} THEN {_URI} WHEN {_SHORT} THEN {_PROTOCOL}"
    return Field(name, "VARCHAR", f"CASE {known} ELSE {otherwise} END", description)


def request_protocol(name: str) -> Field:
    """The protocol of the field `request`."""
    made = f"CASE WHEN {_THREE} THEN {_WORDS}[3] WHEN {_FULL} THEN {_PROTOCOL} END"
    return Field(name, "VARCHAR", made, "The protocol, such as `HTTP/1.1`.")


def listed(first: str, *others: str) -> str:
    """SQL for the list of what these columns hold, each value once; NULL when they hold nothing.

    Where only the first column, or the first two, hold something, as in most rows, nothing is compared with all.
    """
    if not others:
        return f"CASE WHEN {first} IS NOT NULL THEN [{first}] END"
    second, *rest = others
    alone = f"coalesce({', '.join([*rest, 'NULL'])}) IS NULL" if rest else "true"
    return (
        f"CASE WHEN coalesce({', '.join([first, *others])}) IS NULL THEN NULL "
        f"WHEN {first} <> {second} AND {alone} THEN [{first}, {second}] "
        f"ELSE list_distinct([{', '.join([first, *others])}]) END"
    )
