"""A session: what it is set to, and how it asks the lake."""

from __future__ import annotations

import shutil
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from tailpipe_assets.console import screen
from tailpipe_assets.console.allowed import is_change
from tailpipe_assets.console.listing import aligned
from tailpipe_assets.console.running import run
from tailpipe_assets.console.splitting import split
from tailpipe_assets.console.terminal import is_dumb
from tailpipe_assets.console.words import explained, of_no_room, say
from tailpipe_assets.views.words import without_rows
from tailpipe_resources.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tailpipe_assets.console.lake import LakeTables
    from tailpipe_assets.console.settings import Settings


class Session:
    """One console at work, whatever terminal it is on."""

    def __init__(self, tables: LakeTables, settings: Settings, folders: tuple[Path, ...] = ()) -> None:
        self.tables = tables
        self.settings = settings
        self.folders = folders
        self.last = ""
        """The statement that was asked last."""

        self.told = ""
        """What was said of its answer."""

        self.is_over = False
        self.on_change: Callable[[], None] = lambda: None
        """Called when names may mean something else now."""

    def ask_all(self, text: str) -> None:
        """Ask statement by statement.

        Raises:
            TailpipeError: one is refused or fails; those behind it are not asked.
        """
        statements, rest = split(text)
        for statement in (*statements, *([rest] if rest else [])):
            self.ask(statement)

    def ask(self, statement: str) -> None:
        """Ask one statement and show its answer.

        Raises:
            TailpipeError: it is refused or fails.
        """
        self.last = statement
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        changes = self.tables.changes
        began = time.monotonic()
        found = self.work(statement, lambda: screen.answer(self.tables.ask(statement), self.settings, width))
        elapsed = time.monotonic() - began
        if found is None or self.tables.changes != changes:
            self.on_change()
        if found is None:
            self._tell("done", elapsed)
            return
        screen.show(found.text, self.settings.pager)
        self._tell(found.summary, elapsed)
        if found.columns_cut:
            say(of_no_room(found.columns_cut))
        for use in self.tables.opened.views.uses(statement):
            say(str(use))
        if found.rows == 0:
            for line in without_rows(statement, self.tables.opened):
                say(line)

    def list(self, rows: Sequence[Sequence[str]], names: Sequence[str] = ()) -> None:
        """Show rows of words."""
        screen.show(aligned(rows, names), self.settings.pager)

    def work(self, statement: str, use: Callable[[], screen.Answer]) -> screen.Answer | None:
        """Run a statement over the newest snapshot, which stays until it was used.

        Returns:
            What was made of its result; None when it has none, as it changes what names mean.
        """

        def work() -> screen.Answer | None:
            with ExitStack() as until:
                self.tables.refresh(until)
                if is_change(self.tables.connection, statement, self.tables.taken()):
                    self.tables.change(statement)
                    return None
                return use()

        try:
            return run(self.tables.connection, work, shows_progress=sys.stderr.isatty() and not is_dumb())
        except QueryError as error:
            raise explained(error, statement, self.tables) from error

    def _tell(self, what: str, elapsed: float) -> None:
        self.told = f"{what} in {elapsed:.3f} s" if self.settings.has_timing else what
        say(self.told)
