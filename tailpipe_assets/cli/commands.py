"""The commands there are: a name, a line of help and the module that is imported when one is chosen.

A module has `add_arguments(parser)` and `run(args) -> int`; its docstring is the command's help text.
"""

from __future__ import annotations

import argparse
import importlib
from dataclasses import dataclass
from typing import Protocol, cast

from tailpipe_assets.cli.parser import Parser


class CommandModule(Protocol):
    """What a command's module offers."""

    __doc__: str | None

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare flags and arguments."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it, and give the exit code."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command."""

    name: str
    help: str
    module: str
    usage: str = ""
    """What follows the name, for the list of commands."""

    aliases: tuple[str, ...] = ()

    def load(self) -> CommandModule:
        """Import its module."""
        return cast("CommandModule", importlib.import_module(self.module))

    def parser(self) -> Parser:
        """What reads its arguments, with the global flags among them."""
        module = self.load()
        parser = Parser(f"tailpipe {self.name}", description=module.__doc__)
        module.add_arguments(parser)
        add_global_flags(parser)
        return parser


_HERE = "tailpipe_assets.cli"
COMMANDS: tuple[Command, ...] = (
    Command("try", "What some logs are, and the configuration for them.", f"{_HERE}.try_", "PATH"),
    Command("collect", "Collect logs from sources.", f"{_HERE}.collect"),
    Command("status", "How every collection is doing.", f"{_HERE}.status"),
    Command("compact", "Make the lake's small files into fewer.", f"{_HERE}.compact"),
    Command("query", "Ask the collected logs with SQL.", f"{_HERE}.query"),
    Command("detection", "The rules that are looked for.", f"{_HERE}.detection", "list|show|test|run"),
    Command("finding", "What detections found.", f"{_HERE}.finding", "list|show"),
    Command("view", "What can be asked: tables, and the views of them.", f"{_HERE}.view", "list|show|refresh"),
    Command("connect", "Let another program ask: DuckDB, Powerpipe, ...", f"{_HERE}.connect"),
    Command(
        "collection", "What is collected, and where to.", f"{_HERE}.collection", "list|show|delete", ("partition",)
    ),
    Command("source", "Where logs can come from.", f"{_HERE}.source", "list|show|test"),
    Command("table", "The log types and their columns.", f"{_HERE}.table", "list|show"),
    Command("format", "How bytes become records.", f"{_HERE}.format", "list|show"),
    Command("alert", "Findings that somebody is told of.", f"{_HERE}.alert", "list|show|ack|close|status|deliver"),
    Command("notifier", "Who is told of them.", f"{_HERE}.notifier", "list|test"),
    Command("mod", "Detections that others wrote.", f"{_HERE}.mod", "init|install|list|show|update|uninstall"),
    Command("plugin", "What is installed, and which package brought it.", f"{_HERE}.plugin", "list|show"),
    Command("lake", "Look after what was collected.", f"{_HERE}.lake", "check|repair|history"),
    Command("login", "Log in to Turbot Pipes.", f"{_HERE}.login"),
    Command("logout", "Delete the token of that login.", f"{_HERE}.logout"),
    Command("server", "Run schedules and the web UI.", f"{_HERE}.server", "[status]"),
    Command("config", "Check the configuration.", f"{_HERE}.config", "check"),
)
"""In the order `tailpipe --help` shows them."""


def find(name: str) -> Command | None:
    """The command of this name or alias."""
    return next((command for command in COMMANDS if name in (command.name, *command.aliases)), None)


def names() -> list[str]:
    """Everything that can be typed as a command."""
    return ["help", *(name for command in COMMANDS for name in (command.name, *command.aliases))]


def add_global_flags(parser: argparse.ArgumentParser) -> None:
    """Let a parser take the flags that every command has."""
    flags = parser.add_argument_group("global flags, before or after the command")
    flags.add_argument(
        "--config-path",
        default=argparse.SUPPRESS,
        metavar="PATH",
        help="files and folders of configuration, separated by colons",
    )
    flags.add_argument(
        "--var",
        action="append",
        default=argparse.SUPPRESS,
        metavar="NAME=VALUE",
        help="the value of a variable of the configuration; may be repeated",
    )
