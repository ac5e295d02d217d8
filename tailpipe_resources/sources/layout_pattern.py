"""A layout's grok pattern taken apart: the routes it allows through the folders."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailpipe_resources.sources.grok import compile_grok

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TOKEN = re.compile(r"%\{[^}]*\}|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?:|.", re.DOTALL)
_PLAIN_NAME = re.compile(r"[\w.=+@~ -]+")
_REACHES_OVER = re.compile(r"/|\.[*+](?!\?)")
_PLAIN = r"(?:[\w=@~,: -]|\\[.+-])*"
_DATED = re.compile(rf"{_PLAIN}%\{{YEAR:year\}}{_PLAIN}%\{{MONTHNUM2?:month\}}{_PLAIN}%\{{MONTHDAY:day\}}(?![?*{{])")
_DATE_PATTERNS = frozenset({"YEAR", "MONTHNUM", "MONTHNUM2", "MONTHDAY"})
_OPEN, _CLOSE = frozenset({"(", "(?:"}), ")"
_MAX_ROUTES = 64


@dataclass(frozen=True, slots=True)
class Segment:
    """The pattern of one folder, or of the file in the last."""

    expression: re.Pattern[str]
    is_name: bool
    """Whether it is a plain name, not a pattern."""

    begins_with_date: bool = False
    """Whether it is a date, year first, behind nothing but plain text."""


@dataclass(frozen=True, slots=True)
class Route:
    """One way through the folders: optional parts are either there or not."""

    segments: tuple[Segment, ...]
    tail: re.Pattern[str] | None = None
    """Matches all that follows the segments, over any number of folders; None when the last segment is the file."""

    head: str | None = None
    """The plain name it begins with."""


def routes(pattern: str, patterns: Mapping[str, str] | None = None) -> tuple[Route, ...]:
    """Every route the layout allows, the ones with optional parts first.

    Raises:
        ValueError: the layout is empty, is not grok, or allows too many routes.
    """
    texts = list(dict.fromkeys(_ways(_TOKEN.findall(pattern.replace(r"\/", "/")))))
    if len(texts) > _MAX_ROUTES:
        raise ValueError(
            f'the layout "{pattern}" has too many optional parts: {len(texts)} ways, {_MAX_ROUTES} at most'
        )
    if not all(text.strip("/") for text in texts):
        raise ValueError(f'the layout "{pattern}" is empty')
    return tuple(_route(text.lstrip("/"), patterns) for text in texts)


def _route(text: str, patterns: Mapping[str, str] | None) -> Route:
    parts = _split(_TOKEN.findall(text), "/")
    segments: list[Segment] = []
    for index, part in enumerate(parts):
        expression = compile_grok(part, patterns)
        if _REACHES_OVER.search(expression):
            tail = re.compile(compile_grok("/".join(parts[index:]), patterns), re.DOTALL)
            return Route(tuple(segments), tail, _head(parts) if segments else None)
        is_name = _PLAIN_NAME.fullmatch(part) is not None
        segments.append(Segment(re.compile(expression, re.DOTALL), is_name, _begins_with_date(part, patterns or {})))
    return Route(tuple(segments), None, _head(parts) if len(parts) > 1 else None)


def _begins_with_date(part: str, patterns: Mapping[str, str]) -> bool:
    is_usual = _DATE_PATTERNS.isdisjoint(patterns)
    return is_usual and _DATED.match(part) is not None and len(_split(_TOKEN.findall(part), "|")) == 1


def _head(parts: list[str]) -> str | None:
    return parts[0] if _PLAIN_NAME.fullmatch(parts[0]) else None


def _ways(tokens: list[str]) -> Iterator[str]:
    """The pattern without its groups of folders: each alternative of each, and an optional one also left out."""
    branches = _split(tokens, "|")
    if len(branches) > 1:
        for branch in branches:
            yield from _ways(_TOKEN.findall(branch))
        return
    for start, end in _groups(tokens):
        follows = tokens[end + 1] if end + 1 < len(tokens) else ""
        if "/" in tokens[start:end] and follows not in {"*", "+", "{"}:
            after = tokens[end + 2 :] if follows == "?" else tokens[end + 1 :]
            for branch in [*_split(tokens[start + 1 : end], "|"), *([""] if follows == "?" else [])]:
                yield from _ways([*tokens[:start], *_TOKEN.findall(branch), *after])
            return
    yield "".join(tokens)


def _groups(tokens: list[str]) -> Iterator[tuple[int, int]]:
    """Where each outermost group without a name opens and closes."""
    depth = start = 0
    for index, part in enumerate(tokens):
        if part in _OPEN:
            start = index if depth == 0 else start
            depth += 1
        elif part == _CLOSE:
            depth -= 1
            if depth == 0 and tokens[start + 1] != "?":
                yield start, index


def _split(tokens: list[str], mark: str) -> list[str]:
    """The pattern cut at each mark that stands outside of any group."""
    parts, depth = [""], 0
    for part in tokens:
        depth += (part in _OPEN) - (part == _CLOSE)
        if part == mark and depth == 0:
            parts.append("")
        else:
            parts[-1] += part
    return parts
