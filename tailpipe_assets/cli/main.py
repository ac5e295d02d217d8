"""The console entry point: finds the command, runs it, and turns errors into messages and exit codes."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from typing import TYPE_CHECKING, NoReturn

from tailpipe_assets.cli import commands
from tailpipe_assets.cli.exits import Exit, exit_of
from tailpipe_assets.cli.parser import Parser, two_columns
from tailpipe_assets.cli.streams import make_safe
from tailpipe_resources.errors import ConfigError, TailpipeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

_DESCRIPTION = "Collect logs, keep them as Parquet, ask them with SQL."
_ENVIRONMENT = {
    "TAILPIPE_CONFIG_PATH": "files and folders of configuration, as --config-path",
    "TAILPIPE_VAR_name": "the value of the variable `name`, as --var",
    "TAILPIPE_HOME": "Tailpipe's own files; ~/.tailpipe when not set",
    "DAGSTER_HOME": "Dagster's record of runs; $TAILPIPE_HOME/dagster when not set",
    "TAILPIPE_PREVIEW": "0 keeps sample rows out of that record",
    "TAILPIPE_URL": "where the web UI is seen from outside, for links in alerts",
    "TAILPIPE_DEBUG": "1 shows the traceback of an unexpected error",
}
_EXAMPLES = """\
  tailpipe config check
  tailpipe collect aws_cloudtrail_log.production --from T-7d
  tailpipe query "select event_name, count(*) from aws_cloudtrail_log group by all order by 2 desc"
"""


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run one command and leave with its exit code."""
    make_safe()
    sys.exit(_guarded(list(sys.argv[1:] if argv is None else argv)))


def _guarded(argv: list[str]) -> int:
    try:
        code = _run(argv)
        sys.stdout.flush()
    except TailpipeError as error:
        _say(str(error) if isinstance(error, ConfigError) else f"tailpipe: {error}")
        return exit_of(error)
    except KeyboardInterrupt:
        return _stopped()
    except BrokenPipeError:
        return _leave_pipe(Exit.OK)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            return _unexpected(error)
        _say(f"tailpipe: what there is to say cannot be written: {error.strerror}")
        return _leave_pipe(Exit.FAILED)
    except Exception as error:  # noqa: BLE001 - the last door: nothing but a message leaves the program
        return _stopped() if _is_interrupt(error) else _unexpected(error)
    return code


def _run(argv: list[str]) -> int:
    args = _top().parse_args(argv)
    if args.command in (None, "help"):
        return _help(args.rest)
    command = commands.find(args.command)
    if command is None:
        raise UsageError(_unknown(args.command))
    parser = command.parser()
    parser.set_defaults(config_path=None, var=[])
    return command.load().run(parser.parse_intermixed_args(args.rest, namespace=args))


def _top() -> Parser:
    parser = Parser(
        "tailpipe",
        description=_DESCRIPTION,
        usage="tailpipe [--config-path PATH] [--var NAME=VALUE] <command> ...",
        epilog=_epilog(),
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands.add_global_flags(parser)
    parser.add_argument("command", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"tailpipe {version('tailpipe')}")
        parser.exit()


def _epilog() -> str:
    listed = [(f"{command.name} {command.usage}".rstrip(), command.help) for command in commands.COMMANDS]
    lines = two_columns([*listed, ("help [COMMAND]", "Help about any command.")])
    codes = two_columns((str(code.value), code.meaning) for code in Exit)
    variables = two_columns(_ENVIRONMENT.items())
    return f"commands:\n{lines}\n\nexamples:\n{_EXAMPLES}\nexit codes:\n{codes}\n\nenvironment:\n{variables}"


def _help(about: list[str]) -> int:
    if not about or about[0] == "help":
        _top().print_help()
        return Exit.OK
    command = commands.find(about[0])
    if command is None:
        raise UsageError(_unknown(about[0]))
    command.parser().print_help()
    return Exit.OK


def _unknown(name: str) -> str:
    from tailpipe_resources.model.names import nearest

    near = nearest(name, commands.names())
    return f'no command is called "{name}"' + (f'; did you mean "{near}"?' if near else "; see tailpipe --help")


def _leave_pipe(code: Exit) -> Exit:
    """Our output can go nowhere: nor must what Python flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _is_interrupt(error: Exception) -> bool:
    """Whether Ctrl-C came while DuckDB was at work: it then raises this in place of a KeyboardInterrupt."""
    return type(error) is RuntimeError and str(error) == "Query interrupted"


def _stopped() -> int:
    _say("tailpipe: stopped")
    return Exit.CANCELLED


def _unexpected(error: Exception) -> int:
    if os.environ.get("TAILPIPE_DEBUG"):
        raise error
    _say(f"tailpipe: unexpected {type(error).__name__}: {error}\nTAILPIPE_DEBUG=1 shows where it happened.")
    return Exit.FAILED


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
