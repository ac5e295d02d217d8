"""What `tailpipe query` does: opens the views, asks, writes rows to stdout and says the rest on stderr."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tailpipe_assets.cli.configured import read_config, read_outline
from tailpipe_assets.cli.interrupting import interruptible
from tailpipe_assets.cli.query_moment import moment_of
from tailpipe_assets.cli.query_restriction import restriction_of, zone_of
from tailpipe_assets.views.opened import Asked, Engine, OpenViews, open_views
from tailpipe_assets.views.words import fitting_nothing, in_our_words, without_rows
from tailpipe_resources.config.outline import Outline
from tailpipe_resources.errors import QueryError, UsageError
from tailpipe_resources.model.names import hint
from tailpipe_resources.query.render import OUTPUTS, Output, render
from tailpipe_resources.query.statements import parameters_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from tailpipe_resources.query.table import Rendered


@dataclass(frozen=True, slots=True)
class _Written:
    """How results are written."""

    output: Output | None
    """None when they are stored in a file."""

    file: Path | None
    header: bool
    separator: str
    width: int | None


def answer_all(texts: Sequence[str], args: argparse.Namespace) -> None:
    """Run the statements of some SQL texts in order, and stop at the first that fails.

    Raises:
        UsageError: the flags do not fit together.
        QueryError: a statement is refused, fails or takes too long.
    """
    written = _written(args)
    parameters = _parameters(args.param)
    now, zone = datetime.now(UTC), zone_of(args.tz)
    asked = Asked(restriction_of(args, now, zone), moment_of(args.as_of, now, zone), args.search_path)
    stores = (written.file,) if written.file is not None else ()
    engine = Engine(args.memory, args.tz, stores, is_safe=not args.unsafe)
    load = partial(read_config, args)
    if args.unsafe:
        say("--unsafe: statements may write, read any file and reach the network")
    with open_views(read_outline(args) or Outline.of(load()), load, asked, engine) as opened:
        statements = [statement for text in texts for statement in opened.statements(text)]
        _check(statements, parameters, written)
        for line in fitting_nothing(asked.restriction, opened):
            say(line)
        interruptible(
            opened.connection,
            lambda: _answer(opened, statements, parameters, written),
            seconds=args.timeout,
        )


def _written(args: argparse.Namespace) -> _Written:
    name, equals, file = args.output.partition("=")
    separator = args.separator if args.separator is not None else ","
    if args.separator is not None and name != "csv":
        raise UsageError("--separator belongs to --output csv")
    if len(separator) != 1 or separator in '"\r\n':
        raise UsageError("--separator takes one letter, and no quote or line end")
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    if name == "parquet":
        if not file:
            raise UsageError("write --output parquet=FILE")
        return _Written(None, Path(file), args.header, separator, width)
    if name not in OUTPUTS or equals:
        raise UsageError(f'--output "{args.output}" is unknown{hint(args.output, [*OUTPUTS, "parquet=FILE"])}')
    return _Written(cast("Output", name), None, args.header, separator, width)


def _parameters(pairs: Sequence[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise UsageError(f"--param {pair}: write --param name=value")
        if name in found:
            raise UsageError(f"--param names {name} twice")
        found[name] = value
    return found


def _check(statements: Sequence[str], parameters: Mapping[str, object], written: _Written) -> None:
    wanted = {name for statement in statements for name in parameters_of(statement)}
    for name in sorted(wanted - parameters.keys()):
        raise UsageError(f"${name} has no value; write --param {name}=VALUE")
    for name in parameters.keys() - wanted:
        raise UsageError(f"--param {name}: the SQL has no ${name}{hint(name, wanted)}")
    if written.file is not None and len(statements) != 1:
        raise UsageError("--output parquet=FILE stores the rows of one statement")


def _answer(opened: OpenViews, statements: Sequence[str], parameters: Mapping[str, object], written: _Written) -> None:
    for statement in statements:
        bound = {name: parameters[name] for name in parameters_of(statement)}
        try:
            _answer_one(opened, statement, bound, written)
        except QueryError as error:
            raise in_our_words(error, opened) from error
        sys.stdout.flush()
        for use in opened.views.uses(statement):
            say(str(use))
        for message in without_rows(statement, opened):
            say(message)


def _answer_one(opened: OpenViews, statement: str, parameters: Mapping[str, object], written: _Written) -> None:
    if written.file is not None:
        rows = opened.store(statement, written.file, parameters or None)
        say(f"{_counted(rows)} in {written.file}")
        return
    result = opened.run(statement, parameters or None)
    if result is None or written.output is None:
        return
    rendered = render(
        result,
        written.output,
        sys.stdout,
        header=written.header,
        width=written.width,
        separator=written.separator,
    )
    if written.output == "table":
        _tell(rendered)


def _tell(rendered: Rendered) -> None:
    say(_counted(rendered.rows))
    if rendered.columns_cut:
        say(f"no room for {', '.join(rendered.columns_cut)}; --output line shows every column")


def _counted(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows:,} rows"


def say(message: str) -> None:
    """Tell the person, not the program that reads the rows."""
    print(message, file=sys.stderr)
