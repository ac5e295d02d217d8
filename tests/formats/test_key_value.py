"""Lines of names and values: quotes, spaces and what is none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.services.cutting import made, read

LOGFMT = made("logfmt")
NAMES = st.text("abcxyz_.é", min_size=1, max_size=5)
VALUES = st.text(st.sampled_from(list('ab =,"\\é\t')), max_size=8)


def written(value: str) -> str:
    """A value in quotes."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@examples(max_examples=200)
@given(st.lists(st.dictionaries(NAMES, VALUES, min_size=1, max_size=4), max_size=5), st.integers(1, 3))
def test_what_is_written_is_read(records: list[dict[str, str]], spaces: int) -> None:
    """Every value comes back, whatever separators, quotes and backslashes it holds."""
    lines = [(" " * spaces).join(f"{name}={written(value)}" for name, value in each.items()) for each in records]

    assert read(LOGFMT, "\n".join(lines).encode())[0] == records


@examples(max_examples=200)
@given(st.lists(st.text('ab="\\ ', max_size=10), min_size=1, max_size=5))
def test_a_line_is_read_as_if_it_were_alone(lines: list[str]) -> None:
    """Odd quotes and backslashes at the end of a line mean nothing to the next."""
    alone = [read(LOGFMT, line.encode()) for line in lines]
    records, _, rejected = read(LOGFMT, "\n".join(lines).encode())

    assert records == [record for found, _, _ in alone for record in found]
    assert len(rejected) == sum(len(bad) for _, _, bad in alone)


@pytest.mark.parametrize(
    ("line", "record"),
    [
        ("a=1 b=2", {"a": "1", "b": "2"}),
        ('level=info msg="a = b" ok', {"level": "info", "msg": "a = b", "ok": "true"}),
        ("  a=1   b= ", {"a": "1", "b": ""}),
        ("url=http://x/?q=1 =lost", {"url": "http://x/?q=1"}),
        ('a="" b=x"y"', {"a": "", "b": 'x"y"'}),
        ('a="x\\ty" b="c:\\\\d"', {"a": "x\\ty", "b": "c:\\d"}),
    ],
)
def test_logfmt_means_what_its_writers_mean(line: str, record: dict[str, str]) -> None:
    """Bare names, empty values, and more than one sign of assignment."""
    assert read(LOGFMT, line.encode()) == ([record], [0], [])


def test_lines_without_a_pair_are_set_aside_as_they_are() -> None:
    """So are those with an open quote; each with its place."""
    data = b'a=1\n="x"\nb="open\nc=3'

    assert read(LOGFMT, data) == ([{"a": "1"}, {"c": "3"}], [0, 17], [(4, '="x"'), (9, 'b="open')])


def test_separators_are_what_the_options_say() -> None:
    """Spaces around them mean nothing, and words that are no pair are passed over."""
    form = made("kv", separator=";", assign=":", quote="'")

    assert read(form, b"log: ; user : ada lovelace; note: 'x; y' ;;odd")[0] == [
        {"log": "", "user": "ada lovelace", "note": "x; y"}
    ]


@pytest.mark.parametrize("name", ["kv", "logfmt"])
def test_what_syslog_writes_before_a_line_is_a_field(name: str) -> None:
    """`<189>` belongs to no name; lines with and without it stand beside each other, and other brackets are text."""
    data = b"<189>date=2024-02-07 level=notice\na=1\n<13> b=2\n<1890>c=3\n<x>d=4"

    assert read(made(name), data)[0] == [
        {"syslog_priority": "189", "date": "2024-02-07", "level": "notice"},
        {"a": "1"},
        {"syslog_priority": "13", "b": "2"},
        {"<1890>c": "3"},
        {"<x>d": "4"},
    ]


def test_a_line_of_nothing_but_a_priority_is_set_aside() -> None:
    """As it is, with its place."""
    assert read(LOGFMT, b"a=1\n<13>\n") == ([{"a": "1"}], [0], [(4, "<13>")])


@pytest.mark.parametrize("options", [{"separator": ""}, {"assign": "=="}, {"quote": "é"}, {"separator": "="}])
def test_separators_must_be_told_apart(options: dict[str, str]) -> None:
    """Each one ASCII character, and another one."""
    with pytest.raises(ValueError, match=r"must"):
        made("kv", **options)


def test_very_many_lines_stay_in_their_places() -> None:
    """Over more than is taken apart at once."""
    lines = [f'n={n} text="{"é" * (n % 7)}"' if n % 1000 else "odd one=" + "x" * n for n in range(30_000)]
    records, positions, rejected = read(made("kv"), "\n".join(lines).encode())

    assert [each.get("n") for each in records] == [str(n) if n % 1000 else None for n in range(30_000)]
    assert (len(positions), rejected) == (30_000, [])
    assert json.dumps(records[5]) == '{"n": "5", "text": "' + "\\u00e9" * 5 + '"}'
