"""Lines taken apart by a regular expression with named groups; grok patterns are compiled to one."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from tailpipe_assets.formats.lines import split_lines
from tailpipe_resources.options import Options
from tailpipe_resources.sources.grok import compile_grok

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailpipe_assets.formats.base import Piece, Readable

_GROUP = re.compile(r"\(\?<(?=[A-Za-z_])")


class RegexOptions(Options):
    """The expression a line must contain a match of."""

    layout: str
    """A regular expression with named groups, `(?P<name>...)` or `(?<name>...)`; the groups become columns."""

    description: str = ""
    """What the format is for."""


class RegexFormat:
    """Lines, by a regular expression with named groups."""

    name: ClassVar[str] = "regex"
    description: ClassVar[str] = "Lines taken apart by a regular expression with named groups."
    by_lines: ClassVar[bool] = True
    options: ClassVar[type[Options]] = RegexOptions

    def __init__(self, options: RegexOptions) -> None:
        self._lines = LinePattern(options.layout)

    @property
    def groups(self) -> tuple[str, ...]:
        """The expression's groups, in order."""
        return self._lines.groups

    def split(self, stream: Readable, *, piece_bytes: int) -> Iterator[Piece]:
        """Cut a stream into lines.

        Raises:
            BadArtifactError: from the stream.
        """
        return split_lines(stream, piece_bytes=piece_bytes)

    def fields(self, raw: pa.Array) -> pa.Array:
        """The groups of each line's first match; null where there is none."""
        return self._lines.fields(raw)


class GrokOptions(Options):
    """The pattern a line must contain a match of."""

    layout: str
    """A grok pattern, such as `%{IP:client} %{WORD:method} %{URIPATH:path}`; named fields become columns."""

    patterns: dict[str, str] = {}
    """Patterns of your own, by name."""

    description: str = ""
    """What the format is for."""


class GrokFormat(RegexFormat):
    """Lines, by a grok pattern."""

    name: ClassVar[str] = "grok"
    description: ClassVar[str] = "Lines taken apart by a grok pattern."
    by_lines: ClassVar[bool] = True
    options: ClassVar[type[Options]] = GrokOptions

    def __init__(self, options: GrokOptions) -> None:
        super().__init__(RegexOptions(layout=compile_grok(options.layout, options.patterns)))


class LinePattern:
    r"""A regular expression applied to a whole column of lines.

    RE2 runs it where it can. An expression with look-around or back references, which RE2 does not know, runs in
    Python by the same rules: classes such as `\w` are ASCII, and a group that took no part in the match is empty.
    """

    def __init__(self, pattern: str) -> None:
        self.pattern = _GROUP.sub("(?P<", pattern)
        """The expression with its groups in the spelling both engines read."""
        with warnings.catch_warnings():
            # Of [[:alpha:]], which is RE2's, Python says that it may come to mean something.
            warnings.simplefilter("ignore", FutureWarning)
            self._python = re.compile(self.pattern, re.ASCII)
        self.groups = tuple(self._python.groupindex)
        if not self.groups:
            raise ValueError("it has no named group; write (?P<name>...)")
        self._quick = _runs_in_re2(self.pattern)
        if "[[:" in self.pattern and not self._quick:
            raise ValueError(
                "it has look-around or back references, beside which [[:alpha:]] and its kin are not known"
            )

    def fields(self, lines: pa.Array) -> pa.Array:
        """A struct of the groups for each line, null for a line without a match."""
        if self._quick:
            return pc.extract_regex(lines, self.pattern)
        matches = (self._python.search(line) for line in lines.to_pylist())
        return pa.array(
            [None if match is None else match.groupdict("") for match in matches],
            pa.struct([(group, pa.string()) for group in self.groups]),
        )


def _runs_in_re2(pattern: str) -> bool:
    try:
        pc.extract_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid:
        return False
    return True
