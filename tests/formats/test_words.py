"""Cutting lines into words says what reading them one character after the other would."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tailpipe_assets.formats.dialect import fields_of
from tailpipe_assets.formats.words import cut

LINES = st.lists(st.text(' "ab\u00e9', max_size=12), max_size=12)


def words_of(line: str, *, quotes: bool) -> list[str]:
    """The words of a line, one character after the other."""
    words, inside = [""], False
    for character in line:
        inside ^= quotes and character == '"'
        if character == " " and not inside:
            words.append("")
        else:
            words[-1] += character
    return words


@given(LINES, st.integers(1, 4), st.sampled_from([None, 0, 2, 4]), st.integers(0, 3))
def test_words_are_those_between_spaces_outside_of_quotes(
    lines: list[str], count: int, quotes: int | None, skipped: int
) -> None:
    """A line with odd quotes does not change what the lines after it hold, nor does what an array is sliced from."""
    expected = {
        number: words
        for number, line in enumerate(lines[skipped:])
        if len(words := words_of(line, quotes=quotes is not None)) == count
        and (quotes is None or line.count('"') == quotes)
    }

    right, found = cut(pa.array(lines, pa.string()).slice(skipped), count, quotes)

    columns = [found.column(number).to_pylist() for number in range(count)]
    assert expected == dict(zip(right.nonzero()[0].tolist(), map(list, zip(*columns, strict=True)), strict=True))


def test_fields_are_the_same_however_many_lines_are_cut_at_a_time() -> None:
    """A column of many blocks is cut block by block, and put together in order; odd lines are left out of it."""
    lines = [f'{number} "{"x" * (number % 7)} {number}"{"" if number % 1000 else " y"}' for number in range(400_000)]

    fit, columns = fields_of(pa.array(lines, pa.large_string()), ("one", "two"), {"two"})

    kept = [number for number in range(400_000) if number % 1000]
    assert kept == fit.nonzero()[0].tolist()
    assert [str(number) for number in kept] == columns["one"].to_pylist()
    assert [f"{'x' * (number % 7)} {number}" for number in kept] == columns["two"].to_pylist()


def test_a_field_that_should_be_quoted_must_be_quoted_whole() -> None:
    """Quotes elsewhere in a line, as many as there should be, do not make fields of it."""
    lines = pa.array(['a "b c"', 'a b"c d"', 'a "b c"d', '"a b" c', 'a ""', ' "b"', "a b"])

    fit, columns = fields_of(lines, ("one", "two"), {"two"})

    assert fit.tolist() == [True, False, False, False, True, False, False]
    assert columns["one"].to_pylist() == ["a", "a"]
    assert columns["two"].to_pylist() == ["b c", ""]
