"""Ask the collected logs with SQL, in the dialect of DuckDB. Every table is a view; times are UTC.

Examples:
  tailpipe query
  tailpipe query "select event_name, count(*) from aws_cloudtrail_log group by all order by 2 desc"
  tailpipe query --output csv "from http_log where status >= 500" > errors.csv
  tailpipe query --output parquet=errors.parquet "from http_log where status >= 500"
  tailpipe query --from T-7d --index 123456789012 "select count(*) from aws_cloudtrail_log"
  tailpipe query --param ip=198.51.100.7 'from all_log where list_contains(tp_ips, $ip)'
  tailpipe query report.sql
  echo "show all tables" | tailpipe query -
  tailpipe query --as-of T-2H "select count(*) from http_log"
  tailpipe query --as-of http_log@17 "select count(*) from http_log"

Without SQL, on a terminal, it opens a console: .help lists what it can do besides.

Beside the tables there is all_log over all of them, and a schema with a view a table for each collection, each value
of tp_index and each view of the configuration: production.aws_cloudtrail_log, "123456789012".aws_cloudtrail_log.
tailpipe view list shows them.

Only statements that read are run: SELECT, VALUES, WITH, FROM, PIVOT, EXPLAIN, DESCRIBE, SHOW, SUMMARIZE.

--from, --to, --index and --collection leave rows out of every view, and open no file that has none of the others. A
date alone in --to includes that day. --as-of shows what the tables held at a time, written like those of collect, or
one table in a version that tailpipe lake history lists. What a compaction or a replacement took out of a table is kept
for a day.

--param binds text: where SQL wants another type, write $n::INTEGER.

Rows go to stdout, everything else to stderr. A table on a terminal keeps within its width and says what it left out.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

from tailpipe_assets.cli.exits import Exit
from tailpipe_resources.errors import UsageError
from tailpipe_resources.query.render import OUTPUTS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    parser.add_argument(
        "sql",
        nargs="*",
        metavar="SQL",
        help="SQL, a file ending in .sql, or - for standard input; several run in order",
    )
    add_view_filters(parser)
    parser.add_argument(
        "--as-of",
        action="append",
        default=[],
        metavar="TIME|TABLE@VERSION",
        help="what the tables held at a time, or one in a version; may be repeated for several tables",
    )
    parser.add_argument("--ide", action="store_true", help="open Harlequin over the same tables, where it is installed")
    parser.add_argument(
        "--param", action="append", default=[], metavar="NAME=VALUE", help="the value of $NAME in the SQL; repeatable"
    )
    _add_output(parser)
    engine = parser.add_argument_group("how it is run")
    engine.add_argument("--tz", default="UTC", metavar="ZONE", help="show times, and read typed ones, in this zone")
    engine.add_argument("--timeout", type=_seconds, metavar="SECONDS", help="give up after so long")
    engine.add_argument("--memory", metavar="SIZE", help="use no more than this, such as 2GB; spill the rest to disk")
    engine.add_argument(
        "--unsafe", action="store_true", help="run any statement: it may write, read other files and use the network"
    )


def _seconds(text: str) -> float:
    """A span of time that is one."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds above 0")
    return seconds


def add_view_filters(parser: argparse.ArgumentParser) -> None:
    """Declare what leaves rows out of the views."""
    shown = parser.add_argument_group("which rows are there")
    shown.add_argument("--from", dest="start", metavar="TIME", help="from this time on: 2024-02-07, T-7d, ...")
    shown.add_argument("--to", dest="end", metavar="TIME", help="before this time; a date alone includes that day")
    shown.add_argument(
        "--index", action="append", default=[], metavar="VALUE", help="of this tp_index, with wildcards; repeatable"
    )
    shown.add_argument(
        "--collection", action="append", default=[], metavar="SELECTOR", help="collected by it; repeatable"
    )
    shown.add_argument(
        "--search-path",
        default="",
        metavar="SCHEMAS",
        help="look for plain names here before main: datatank,production",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    output = parser.add_argument_group("how rows are written")
    output.add_argument(
        "--output",
        default="table",
        metavar="FORMAT",
        help=f"{', '.join(OUTPUTS)}, or parquet=FILE (default: table)",
    )
    output.add_argument("--separator", metavar="LETTER", help="between the values of csv (default: a comma)")
    header = output.add_mutually_exclusive_group()
    header.add_argument("--header", action="store_true", default=True, help="names above the columns (the default)")
    header.add_argument("--no-header", action="store_false", dest="header", help="rows alone, in table, csv and tsv")


def run(args: argparse.Namespace) -> int:
    """Run the statements in order, and stop at the first that fails."""
    if args.ide:
        from tailpipe_assets.cli.query_console import run_ide

        return run_ide(args)
    texts = [_text(given) for given in args.sql]
    for pair in args.param:
        _utf8(pair, f"--param {pair.partition('=')[0]}")
    if not texts and sys.stdin.isatty() and sys.stdout.isatty():
        from tailpipe_assets.cli.query_console import run_console

        return run_console(args)
    if not texts:
        raise UsageError('nothing to ask; write tailpipe query "select ..."')
    from tailpipe_assets.cli.query_answers import answer_all

    answer_all(texts, args)
    return Exit.OK


def _text(given: str) -> str:
    if given == "-":
        return _utf8(sys.stdin.read(), "what came on standard input")
    path = Path(given)
    if path.suffix.lower() != ".sql" or not (given.split() == [given] or path.is_file()):
        return _utf8(given, "the SQL")
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{given} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise UsageError(f"{given} is not UTF-8 text") from None


def _utf8(text: str, what: str) -> str:
    """Text, which came from outside, as it is."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{what} is not UTF-8 text") from None
    return text
