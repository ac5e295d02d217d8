"""Ask the collected logs with SQL, in the dialect of DuckDB. Every table is a view; times are UTC.

Examples:
  tailpipe query
  tailpipe query "select event_name, count(*) from aws_cloudtrail_log group by all order by 2 desc"
  tailpipe query --output csv "from http_log where status >= 500" > errors.csv
  tailpipe query report.sql
  echo "show tables" | tailpipe query -
  tailpipe query --as-of T-2H "select count(*) from http_log"
  tailpipe query --as-of http_log@17 "select count(*) from http_log"

Without SQL, on a terminal, it opens a console: .help lists what it can do besides.

Only statements that read are run: SELECT, VALUES, WITH, FROM, PIVOT, EXPLAIN, DESCRIBE, SHOW, SUMMARIZE.

--as-of shows what the tables held at a time, written like those of collect, or one table in a version that tailpipe
lake history lists. What a compaction or a replacement took out of a table is kept for a day.

Rows go to stdout, everything else to stderr. A table on a terminal keeps within its width and says what it left out.
"""

from __future__ import annotations

import re
import shutil
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.query_moment import moment_of
from tailpipe_resources.errors import QueryError, UsageError
from tailpipe_resources.model.names import hint
from tailpipe_resources.query.render import OUTPUTS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    import duckdb

    from tailpipe_assets.views import Views
    from tailpipe_resources.query.table import Rendered
    from tailpipe_resources.query.views import View

_UNKNOWN_TABLE = re.compile(r"^Table with name (?P<name>.+?) does not exist!(?:\nDid you mean [^\n]*)?")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    parser.add_argument(
        "sql",
        nargs="*",
        metavar="SQL",
        help="SQL, a file ending in .sql, or - for standard input; several run in order",
    )
    parser.add_argument("--output", choices=OUTPUTS, default="table", help="how to write rows")
    parser.add_argument(
        "--as-of",
        action="append",
        default=[],
        metavar="TIME|TABLE@VERSION",
        help="what the tables held at a time, or one in a version; may be repeated for several tables",
    )
    parser.add_argument("--ide", action="store_true", help="open Harlequin over the same tables, where it is installed")
    header = parser.add_mutually_exclusive_group()
    header.add_argument("--header", action="store_true", default=True, help="names above the columns (the default)")
    header.add_argument("--no-header", action="store_false", dest="header", help="rows alone, in table and csv")


def run(args: argparse.Namespace) -> int:
    """Run the statements in order, and stop at the first that fails."""
    from tailpipe_assets.cli.configured import read_config, read_outline
    from tailpipe_assets.views import views_within
    from tailpipe_resources.config.outline import Outline
    from tailpipe_resources.query.engine import connect, restrict
    from tailpipe_resources.query.statements import check
    from tailpipe_resources.query.views import create_views

    if args.ide:
        from tailpipe_assets.cli.query_console import run_ide

        return run_ide(args)
    texts = [_text(given) for given in args.sql]
    if not texts and sys.stdin.isatty() and sys.stdout.isatty():
        from tailpipe_assets.cli.query_console import run_console

        return run_console(args)
    if not texts:
        raise UsageError('nothing to ask; write tailpipe query "select ..."')
    moment = moment_of(args.as_of, datetime.now(UTC))
    outline = read_outline(args)
    load = partial(read_config, args)
    with ExitStack() as until:
        found = views_within(outline or Outline.of(load()), load, until, moment)
        connection = connect()
        for lake in found.lakes:
            lake.store.attach(connection)
        create_views(connection, found.views)
        restrict(connection, [folder for lake in found.lakes for folder in lake.reach])
        statements = [statement for text in texts for statement in check(connection, text)]
        interruptible(connection, lambda: _answer(connection, statements, found, args))
    return Exit.OK


def interruptible(connection: duckdb.DuckDBPyConnection, work: Callable[[], None]) -> None:
    """Do work that asks this connection, and let Ctrl-C stop it at once.

    DuckDB looks for signals between its own steps only, which may be minutes; from another thread it can be told.
    """
    from concurrent.futures import ThreadPoolExecutor, wait

    with ThreadPoolExecutor(max_workers=1) as pool:
        doing = pool.submit(work)
        try:
            doing.result()
        except KeyboardInterrupt:
            while not doing.done():
                connection.interrupt()
                wait([doing], timeout=0.1)
            raise


def _answer(
    connection: duckdb.DuckDBPyConnection, statements: Sequence[str], found: Views, args: argparse.Namespace
) -> None:
    from tailpipe_resources.query.ask import ask
    from tailpipe_resources.query.render import render

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for statement in statements:
        try:
            result = ask(connection, statement)
            rendered = render(result, args.output, sys.stdout, header=args.header, width=width)
        except QueryError as error:
            raise _in_our_words(error, found) from error
        sys.stdout.flush()
        _tell(rendered, statement, found.views, is_table=args.output == "table")


def _text(given: str) -> str:
    if given == "-":
        return _stdin()
    if not given.endswith(".sql") or given.split() != [given]:
        return given
    try:
        return Path(given).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{given} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise UsageError(f"{given} is not UTF-8 text") from None


def _stdin() -> str:
    text = sys.stdin.read()
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError("what came on standard input is not UTF-8 text") from None
    return text


def _in_our_words(error: QueryError, found: Views) -> QueryError:
    unknown = _UNKNOWN_TABLE.match(str(error))
    if unknown is None:
        return error
    name = unknown["name"]
    if name in found.lost:
        return QueryError(found.lost[name])
    known = hint(name, [view.name for view in found.views])
    return QueryError(f'no table is called "{name}"{known}{str(error)[unknown.end() :]}')


def _tell(rendered: Rendered, statement: str, views: Sequence[View], *, is_table: bool) -> None:
    if is_table:
        _say("1 row" if rendered.rows == 1 else f"{rendered.rows:,} rows")
    if rendered.columns_cut:
        _say(f"no room for {', '.join(rendered.columns_cut)}; --output line shows every column")
    if rendered.rows == 0:
        for view in views:
            if not view.files and re.search(rf"\b{re.escape(view.name)}\b", statement, re.IGNORECASE):
                _say(f"no rows yet: tailpipe collect {view.name}")


def _say(message: str) -> None:
    print(message, file=sys.stderr)
