"""A result written out: for eyes, for spreadsheets, for programs."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, TextIO

from tailpipe_resources.query.cells import columns_of, padded, shown
from tailpipe_resources.query.table import Rendered, write_table
from tailpipe_resources.query.values import Writer, json_writer, quoted, text_writer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tailpipe_resources.query.ask import Result

Output = Literal["table", "csv", "json", "jsonl", "line"]
OUTPUTS: tuple[Output, ...] = ("table", "csv", "json", "jsonl", "line")

_PLAN = ("explain_key", "explain_value")
_NEEDS_QUOTES = re.compile(r'[",\r\n]|^\s|\s$')


def render(
    result: Result, output: Output, stream: TextIO, *, header: bool = True, width: int | None = None
) -> Rendered:
    """Write a result's rows as they arrive.

    Args:
        result: what was asked.
        output: how to write it.
        stream: where to.
        header: names above the columns of `table` and `csv`.
        width: of the terminal, for `table` to keep within; None cuts nothing.
    """
    if output == "table" and result.names == _PLAN:
        return _write_plan(result, stream)
    if output == "table":
        return write_table(result, stream, header=header, width=width)
    lines = {"csv": _csv, "json": _json, "jsonl": _jsonl, "line": _line}[output](result, header)
    rows = 0
    for count, text in lines:
        stream.write(text)
        rows += count
    return Rendered(rows)


def _write_plan(result: Result, stream: TextIO) -> Rendered:
    stream.writelines(plan for _, plan in chain.from_iterable(result.batches))
    return Rendered(0)


def _csv(result: Result, header: bool) -> Iterator[tuple[int, str]]:  # noqa: FBT001 - one shape for all outputs
    if header:
        yield 0, ",".join(map(_csv_cell, result.names)) + "\n"
    writers = [text_writer(kind) for kind in result.types]
    for rows in result.batches:
        for row in rows:
            cells = (
                "" if value is None else _csv_cell(write(value)) for write, value in zip(writers, row, strict=True)
            )
            yield 1, ",".join(cells) + "\n"


def _csv_cell(text: str) -> str:
    if text and not _NEEDS_QUOTES.search(text):
        return text
    return '"' + text.replace('"', '""') + '"'


def _json(result: Result, header: bool) -> Iterator[tuple[int, str]]:  # noqa: FBT001 - one shape for all outputs
    before = "[\n"
    for count, line in _jsonl(result, header):
        yield count, before + line.removesuffix("\n")
        before = ",\n"
    yield 0, "[]\n" if before == "[\n" else "\n]\n"


def _jsonl(result: Result, _header: bool) -> Iterator[tuple[int, str]]:  # noqa: FBT001 - one shape for all outputs
    keys = [quoted(name) for name in _distinct(result.names)]
    writers = [json_writer(kind) for kind in result.types]
    for rows in result.batches:
        for row in rows:
            yield 1, "{" + ", ".join(_members(keys, writers, row)) + "}\n"


def _members(keys: Sequence[str], writers: Sequence[Writer], row: Sequence[Any]) -> Iterator[str]:
    for key, write, value in zip(keys, writers, row, strict=True):
        yield f"{key}: {'null' if value is None else write(value)}"


def _distinct(names: Iterable[str]) -> list[str]:
    taken: dict[str, int] = {}
    for name in names:
        candidate, count = name, 0
        while candidate in taken:
            count += 1
            candidate = f"{name}_{count}"
        taken[candidate] = count
    return list(taken)


def _line(result: Result, _header: bool) -> Iterator[tuple[int, str]]:  # noqa: FBT001 - one shape for all outputs
    widest = max(map(columns_of, result.names), default=0)
    names = [padded(name, widest, right=True) for name in result.names]
    writers = [text_writer(kind) for kind in result.types]
    for number, row in enumerate(chain.from_iterable(result.batches)):
        lines = (f"{name} = {shown(write, value)}\n" for name, write, value in zip(names, writers, row, strict=True))
        yield 1, ("\n" if number else "") + "".join(lines)
