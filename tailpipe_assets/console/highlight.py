"""Colours for SQL as it is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prompt_toolkit.lexers import Lexer, PygmentsLexer, SimpleLexer
from prompt_toolkit.styles import Style
from pygments.lexers.sql import SqlLexer
from pygments.token import Keyword, Name, Token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prompt_toolkit.document import Document
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from pygments.token import _TokenType

_DUCKDB = """
anti asof attach describe exclude explain glob ilike json lateral list macro map offset pivot positional qualify
replace sample semi show struct summarize timestamptz try_cast unnest unpivot using varchar
"""
_WORDS = frozenset(_DUCKDB.split())

STYLE = Style.from_dict(
    {
        "pygments.keyword": "ansiblue bold",
        "pygments.name.builtin": "ansiblue",
        "pygments.name.function": "ansicyan",
        "pygments.literal.string": "ansigreen",
        "pygments.literal.string.single": "ansigreen",
        "pygments.literal.string.symbol": "ansimagenta",
        "pygments.literal.number": "ansiyellow",
        "pygments.literal.number.integer": "ansiyellow",
        "pygments.literal.number.float": "ansiyellow",
        "pygments.comment": "ansibrightblack",
        "pygments.comment.single": "ansibrightblack",
        "pygments.comment.multiline": "ansibrightblack",
        "bottom-toolbar": "reverse",
        "auto-suggestion": "ansibrightblack",
    }
)


class DuckDBLexer(SqlLexer):  # type: ignore[misc]  # pygments has no types
    """Pygments' SQL, with the words of DuckDB that it does not know and function names before a parenthesis."""

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, _TokenType, str]]:
        """Tokens with their places."""
        for place, kind, value in super().get_tokens_unprocessed(text):
            if kind in Name and value.lower() in _WORDS:
                yield place, Keyword, value
            elif kind in Name and text[place + len(value) : place + len(value) + 1] == "(":
                yield place, Name.Function, value
            else:
                yield place, kind if kind in Token else Token, value


class ConsoleLexer(Lexer):
    """SQL in colours, meta commands plain."""

    def __init__(self) -> None:
        self._sql = PygmentsLexer(DuckDBLexer)
        self._meta = SimpleLexer()

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """The pieces of each line."""
        lexer = self._meta if document.text.lstrip().startswith(".") else self._sql
        return lexer.lex_document(document)
