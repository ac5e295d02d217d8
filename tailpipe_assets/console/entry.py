"""The door of the console."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tailpipe_assets.console.lake import Configured, LakeTables
from tailpipe_assets.console.session import Session
from tailpipe_assets.console.terminal import is_dumb
from tailpipe_assets.console.words import say, welcome

if TYPE_CHECKING:
    from tailpipe_assets.console.settings import Settings


def open_console(configured: Configured, settings: Settings) -> None:
    """Talk until the user leaves.

    Raises:
        TailpipeError: the lake or its configuration cannot be read.
    """
    session = Session(LakeTables(configured), settings, configured.folders)
    say(welcome(session.tables))
    if is_dumb():
        from tailpipe_assets.console import plain

        plain.converse(session)
        return
    from tailpipe_assets.console import prompt

    prompt.converse(session)
    sys.stdout.flush()
