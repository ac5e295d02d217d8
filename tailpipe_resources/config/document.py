"""One HCL file as blocks. The only module that imports python-hcl2, and only when the file is not in the cache."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tailpipe_resources.config import cache
from tailpipe_resources.config.prepass import Prepared, prepare
from tailpipe_resources.config.syntax import Block
from tailpipe_resources.config.tree import TreeReader
from tailpipe_resources.errors import ConfigError
from tailpipe_resources.model.place import Place

if TYPE_CHECKING:
    from pathlib import Path

    from lark.exceptions import UnexpectedInput

    from tailpipe_resources.model.place import Problems

_VALUE = {"LSQB", "INT_LITERAL", "DBLQUOTE"}
_SHAPES = 'an attribute is written name = value, a block type "label" { ... }'

_SECRET = re.compile(r"\s*\w*(?:key|token|secret|password|credential)\w*\s*=", re.IGNORECASE)
"""A line whose words are not repeated in a message: they may be part of a secret."""


def parse(text: str, path: str, problems: Problems) -> Block:
    """The file's top level as one block; what cannot be read is noted and left out.

    After a syntax error every other top-level block is still read, so that all errors are found at once.
    """
    cached = cache.read(text, path)
    if cached is not None:
        return cached
    try:
        prepared = prepare(text, path)
    except ConfigError as error:
        problems.extend(error.problems)
        return Block(Place(path, 1), "", (), (), ())
    return _parse(text, path, prepared, problems)


def _parse(text: str, path: str, prepared: Prepared, problems: Problems) -> Block:
    try:
        block = _read(prepared.text, path)
    except ConfigError:
        return _recover(path, prepared, problems)
    cache.write(text, block)
    return block


def _recover(path: str, prepared: Prepared, problems: Problems) -> Block:
    pieces: list[Block] = []
    line = 0
    for statement in prepared.statements:
        try:
            pieces.append(_read(statement, path, skipped=line))
        except ConfigError as error:
            problems.extend(error.problems)
        line += statement.count("\n")
    attributes = tuple(attribute for piece in pieces for attribute in piece.attributes)
    return Block(Place(path, 1), "", (), attributes, tuple(block for piece in pieces for block in piece.blocks))


def _read(text: str, path: str, *, skipped: int = 0) -> Block:
    import hcl2
    from lark.exceptions import UnexpectedInput

    try:
        return TreeReader(path, text, skipped).body(hcl2.parses_to_tree(text))
    except UnexpectedInput as error:
        line, message = _in_words(error, text)
        raise ConfigError([Place(path, line + skipped).problem(message)]) from None
    except RecursionError:
        raise ConfigError([Place(path, skipped + 1).problem("values are nested too deeply in here")]) from None


def _in_words(error: UnexpectedInput, text: str) -> tuple[int, str]:
    at = error.pos_in_stream
    rest = text[at:]
    expected = set(getattr(error, "expected", ()))
    if expected == {"LBRACE"}:
        before = text[:at].rstrip()
        return before.count("\n") + 1, f"unexpected end of line; {_SHAPES}"
    line = text.split("\n")[error.line - 1]
    found = "text" if _SECRET.match(line) else _found(rest)
    return error.line, f"unexpected {found}; {_wanted(rest, expected)}"


def _found(rest: str) -> str:
    word = re.match(r"[ \t]*([\w.-]+|[^\w\s])", rest)
    return f'"{word[1]}"' if word else "end of line"


def _wanted(rest: str, expected: set[str]) -> str:
    if rest.lstrip().startswith("'"):
        return "strings are written in double quotes or backticks"
    if rest.lstrip().startswith("~"):
        return "${~ and ~} are not supported; trimspace() takes blanks away"
    if expected >= _VALUE:
        return "a value goes here"
    if rest.lstrip().startswith(","):
        return "attributes of a block are written on lines of their own, without commas"
    return _SHAPES


def line_of(error: UnicodeDecodeError) -> int:
    """The line of a file whose bytes are no text."""
    return error.object.count(b"\n", 0, error.start) + 1


def read(path: Path, problems: Problems) -> Block:
    """A file's top level; an empty one, and a problem, when it cannot be read."""
    try:
        return parse(path.read_text(encoding="utf-8"), str(path), problems)
    except OSError as error:
        problems.add(Place(str(path), 0), f"cannot be read: {error.strerror}")
    except UnicodeDecodeError as error:
        problems.add(Place(str(path), line_of(error)), "is not UTF-8 text")
    return parse("", str(path), problems)
