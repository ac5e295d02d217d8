"""Meta commands: lines that begin with a dot. A beginning of a name will do where only one command has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailpipe_assets.console import meta_files, meta_looking, meta_settings
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.names import hint

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailpipe_assets.console.session import Session


@dataclass(frozen=True, slots=True)
class Command:
    """One meta command."""

    name: str
    takes: str
    """What follows its name, as help shows it."""

    help: str
    do: Callable[[Session, str], None]
    offers: str = ""
    """What can be completed behind it: `tables`, `queries`, `files`, `indexes`, `commands`, or words with blanks."""


def _leave(session: Session, _argument: str) -> None:
    session.is_over = True


def _help(session: Session, argument: str) -> None:
    chosen = (find(argument),) if argument else COMMANDS
    session.list([(f"{each.name} {each.takes}".rstrip(), each.help) for each in chosen])


COMMANDS: tuple[Command, ...] = (
    Command(".help", "[COMMAND]", "list the commands, or show one", _help, "commands"),
    Command(".tables", "", "the tables of the lake, and those made in this session", meta_looking.tables),
    Command(".inspect", "TABLE", "the columns of a table", meta_looking.inspect, "tables"),
    Command(".views", "", "the views of all schemas", meta_looking.views),
    Command(".collections", "", "what each collection has in the lake", meta_looking.collections),
    Command(".explain", "[SQL]", "how a statement, or the last one, is carried out", meta_looking.explain, "sql"),
    Command(".output", "[FORMAT]", "how rows are written", meta_settings.output, "outputs"),
    Command(".mode", "[FORMAT]", "the same as .output", meta_settings.output, "outputs"),
    Command(".header", "[on|off]", "names above the columns of table and csv", meta_settings.header, "on off"),
    Command(".timing", "[on|off]", "say how long a statement took", meta_settings.timing, "on off"),
    Command(".pager", "[on|off|auto]", "show long results with $PAGER, else less", meta_settings.pager, "on off auto"),
    Command(".from", "[TIME|all]", "leave out rows before a time: 2026-11-18, T-7d", meta_settings.start, "all"),
    Command(".to", "[TIME|all]", "leave out rows from a time on; a date alone stays in", meta_settings.end, "all"),
    Command(
        ".index", "[VALUE ...|all]", "show rows with these values of tp_index, * for any", meta_settings.index, "all"
    ),
    Command(".save", "NAME [SQL]", "keep a statement, or the last one, under a name", meta_files.save, "queries"),
    Command(".run", "[NAME]", "ask a saved query; without a name list them", meta_files.run, "queries"),
    Command(".open", "FILE", "ask the statements of a file", meta_files.open_file, "files"),
    Command(".export", "FILE [SQL]", "write all rows of a statement, or of the last one", meta_files.export, "files"),
    Command(".exit", "", "leave; so does Ctrl-D", _leave),
    Command(".quit", "", "leave", _leave),
)
"""In the order `.help` lists them."""


def obey(session: Session, line: str) -> None:
    """Do what a line with a dot says.

    Raises:
        UsageError: there is no such command, or it cannot do that.
    """
    word, _, argument = line.partition(" ")
    find(word).do(session, argument.strip().removesuffix(";").strip())


def find(word: str) -> Command:
    """The command of a name or the beginning of one; the dot may be left out.

    Raises:
        UsageError: none or several begin so.
    """
    wanted = "." + word.rstrip(";").lstrip(".").lower()
    fitting = [each for each in COMMANDS if each.name.startswith(wanted)]
    exact = [each for each in fitting if each.name == wanted]
    if len(exact or fitting) == 1:
        return (exact or fitting)[0]
    if fitting and wanted != ".":
        raise UsageError(f"{wanted} may be {' or '.join(each.name for each in fitting)}")
    raise UsageError(f'no command is called "{wanted}"{hint(wanted, [each.name for each in COMMANDS])}; see .help')
