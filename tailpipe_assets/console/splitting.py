"""Typed text as statements: where one ends, and whether the last is still being written."""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPENING = re.compile(r"(?<!\w)[eE]'|'|\"|(?<!\w)\$(?:[A-Za-z_]\w*)?\$|--|/\*|;")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_PLAIN = re.compile(r"'(?:[^']|'')*'")
_ESCAPED = re.compile(r"'(?:[^'\\]|\\.|'')*'", re.DOTALL)
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of SQL of one kind."""

    text: str
    kind: str
    """`sql`, `string`, `name` (in quotes), `comment` or `;`."""

    is_open: bool = False
    """Whether its end is still missing."""


def pieces(text: str) -> list[Piece]:
    """The text cut into what is SQL, what is quoted and what is comment; joined again it is the same."""
    found: list[Piece] = []
    place = 0
    while (opening := _OPENING.search(text, place)) is not None:
        if opening.start() > place:
            found.append(Piece(text[place : opening.start()], "sql"))
        kind, end = _stretch(text, opening)
        place = len(text) if end is None else end
        found.append(Piece(text[opening.start() : place], kind, is_open=end is None))
    if place < len(text):
        found.append(Piece(text[place:], "sql"))
    return found


def split(text: str) -> tuple[tuple[str, ...], str]:
    """The statements that end in a semicolon, without it, and what stands behind the last one."""
    statements: list[str] = []
    current: list[Piece] = []
    for piece in pieces(text):
        if piece.kind != ";":
            current.append(piece)
            continue
        if _says_something(current):
            statements.append(_joined(current).strip())
        current = []
    return tuple(statements), _joined(current).strip() if _says_something(current) else ""


def is_whole(text: str) -> bool:
    """Whether Enter should run it: every statement has its semicolon, and no quote or comment is open."""
    found = pieces(text)
    if any(piece.is_open and piece.text[:2] != "--" for piece in found):
        return False
    return not split(text)[1]


def bare(text: str) -> str:
    """The text without comments and with empty strings, in which a word is a word of SQL."""
    return "".join({"comment": " ", "string": "''"}.get(piece.kind, piece.text) for piece in pieces(text))


def _says_something(found: list[Piece]) -> bool:
    return any(piece.kind != "comment" and piece.text.strip() for piece in found)


def _joined(found: list[Piece]) -> str:
    return "".join(piece.text for piece in found)


def _stretch(text: str, opening: re.Match[str]) -> tuple[str, int | None]:
    """What an opening opens, and where that ends; None when it does not."""
    sign, start = opening[0], opening.start()
    if sign == ";":
        return ";", start + 1
    if sign == "--":
        end = text.find("\n", start)
        return "comment", None if end < 0 else end + 1
    if sign == "/*":
        return "comment", _end_of_comment(text, start)
    if sign.startswith("$"):
        end = text.find(sign, opening.end())
        return "string", None if end < 0 else end + len(sign)
    pattern = _QUOTED if sign == '"' else _PLAIN if sign == "'" else _ESCAPED
    found = pattern.match(text, opening.end() - 1)
    return "name" if sign == '"' else "string", None if found is None else found.end()


def _end_of_comment(text: str, start: int) -> int | None:
    """Comments nest."""
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, start):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    return None
