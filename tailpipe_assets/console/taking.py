"""What was typed, done: a meta command or SQL. No mistake ends the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from tailpipe_assets.console.meta import obey
from tailpipe_assets.console.words import say
from tailpipe_resources.errors import TailpipeError
from tailpipe_resources.query.engine import translate

if TYPE_CHECKING:
    from tailpipe_assets.console.session import Session


def take(session: Session, text: str) -> None:
    """Do what was typed: a meta command, or statements until one fails. Errors are told, not raised."""
    try:
        if text.lstrip().startswith("."):
            obey(session, text.strip())
        else:
            session.ask_all(text)
    except TailpipeError as error:
        say(str(error))
    except duckdb.Error as error:
        say(str(translate(error)))
    except OSError as error:
        say(f"{error.filename or 'a file'}: {error.strerror or error}")
