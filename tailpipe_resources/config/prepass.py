"""Text python-hcl2 can parse, line for line: backtick strings, heredocs and grok patterns as plain quoted strings.

The lines stay where they were, so that every problem points at the user's own line. A newline inside a quoted string
of the result can only come from a backtick string or a heredoc; one the user wrote is reported here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from tailpipe_resources.errors import ConfigError
from tailpipe_resources.model.place import Place

HEREDOC_START = "\\<\n"
"""What a converted heredoc begins with; no string a user may write contains it."""

_CODE = re.compile(r'\#|//|/\*|<<|["`(){}\[\]\n]')
_STRING = re.compile(r'\\.|\$\$\{|%%\{|\$\{|%\{|"|\n')
_BODY = re.compile(r'["\\]|\$\$\{|%%\{|\$\{|%\{')
_RAW = re.compile(r'["\\]|\$\{|%\{')
_HEREDOC = re.compile(r"<<(-?)([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*\r?\n")
_DIRECTIVE = re.compile(r"%\{~?\s*(?:(?:if|for)\s|(?:else|endif|endfor)\s*~?\})")
_CLOSES = {")": "(", "]": "[", "}": "{"}
_MAX_DEPTH = 100
"""How many brackets may be open at once; far more than anybody writes, and few enough for whatever recurs into them."""

_ESCAPED = {
    '"': '\\"',
    "\\": "\\\\",
    "${": "\\u0024{",
    "$${": "\\u0024{",
    "%{": "\\u0025{",
    "%%{": "\\u0025{",
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file ready for the HCL parser."""

    statements: tuple[str, ...]
    """The text cut at the newlines outside all brackets and strings, so that each can be parsed alone."""

    @property
    def text(self) -> str:
        """All of it, with as many lines as the original."""
        return "".join(self.statements)


def prepare(text: str, path: str) -> Prepared:
    """The text with everything python-hcl2 cannot read rewritten, its lines unmoved.

    Raises:
        ConfigError: when a string, heredoc, comment or bracket is not closed.
    """
    scanner = _Scanner(text.removeprefix("\ufeff"), Place(path, 1))
    scanner.code()
    return Prepared(scanner.statements())


def quoted(raw: str) -> str:
    """Any text as the quoted string that means exactly this text. Newlines stay newlines."""
    return '"' + _RAW.sub(lambda match: _ESCAPED[match[0]], raw) + '"'


class _Scanner:
    def __init__(self, text: str, start: Place) -> None:
        self._text = text
        self._start = start
        self._at = 0
        self._out: list[str] = []
        self._cuts: list[int] = []
        self._brackets: list[tuple[str, int]] = []

    def statements(self) -> tuple[str, ...]:
        """What was written, cut into top-level statements."""
        edges = [0, *self._cuts, len(self._out)]
        pieces = ("".join(self._out[left:right]) for left, right in pairwise(edges))
        return tuple(piece for piece in pieces if piece)

    def code(self) -> None:
        """Rewrite HCL up to the end, or up to the brace that closes the template it is in."""
        while (match := self._next(_CODE)) is not None:
            if match[0] == "}" and self._brackets and self._brackets[-1][0] == "${":
                self._brackets.pop()
                self._copy(match.end())
                return
            self._dispatch(match)
        if self._brackets:
            bracket, where = self._brackets[-1]
            raise self._wrong(where, f'"{bracket}" is not closed')

    def body(self) -> str:
        """Rewrite the lines of a heredoc as the inside of a quoted string."""
        while (match := self._next(_BODY)) is not None:
            self._template_or_escape(match)
        return "".join(self._out)

    def _dispatch(self, match: re.Match[str]) -> None:
        found = match[0]
        if found in {"#", "//", "/*"}:
            self._comment(match)
        elif found == '"':
            self._string(match)
        elif found == "`":
            self._backtick(match)
        elif found == "<<":
            self._heredoc(match)
        else:
            self._copy(match.end())
            self._bracket(found, match.start())

    def _bracket(self, token: str, where: int) -> None:
        if token in _CLOSES.values():
            self._open(token, where)
        elif token in _CLOSES:
            self._close(token, where)
        elif not self._brackets:
            self._cuts.append(len(self._out))

    def _open(self, token: str, where: int) -> None:
        if len(self._brackets) == _MAX_DEPTH:
            raise self._wrong(where, f"more than {_MAX_DEPTH} brackets are open here; values are nested too deeply")
        self._brackets.append((token, where))

    def _close(self, token: str, where: int) -> None:
        if not any(opened.endswith(_CLOSES[token]) for opened, _ in self._brackets):
            raise self._wrong(where, f'unexpected "{token}"; it closes nothing that is open')
        opened, at = self._brackets.pop()
        if opened != _CLOSES[token]:
            line = self._place(where).line
            raise self._wrong(at, f'"{opened}" is not closed before the "{token}" of line {line}')

    def _comment(self, match: re.Match[str]) -> None:
        block = match[0] == "/*"
        end = self._text.find("*/" if block else "\n", match.end())
        if end < 0 and block:
            raise self._wrong(match.start(), 'the comment "/*" is not closed; end it with "*/"')
        if block and "\n" not in self._text[match.start() : end]:
            # python-hcl2 takes it for the end of a line, and refuses it where none may be.
            self._replace(end + 2, " ")
        else:
            self._copy(len(self._text) if end < 0 else end + 2 if block else end)

    def _string(self, opening: re.Match[str]) -> None:
        self._copy(opening.end())
        while (match := self._next(_STRING)) is not None:
            if match[0] == "\n":
                break
            if match[0] == '"':
                self._copy(match.end())
                return
            self._template_or_escape(match)
        raise self._wrong(
            opening.start(), "the string is not closed on its line; write long text as a heredoc or in backticks"
        )

    def _template_or_escape(self, match: re.Match[str]) -> None:
        if match[0] == "${":
            self._template(match)
        elif match[0] == "%{" and _DIRECTIVE.match(self._text, match.start()):
            raise self._wrong(
                match.start(), "template directives are not supported; write a conditional, or %%{ for the text %{"
            )
        else:
            self._replace(match.end(), _ESCAPED.get(match[0], match[0]))

    def _template(self, opening: re.Match[str]) -> None:
        self._copy(opening.end())
        self._open(opening[0], opening.start())
        first = len(self._out)
        self.code()
        inner = "".join(self._out[first:])
        if "\n" in inner:
            # python-hcl2 takes newlines in a template only between parentheses.
            self._out[first:] = [f"({inner[:-1]})}}"]

    def _backtick(self, match: re.Match[str]) -> None:
        end = self._text.find("`", match.end())
        if end < 0:
            raise self._wrong(match.start(), "the backtick string is not closed")
        self._replace(end + 1, quoted(self._text[match.end() : end]))

    def _heredoc(self, match: re.Match[str]) -> None:
        start = _HEREDOC.match(self._text, match.start())
        if start is None:
            self._copy(match.end())
            return
        indented, marker = start.groups()
        closing = re.compile(rf"^[ \t]*{re.escape(marker)}[ \t]*\r?$", re.MULTILINE).search(self._text, start.end())
        if closing is None:
            raise self._wrong(match.start(), f"the heredoc <<{marker} is not closed; end it with a line {marker}")
        lines = self._text[start.end() : closing.start()]
        inner = _Scanner(_dedent(lines) if indented else lines, self._place(start.end()))
        self._replace(closing.end(), f'"{HEREDOC_START}{inner.body()}"')

    def _next(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.search(self._text, self._at)
        self._copy(len(self._text) if match is None else match.start())
        return match

    def _copy(self, end: int) -> None:
        self._replace(end, self._text[self._at : end])

    def _replace(self, end: int, text: str) -> None:
        self._out.append(text)
        self._at = end

    def _place(self, at: int) -> Place:
        return Place(self._start.path, self._start.line + self._text.count("\n", 0, at))

    def _wrong(self, at: int, message: str) -> ConfigError:
        return ConfigError([self._place(at).problem(message)])


def _dedent(body: str) -> str:
    lines = body.split("\n")
    indent = min((len(line) - len(line.lstrip(" \t")) for line in lines if line.strip()), default=0)
    return "\n".join(line[indent:] if line.strip() else line for line in lines)
