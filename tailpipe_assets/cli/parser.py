"""argparse with our manners: help that keeps within the terminal, and errors of a line that name what was meant."""

from __future__ import annotations

import argparse
import re
import shutil
import textwrap
from itertools import groupby
from typing import TYPE_CHECKING, NoReturn

from tailpipe_resources.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

_WIDEST = 118
"""Longer lines are hard to read, however wide a terminal is."""

_CHOICE = re.compile(r"argument (?P<name>\S+): invalid choice: '(?P<given>.*)' \(choose from ")
_MISSING = "the following arguments are required: "
_UNKNOWN = "unrecognized arguments: "


def terminal_width() -> int:
    """How wide help may be."""
    return max(min(shutil.get_terminal_size().columns - 2, _WIDEST), 20)


def two_columns(rows: Iterable[tuple[str, str]]) -> str:
    """Words with what they mean beside them, or below where there is little room."""
    listed = list(rows)
    width, beside = terminal_width(), max(len(word) for word, _ in listed) + 4
    lines: list[str] = []
    for word, meaning in listed:
        if width - beside >= 24:
            hanging = " " * beside
            lines += textwrap.wrap(meaning, width, initial_indent=f"  {word:<{beside - 2}}", subsequent_indent=hanging)
        else:
            lines += [f"  {word}", *textwrap.wrap(meaning, width, initial_indent=" " * 6, subsequent_indent=" " * 6)]
    return "\n".join(lines)


class Parser(argparse.ArgumentParser):
    """Reads the arguments of one command."""

    def __init__(self, prog: str, **settings: str | None) -> None:
        super().__init__(prog, formatter_class=_Formatter, allow_abbrev=False, **settings)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments.

        Raises:
            UsageError: always.
        """
        raise UsageError(f"{self._in_words(message)} See {self.prog} --help")

    def _in_words(self, message: str) -> str:
        choice = _CHOICE.match(message)
        if choice is not None:
            return self._no_choice(choice["name"], choice["given"])
        if message.startswith(_MISSING):
            return self._missing(message.removeprefix(_MISSING).split(", ")[0])
        if message.startswith(_UNKNOWN):
            return self._unknown(message.removeprefix(_UNKNOWN).split()[0])
        return f"{message.removeprefix('argument ')}."

    def _no_choice(self, name: str, given: str) -> str:
        choices = next(action.choices for action in self._actions if _named(action, name))
        what = name if name.startswith("-") else self.prog
        return f'{what} "{given}" is unknown{_hint(given, map(str, choices or ()))}'

    def _missing(self, name: str) -> str:
        choices = next((action.choices for action in self._actions if _named(action, name)), None)
        return f"say what: {', '.join(map(str, choices))}." if choices else f"{name} is missing."

    def _unknown(self, given: str) -> str:
        if not given.startswith("-"):
            return f'"{given}" is one word too many.'
        flags = [flag for action in self._actions for flag in action.option_strings if flag.startswith("--")]
        return f"there is no flag {given.partition('=')[0]}{_hint(given.partition('=')[0], flags)}"


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=terminal_width())

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Fill paragraphs, and leave lines that are indented as they are."""
        lines: list[str] = []
        for is_prose, block in groupby(text.strip("\n").splitlines(), lambda line: line[:1].strip() != ""):
            written = list(block)
            lines += textwrap.wrap(" ".join(written), width, break_on_hyphens=False) if is_prose else written
        return "\n".join(f"{indent}{line}".rstrip() for line in lines)


def _named(action: argparse.Action, name: str) -> bool:
    return name in (action.dest, action.metavar, *action.option_strings, "/".join(action.option_strings))


def _hint(given: str, known: Iterable[str]) -> str:
    from tailpipe_resources.model.names import hint

    near = hint(given, known)
    return near if near.endswith("?") else f"{near}."
