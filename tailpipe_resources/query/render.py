"""A result written out: for eyes, for spreadsheets, for programs."""

from __future__ import annotations

import re
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, TextIO

from tailpipe_resources.query.cells import columns_of, harmless, padded, shown
from tailpipe_resources.query.csv_lines import csv_line, needs_quotes
from tailpipe_resources.query.table import Rendered, write_table
from tailpipe_resources.query.values import Writer, is_number, json_writer, quoted, text_writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tailpipe_resources.query.ask import Result

Output = Literal["table", "csv", "tsv", "json", "jsonl", "line", "markdown"]
OUTPUTS: tuple[Output, ...] = ("table", "csv", "tsv", "json", "jsonl", "line", "markdown")

_PLAN = ("explain_key", "explain_value")
_MARKED = re.compile(r"([\\`*<>|\[\]~]|(?<!\w)_|_(?!\w))")


def render(
    result: Result,
    output: Output,
    stream: TextIO,
    *,
    header: bool = True,
    width: int | None = None,
    separator: str = ",",
) -> Rendered:
    """Write a result's rows as they arrive.

    Args:
        result: what was asked.
        output: how to write it.
        stream: where to.
        header: names above the columns of `table`, `csv` and `tsv`.
        width: of the terminal, for `table` to keep within; None cuts nothing.
        separator: what stands between the values of `csv`.
    """
    if output == "table" and result.names == _PLAN:
        return _write_plan(result, stream)
    if output == "table":
        return write_table(result, stream, header=header, width=width)
    outputs: dict[str, Callable[[Result], Iterator[tuple[int, str]]]] = {
        "csv": partial(_csv, header=header, separator=separator),
        "tsv": partial(_csv, header=header, separator="\t"),
        "json": _json,
        "jsonl": _jsonl,
        "line": _line,
        "markdown": _markdown,
    }
    lines = outputs[output](result)
    rows = 0
    for count, text in lines:
        stream.write(text)
        rows += count
    return Rendered(rows)


def _write_plan(result: Result, stream: TextIO) -> Rendered:
    stream.writelines(plan for _, plan in chain.from_iterable(result.batches))
    return Rendered(0)


def _csv(result: Result, *, header: bool, separator: str) -> Iterator[tuple[int, str]]:
    must_be_quoted = re.compile(needs_quotes(separator)).search

    def cell(text: str) -> str:
        return text if text and not must_be_quoted(text) else '"' + text.replace('"', '""') + '"'

    if header:
        yield 0, separator.join(map(cell, result.names)) + "\n"
    line = csv_line(result.types, separator)
    if line is not None and result.select is not None:
        for rows in result.select(line):
            yield len(rows), "".join(f"{text}\n" for (text,) in rows)
        return
    writers = [text_writer(kind) for kind in result.types]
    for rows in result.batches:
        for row in rows:
            cells = ("" if value is None else cell(write(value)) for write, value in zip(writers, row, strict=True))
            yield 1, separator.join(cells) + "\n"


def _json(result: Result) -> Iterator[tuple[int, str]]:
    before = "[\n"
    for count, line in _jsonl(result):
        yield count, before + line.removesuffix("\n")
        before = ",\n"
    yield 0, "[]\n" if before == "[\n" else "\n]\n"


def _jsonl(result: Result) -> Iterator[tuple[int, str]]:
    keys = [quoted(name) for name in distinct(result.names)]
    writers = [json_writer(kind) for kind in result.types]
    for rows in result.batches:
        for row in rows:
            yield 1, "{" + ", ".join(_members(keys, writers, row)) + "}\n"


def _members(keys: Sequence[str], writers: Sequence[Writer], row: Sequence[Any]) -> Iterator[str]:
    for key, write, value in zip(keys, writers, row, strict=True):
        yield f"{key}: {'null' if value is None else write(value)}"


def distinct(names: Iterable[str]) -> list[str]:
    """Names of which each is there once: those that come again get a number."""
    taken: dict[str, int] = {}
    for name in names:
        candidate, count = name, 0
        while candidate in taken:
            count += 1
            candidate = f"{name}_{count}"
        taken[candidate] = count
    return list(taken)


def _line(result: Result) -> Iterator[tuple[int, str]]:
    widest = max(map(columns_of, result.names), default=0)
    names = [padded(name, widest, right=True) for name in result.names]
    writers = [text_writer(kind) for kind in result.types]
    for number, row in enumerate(chain.from_iterable(result.batches)):
        lines = (f"{name} = {shown(write, value)}\n" for name, write, value in zip(names, writers, row, strict=True))
        yield 1, ("\n" if number else "") + "".join(lines)


def _markdown(result: Result) -> Iterator[tuple[int, str]]:
    yield 0, _marked_line(_marked(harmless(name)) for name in result.names)
    yield 0, _marked_line("---:" if is_number(kind) else "---" for kind in result.types)
    writers = [text_writer(kind) for kind in result.types]
    for row in chain.from_iterable(result.batches):
        yield 1, _marked_line(_marked(shown(write, value)) for write, value in zip(writers, row, strict=True))


def _marked_line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _marked(text: str) -> str:
    return _MARKED.sub(r"\\\1", text)
