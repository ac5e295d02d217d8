"""The prompt of a terminal that can move its cursor: completion, colours, history, a toolbar."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import duckdb
from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import ThreadedCompleter
from prompt_toolkit.filters import has_completions
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.output import ColorDepth

from tailpipe_assets.console.catalog import Catalog, read_catalog
from tailpipe_assets.console.completer import ConsoleCompleter
from tailpipe_assets.console.highlight import STYLE, ConsoleLexer
from tailpipe_assets.console.history import FileHistory
from tailpipe_assets.console.meta_settings import restriction_text
from tailpipe_assets.console.splitting import is_whole
from tailpipe_assets.console.taking import take
from tailpipe_assets.console.words import PROMPT, PROMPT_MORE, counted, say

if TYPE_CHECKING:
    from prompt_toolkit.key_binding.key_processor import KeyPressEvent

    from tailpipe_assets.console.lake import LakeTables
    from tailpipe_assets.console.session import Session
    from tailpipe_resources.query.layers import Layer

FIRST_READ_SECONDS = 30.0
"""For so long completion waits for the catalog, in a thread of its own, while typing goes on."""


def converse(session: Session) -> None:
    """Take lines until the session is over or Ctrl-D is pressed."""
    names = _Names(session.tables)
    session.on_change = names.load
    names.load()
    prompt = _prompt(session, names)
    while not session.is_over:
        try:
            typed = prompt.prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        try:
            take(session, typed)
        except KeyboardInterrupt:
            say("cancelled")


def _prompt(session: Session, names: _Names) -> PromptSession[str]:
    return PromptSession(
        PROMPT,
        multiline=True,
        prompt_continuation=lambda width, _line, _wraps: PROMPT_MORE.rjust(width),
        completer=ThreadedCompleter(ConsoleCompleter(lambda: names.catalog, session.folders)),
        complete_while_typing=True,
        reserve_space_for_menu=6,
        lexer=ConsoleLexer(),
        style=STYLE,
        include_default_pygments_style=False,
        color_depth=ColorDepth.DEPTH_1_BIT if os.environ.get("NO_COLOR") else None,
        history=FileHistory(),
        auto_suggest=AutoSuggestFromHistory(),
        key_bindings=_keys(),
        bottom_toolbar=lambda: toolbar(session),
    )


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _enter(event: KeyPressEvent) -> None:
        """Run what is whole, else go on in a new line."""
        buffer = event.current_buffer
        if buffer.complete_state is not None and buffer.complete_state.current_completion is not None:
            buffer.complete_state = None
        elif is_ready(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    @keys.add("tab")
    def _complete(event: KeyPressEvent) -> None:
        """Write what is certain, and choose among the rest."""
        buffer = event.current_buffer
        if buffer.complete_state is None:
            buffer.start_completion(insert_common_part=True)
        elif len(buffer.complete_state.completions) == 1:
            buffer.apply_completion(buffer.complete_state.completions[0])
        else:
            buffer.complete_next()

    @keys.add("escape", "enter")
    def _new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    @keys.add("escape", filter=has_completions, eager=False)
    def _close_menu(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None

    return keys


def is_ready(text: str) -> bool:
    """Whether Enter runs it: nothing at all, a meta command, or statements that have their semicolons."""
    return not text.strip() or text.lstrip().startswith(".") or is_whole(text)


def toolbar(session: Session) -> str:
    """What a session is set to and what its last answer was, in one line."""
    parts = [
        counted(sum(bool(view.files) for view in session.tables.views), "table"),
        restriction_text(session.tables.restriction),
        session.settings.output,
        *([session.told] if session.told else []),
    ]
    return " " + " · ".join(parts)


class _Names:
    """The catalog, read in a thread so that nobody waits for it but who completes."""

    def __init__(self, tables: LakeTables) -> None:
        self._catalog = Catalog()
        self._tables = tables
        self._cursor = tables.connection.cursor()
        self._one_at_a_time = threading.Lock()
        self._is_read = threading.Event()

    @property
    def catalog(self) -> Catalog:
        """What is known; what was never read is waited for."""
        self._is_read.wait(FIRST_READ_SECONDS)
        return self._catalog

    def load(self) -> None:
        layers = self._tables.layers
        threading.Thread(target=self._load, args=[layers], name="catalog", daemon=True).start()

    def _load(self, layers: tuple[Layer, ...]) -> None:
        with self._one_at_a_time, suppress(duckdb.Error):  # what was known before still completes
            self._catalog = read_catalog(self._cursor, self._catalog, layers)
        self._is_read.set()
