"""Blocks with their places, syntax errors in words, and the cache of parsed files."""

from __future__ import annotations

import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.config.document import parse
from tailpipe_resources.config.syntax import Block, Literal
from tailpipe_resources.model.place import Problems

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """\
# A comment.
source "file" "nginx" {
  path = "/var/log" // another
  patterns = {
    A = "x"
  }
}

collection "http_log" "edge" {
  filter {
    where = <<-SQL
      status >= ${var.least}
    SQL
  }
  enabled = !true && (1 + 2 * 3 == 7) || f(x[0].y, [1, -2.5]...)
}
"""


def read(text: str) -> tuple[Block, list[str]]:
    """A parsed text and what is wrong with it."""
    problems = Problems()
    block = parse(text, "x.hcl", problems)
    return block, [str(problem) for problem in problems]


def test_blocks_and_attributes_know_their_lines() -> None:
    """Types, labels, nesting and line numbers are those of the text."""
    top, problems = read(TEXT)

    source, collection = top.blocks
    assert not problems
    assert (source.type, source.labels, source.place.line) == ("source", ("file", "nginx"), 2)
    assert [(attribute.name, attribute.place.line) for attribute in source.attributes] == [("path", 3), ("patterns", 4)]
    assert source.attributes[0].value == Literal(source.attributes[0].place, "/var/log")
    assert collection.blocks[0].attributes[0].place.line == 11
    assert collection.attributes[0].place.line == 15


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = \n", ["x.hcl:1: unexpected end of line; a value goes here"]),
        ("a = 'x'\n", ['x.hcl:1: unexpected "\'"; strings are written in double quotes or backticks']),
        (
            'x "a" { a = 1, b = 2 }\n',
            ['x.hcl:1: unexpected ","; attributes of a block are written on lines of their own, without commas'],
        ),
        (
            "x {\n  enabled true\n}\n",
            ['x.hcl:2: unexpected end of line; an attribute is written name = value, a block type "label" { ... }'],
        ),
        ('a = "\\S"\n', ['x.hcl:1: "\\S" is not an escape; write "\\\\S", or the text in backticks']),
        ("a = [for x in y : x]\n", ['x.hcl:1: "for" expressions are not supported']),
        ("a = 1 b = 2\n", ['x.hcl:1: unexpected "b"; attributes and blocks are written on lines of their own']),
        ("x {\n  a = 1 /*\n*/ y {}\n}\n", []),
        ("x {} y {}\n", ['x.hcl:1: unexpected "y"; attributes and blocks are written on lines of their own']),
        ("x { y {} }\n/* c\n*/ a = 1\n", []),
        ("a = { b = 1 c = 2 }\n", ["x.hcl:1: a comma, or a line end, goes between two entries of an object"]),
        ("a = { b = 1, c = 2\n d = 3 /* e */, f = 4 /*\n*/ g = 5 }\n", []),
        ("a = 1e400\n", ["x.hcl:1: the number is too large"]),
        ("a = " + "1" * 5000 + "\n", ["x.hcl:1: the number is too large"]),
        ("a = 1\nb = " + "+".join(["1"] * 3000) + "\n", ["x.hcl:2: values are nested too deeply in here"]),
        (
            'a = "${~ 1}"\n',
            ['x.hcl:1: unexpected "~"; ${~ and ~} are not supported; trimspace() takes blanks away'],
        ),
        (
            "secret_key = 12 34\n",
            ['x.hcl:1: unexpected text; an attribute is written name = value, a block type "label" { ... }'],
        ),
    ],
)
def test_a_syntax_error_is_said_in_words(text: str, expected: list[str]) -> None:
    """The line, what stands there and what belongs there; never a part of a secret."""
    assert read(text)[1] == expected


def test_every_broken_block_is_reported_and_the_others_are_read() -> None:
    """One syntax error does not hide the next, nor the blocks that are right."""
    top, problems = read("a {\n  x = @\n}\n\nb {\n  y = 1\n}\n\nc {\n  z = ,\n}\n")

    assert [block.type for block in top.blocks] == ["b"]
    assert top.blocks[0].attributes[0].place.line == 6
    assert [problem.partition(";")[0] for problem in problems] == [
        'x.hcl:2: unexpected "@"',
        'x.hcl:10: unexpected ","',
    ]


def test_a_kept_file_reads_the_same_without_hcl(home: Path) -> None:
    """A second process reads a parsed file from the cache and imports neither hcl2 nor lark."""
    first, _ = read(TEXT)
    program = (
        "import sys; from tailpipe_resources.config.document import parse;"
        "from tailpipe_resources.model.place import Problems;"
        "print(parse(sys.stdin.read(), 'x.hcl', Problems()));"
        "print({'hcl2', 'lark'} & set(sys.modules))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], input=TEXT, capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout == f"{first}\nset()\n"
    (kept,) = (home / "cache" / "hcl").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("damage", ["", "{}", "[1]", '{"Block": [1]}', "not json"])
def test_a_damaged_cache_entry_is_parsed_again(home: Path, damage: str) -> None:
    """Whatever happens to the cache, the file is read right."""
    first = read(TEXT)
    (kept,) = (home / "cache" / "hcl").iterdir()
    kept.write_text(damage)

    assert read(TEXT) == first


def test_a_cache_that_cannot_be_written_changes_nothing(home: Path) -> None:
    """Without a place for the cache every start parses."""
    home.write_text("a file where the folder would be")

    assert read(TEXT)[1] == []


def test_a_broken_file_is_not_kept(home: Path) -> None:
    """A file with a syntax error reports it each time."""
    assert read("a = \n") == read("a = \n")
    assert not (home / "cache").exists()
